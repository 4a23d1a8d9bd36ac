-- Who seals a recording now. epoch: raised with each taking, so that a sealer that was overtaken cannot commit. Times by relay_now_us().
CREATE TABLE recording_claims (
    organisation TEXT   NOT NULL,
    session      TEXT   NOT NULL,
    holder       TEXT   NOT NULL,
    epoch        BIGINT NOT NULL,
    until_us     BIGINT NOT NULL,
    PRIMARY KEY (organisation, session)
);

-- Sealed recordings that a longer one supplements: their objects stay where they are, and the ledger names both. The row in recordings is the longest.
CREATE TABLE recordings_supplemented (
    organisation     TEXT   NOT NULL,
    session          TEXT   NOT NULL,
    manifest_sha256  TEXT   NOT NULL,
    bucket           TEXT   NOT NULL,
    object_key       TEXT   NOT NULL,
    object_version   TEXT   NOT NULL,
    index_key        TEXT   NOT NULL,
    index_version    TEXT   NOT NULL,
    evidence_bucket  TEXT   NOT NULL,
    manifest_key     TEXT   NOT NULL,
    manifest_version TEXT   NOT NULL,
    recorded_bytes   BIGINT NOT NULL,
    sealed_us        BIGINT NOT NULL,
    PRIMARY KEY (organisation, session, manifest_sha256)
);

-- live_kept: pieces under live/ did not fit the chain, and none is deleted before a person has looked at them.
ALTER TABLE recordings ADD COLUMN live_kept BOOLEAN NOT NULL DEFAULT FALSE;
