-- Which persons an account has ever stood for: rows are added and never replaced, so that nobody gets at his own sessions by changing an
-- attribute. basis: account (it says of no other that it is the same person), claim, configuration.
CREATE TABLE person_accounts (
    organisation TEXT   NOT NULL,
    issuer       TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    person_id    TEXT   NOT NULL,
    basis        TEXT   NOT NULL,
    mapped_us    BIGINT NOT NULL,
    PRIMARY KEY (organisation, issuer, subject, person_id)
);
INSERT INTO person_accounts (organisation, issuer, subject, person_id, basis, mapped_us)
SELECT organisation, issuer, subject, person_id, 'account', MIN(first_seen_us) FROM persons GROUP BY organisation, issuer, subject, person_id;

-- What accounts of one person share (an employee number), as HMAC-SHA256 under the organisation's secret: the value itself stands nowhere.
CREATE TABLE person_keys (
    organisation TEXT NOT NULL,
    key_hash     TEXT NOT NULL,
    person_id    TEXT NOT NULL,
    PRIMARY KEY (organisation, key_hash)
);
CREATE TABLE person_key_secrets (
    organisation TEXT  NOT NULL PRIMARY KEY,
    secret       BYTEA NOT NULL
);
