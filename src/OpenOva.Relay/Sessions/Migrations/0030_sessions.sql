-- A session from its opening on. state and reasons: names of the contract's enums without their prefixes. Times in microseconds UTC.
-- decision_* and opening_*: the ledger events that its manifest refers to, by id and digest of their data.
CREATE TABLE sessions (
    organisation       TEXT    NOT NULL,
    id                 TEXT    NOT NULL,
    connection         TEXT    NOT NULL,
    protocol           TEXT    NOT NULL,
    connection_digest  TEXT    NOT NULL,
    issuer             TEXT    NOT NULL,
    subject            TEXT    NOT NULL,
    gateway_client     TEXT,
    recording_required BOOLEAN NOT NULL,
    recording_opened   BOOLEAN NOT NULL,
    bucket             TEXT    NOT NULL,
    retention_days     BIGINT  NOT NULL,
    state              TEXT    NOT NULL,
    end_reason         TEXT,
    failure            TEXT,
    guacamole_status   BIGINT,
    decision_event     TEXT    NOT NULL,
    decision_sha256    TEXT    NOT NULL,
    replica            TEXT,
    epoch              BIGINT  NOT NULL,
    opened_us          BIGINT  NOT NULL,
    connected_us       BIGINT,
    ended_us           BIGINT,
    sealed_us          BIGINT,
    verified_us        BIGINT,
    recorded_bytes     BIGINT  NOT NULL,
    recovered          BOOLEAN NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE INDEX sessions_replica ON sessions (replica, state);
CREATE INDEX sessions_person ON sessions (organisation, issuer, subject, id);

-- One-use tickets, by the SHA-256 of the ticket. client: whom it is bound to.
CREATE TABLE session_tickets (
    hash         TEXT   NOT NULL PRIMARY KEY,
    organisation TEXT   NOT NULL,
    session      TEXT   NOT NULL,
    client       TEXT   NOT NULL,
    expires_us   BIGINT NOT NULL,
    redeemed_us  BIGINT
);
CREATE INDEX session_tickets_unused ON session_tickets (expires_us) WHERE redeemed_us IS NULL;

-- Free text of a session, the one place where it stands in clear; the ledger has commitments with these salts.
CREATE TABLE session_texts (
    organisation     TEXT  NOT NULL,
    session          TEXT  NOT NULL,
    salt             BYTEA NOT NULL,
    purpose          TEXT  NOT NULL,
    ticket_reference TEXT  NOT NULL,
    PRIMARY KEY (organisation, session)
);
