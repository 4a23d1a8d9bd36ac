-- Requests for access. state: the contract's enum without its prefix. version grows with every change, so that a watcher sees each. Times in microseconds UTC.
CREATE TABLE access_requests (
    organisation      TEXT   NOT NULL,
    id                TEXT   NOT NULL,
    connection        TEXT   NOT NULL,
    connection_digest TEXT   NOT NULL,
    issuer            TEXT   NOT NULL,
    subject           TEXT   NOT NULL,
    state             TEXT   NOT NULL,
    from_us           BIGINT NOT NULL,
    until_us          BIGINT NOT NULL,
    approvers_needed  BIGINT NOT NULL,
    approvals         BIGINT NOT NULL,
    extends_session   TEXT,
    ticket_state      TEXT   NOT NULL,
    created_us        BIGINT NOT NULL,
    expires_us        BIGINT NOT NULL,
    changed_us        BIGINT NOT NULL,
    version           BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE INDEX access_requests_person ON access_requests (organisation, issuer, subject, id);
CREATE INDEX access_requests_changed ON access_requests (organisation, changed_us);
CREATE INDEX access_requests_unsettled ON access_requests (expires_us) WHERE state = 'PENDING' OR state = 'APPROVED';

-- Their free text, the one place where it stands in clear; the ledger has commitments with these salts.
CREATE TABLE access_request_texts (
    organisation     TEXT  NOT NULL,
    request          TEXT  NOT NULL,
    salt             BYTEA NOT NULL,
    reason           TEXT  NOT NULL,
    ticket_reference TEXT  NOT NULL,
    PRIMARY KEY (organisation, request)
);

-- What others decided. roles: the connection's approver roles that the person had, a JSON array. comment: as above, with its own salt.
CREATE TABLE access_request_decisions (
    organisation TEXT   NOT NULL,
    request      TEXT   NOT NULL,
    issuer       TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    verdict      TEXT   NOT NULL,
    roles        TEXT   NOT NULL,
    salt         BYTEA  NOT NULL,
    comment      TEXT   NOT NULL,
    decided_us   BIGINT NOT NULL,
    PRIMARY KEY (organisation, request, issuer, subject)
);

-- Why a request or approval was taken back.
CREATE TABLE access_request_closings (
    organisation TEXT  NOT NULL,
    request      TEXT  NOT NULL,
    salt         BYTEA NOT NULL,
    reason       TEXT  NOT NULL,
    PRIMARY KEY (organisation, request)
);

-- Emergency sessions: the review that each owes, and whether the credential it used was changed afterwards.
CREATE TABLE emergency_reviews (
    organisation     TEXT   NOT NULL,
    session          TEXT   NOT NULL,
    connection       TEXT   NOT NULL,
    issuer           TEXT   NOT NULL,
    subject          TEXT   NOT NULL,
    opened_us        BIGINT NOT NULL,
    due_us           BIGINT NOT NULL,
    overdue_us       BIGINT,
    outcome          TEXT,
    salt             BYTEA,
    comment          TEXT,
    reviewer_issuer  TEXT,
    reviewer_subject TEXT,
    reviewed_us      BIGINT,
    rotated_us       BIGINT,
    PRIMARY KEY (organisation, session)
);
CREATE INDEX emergency_reviews_owed ON emergency_reviews (due_us) WHERE reviewed_us IS NULL OR rotated_us IS NULL;
