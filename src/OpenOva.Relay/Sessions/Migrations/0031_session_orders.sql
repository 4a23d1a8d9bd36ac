-- Orders to end a live session, for the replica that carries it. reason: the end reason's name. issuer and subject: who ordered it, null for Relay itself;
-- purpose: his words, the one place where they stand in clear; the ledger has a commitment with this salt. Times in microseconds UTC.
CREATE TABLE session_orders (
    organisation TEXT   NOT NULL,
    session      TEXT   NOT NULL,
    replica      TEXT   NOT NULL,
    reason       TEXT   NOT NULL,
    issuer       TEXT,
    subject      TEXT,
    salt         BYTEA  NOT NULL,
    purpose      TEXT   NOT NULL,
    ordered_us   BIGINT NOT NULL,
    obeyed_us    BIGINT,
    PRIMARY KEY (organisation, session)
);
CREATE INDEX session_orders_waiting ON session_orders (replica) WHERE obeyed_us IS NULL;
