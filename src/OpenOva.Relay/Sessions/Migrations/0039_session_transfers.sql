-- What crossed a session's channels, or was refused. id: of the ledger's event. name: the one place where it stands in clear; the ledger has a commitment with this
-- salt, and one to the clipboard's sha256, since a short secret could be found by its digest. kind, direction, outcome: the contract's names without their prefixes,
-- in small letters. sha256: NULL where nothing passed, and for several. count: more than 1 where they were too many to note each. Times in microseconds UTC.
CREATE TABLE session_transfers (
    organisation TEXT   NOT NULL,
    id           TEXT   NOT NULL,
    session      TEXT   NOT NULL,
    kind         TEXT   NOT NULL,
    direction    TEXT   NOT NULL,
    outcome      TEXT   NOT NULL,
    status       BIGINT,
    mimetype     TEXT,
    salt         BYTEA  NOT NULL,
    name         TEXT,
    size         BIGINT NOT NULL,
    sha256       TEXT,
    count        BIGINT NOT NULL,
    first_us     BIGINT NOT NULL,
    last_us      BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE INDEX session_transfers_session ON session_transfers (organisation, session, first_us);
