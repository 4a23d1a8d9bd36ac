-- Sealed recordings and where their parts stand. Times in microseconds UTC.
CREATE TABLE recordings (
    organisation        TEXT    NOT NULL,
    session             TEXT    NOT NULL,
    epoch               BIGINT  NOT NULL,
    bucket              TEXT    NOT NULL,
    object_key          TEXT    NOT NULL,
    object_version      TEXT    NOT NULL,
    index_key           TEXT    NOT NULL,
    index_version       TEXT    NOT NULL,
    evidence_bucket     TEXT    NOT NULL,
    manifest_key        TEXT    NOT NULL,
    manifest_version    TEXT    NOT NULL,
    manifest_sha256     TEXT    NOT NULL,
    recorded_bytes      BIGINT  NOT NULL,
    object_bytes        BIGINT  NOT NULL,
    recovered           BOOLEAN NOT NULL,
    retention_until_us  BIGINT  NOT NULL,
    sealed_us           BIGINT  NOT NULL,
    verified_us         BIGINT,
    verification_held   BOOLEAN,
    live_deleted_us     BIGINT,
    PRIMARY KEY (organisation, session)
);

-- Who read what, and why in clear; the ledger has commitments with these salts.
CREATE TABLE recording_views (
    organisation TEXT   NOT NULL,
    session      TEXT   NOT NULL,
    issuer       TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    part         TEXT   NOT NULL,
    salt         BYTEA  NOT NULL,
    purpose      TEXT   NOT NULL,
    viewed_us    BIGINT NOT NULL
);
CREATE INDEX recording_views_session ON recording_views (organisation, session);
