-- Reports that were asked for. head_size, head_root, first_leaf and assurance are pinned by the first attempt, so that every later one gives the same result.
CREATE TABLE reports (
    organisation  TEXT   NOT NULL,
    report_id     TEXT   NOT NULL,
    framework     TEXT   NOT NULL,
    from_us       BIGINT NOT NULL,
    to_us         BIGINT NOT NULL,
    recordings    TEXT   NOT NULL,
    issuer        TEXT   NOT NULL,
    subject       TEXT   NOT NULL,
    request_id    TEXT,
    requested_us  BIGINT NOT NULL,
    state         TEXT   NOT NULL,
    percent       BIGINT NOT NULL,
    detail        TEXT   NOT NULL,
    failure       TEXT,
    attempts      BIGINT NOT NULL,
    started_us    BIGINT,
    head_size     BIGINT,
    head_root     TEXT,
    first_leaf    BIGINT,
    assurance     TEXT,
    finished_us   BIGINT,
    bundle_key    TEXT,
    bundle_bytes  BIGINT,
    bundle_sha256 TEXT,
    PRIMARY KEY (organisation, report_id)
);
CREATE UNIQUE INDEX reports_request ON reports (organisation, issuer, subject, request_id) WHERE request_id IS NOT NULL;
CREATE INDEX reports_newest ON reports (organisation, requested_us, report_id);

-- Who took a bundle out, and why: the clear text of the commitment in the ledger's report.downloaded event.
CREATE TABLE report_downloads (
    organisation  TEXT   NOT NULL,
    download_id   TEXT   NOT NULL,
    report_id     TEXT   NOT NULL,
    issuer        TEXT   NOT NULL,
    subject       TEXT   NOT NULL,
    purpose       TEXT   NOT NULL,
    salt          BYTEA  NOT NULL,
    downloaded_us BIGINT NOT NULL,
    PRIMARY KEY (organisation, download_id)
);
CREATE INDEX report_downloads_report ON report_downloads (organisation, report_id);
