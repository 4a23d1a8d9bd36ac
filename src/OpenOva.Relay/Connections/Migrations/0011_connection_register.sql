-- What the ledger was last told of each connection, so that several replicas, and each restart, tell it once. digest is null where no
-- version is in use.
CREATE TABLE connection_register (
    organisation TEXT   NOT NULL,
    name         TEXT   NOT NULL,
    digest       TEXT,
    problem      TEXT,
    changed_us   BIGINT NOT NULL,
    PRIMARY KEY (organisation, name)
);
