-- What the ledger was last told of each resource, so that several replicas, and each restart, tell it once. kind is connection or policy;
-- digest is null where no version is in use; labels is what policies select a connection by, as one text.
CREATE TABLE resource_register (
    kind         TEXT   NOT NULL,
    organisation TEXT   NOT NULL,
    name         TEXT   NOT NULL,
    digest       TEXT,
    problem      TEXT,
    labels       TEXT   NOT NULL,
    changed_us   BIGINT NOT NULL,
    PRIMARY KEY (kind, organisation, name)
);

INSERT INTO resource_register (kind, organisation, name, digest, problem, labels, changed_us)
SELECT 'connection', organisation, name, digest, problem, '', changed_us FROM connection_register;

DROP TABLE connection_register;
