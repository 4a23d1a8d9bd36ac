-- The one place with clear personal fields. One row for each set of fields that an account has shown; evidence holds commitments to
-- display_name, H(salt || UTF-8 text), so that erasing rows here leaves every proof intact and every name unknown.
CREATE TABLE persons (
    organisation  TEXT   NOT NULL,
    issuer        TEXT   NOT NULL,
    subject       TEXT   NOT NULL,
    version       BIGINT NOT NULL,
    person_id     TEXT   NOT NULL,
    display_name  TEXT   NOT NULL,
    user_name     TEXT   NOT NULL,
    email         TEXT   NOT NULL,
    salt          BYTEA  NOT NULL,
    first_seen_us BIGINT NOT NULL,
    PRIMARY KEY (organisation, issuer, subject, version)
);
CREATE INDEX persons_by_id ON persons (organisation, person_id);
