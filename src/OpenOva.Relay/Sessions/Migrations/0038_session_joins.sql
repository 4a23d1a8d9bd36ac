-- Who watched a live session, and how long. purpose: his words, the one place where they stand in clear; the ledger has a commitment with this salt.
-- reason: the contract's name without its prefix. bytes: what was shown to him; NULL where nobody knows any more. Times in microseconds UTC.
CREATE TABLE session_joins (
    organisation TEXT   NOT NULL,
    id           TEXT   NOT NULL,
    session      TEXT   NOT NULL,
    issuer       TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    salt         BYTEA  NOT NULL,
    purpose      TEXT   NOT NULL,
    joined_us    BIGINT NOT NULL,
    until_us     BIGINT NOT NULL,
    ended_us     BIGINT,
    reason       TEXT,
    bytes        BIGINT,
    PRIMARY KEY (organisation, id)
);
CREATE INDEX session_joins_open ON session_joins (organisation, session) WHERE ended_us IS NULL;

-- One-use tickets to watch in a browser, by the SHA-256 of the ticket. client: whom it is bound to. purpose: as above, until it is redeemed.
CREATE TABLE session_watch_tickets (
    hash         TEXT   NOT NULL PRIMARY KEY,
    organisation TEXT   NOT NULL,
    session      TEXT   NOT NULL,
    client       TEXT   NOT NULL,
    purpose      TEXT   NOT NULL,
    expires_us   BIGINT NOT NULL,
    redeemed_us  BIGINT
);
CREATE INDEX session_watch_tickets_expired ON session_watch_tickets (expires_us);
