-- How far each exporter and head sink has taken an organisation's ledger: leaves below next_seq and heads up to head_size have arrived there.
CREATE TABLE ledger_exports (
    exporter     TEXT   NOT NULL,
    organisation TEXT   NOT NULL,
    next_seq     BIGINT NOT NULL,
    head_size    BIGINT NOT NULL,
    moved_us     BIGINT NOT NULL,
    PRIMARY KEY (exporter, organisation)
);
