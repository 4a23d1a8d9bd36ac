-- Whether a live session's person may type: the newest order, for the replica that carries the session. purpose: the words of who ordered it, the one place where
-- they stand in clear; the ledger has a commitment with this salt. Times in microseconds UTC.
CREATE TABLE session_locks (
    organisation TEXT    NOT NULL,
    session      TEXT    NOT NULL,
    replica      TEXT    NOT NULL,
    locked       BOOLEAN NOT NULL,
    salt         BYTEA   NOT NULL,
    purpose      TEXT    NOT NULL,
    ordered_us   BIGINT  NOT NULL,
    seen         BOOLEAN NOT NULL,
    PRIMARY KEY (organisation, session, ordered_us)
);
CREATE INDEX session_locks_waiting ON session_locks (replica) WHERE NOT seen;
ALTER TABLE sessions ADD COLUMN locked BOOLEAN NOT NULL DEFAULT FALSE;
