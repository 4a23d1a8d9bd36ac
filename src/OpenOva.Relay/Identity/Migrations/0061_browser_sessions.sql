-- Sign-ins through a browser. id is a hash of the cookie's secret; sealed holds the issuer's tokens, encrypted under a key that only the cookie gives: whoever
-- reads this table can neither be nobody's browser nor use a token.
CREATE TABLE browser_sessions (
    id           TEXT   NOT NULL PRIMARY KEY,
    organisation TEXT   NOT NULL,
    issuer       TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    sid_sha256   TEXT   NOT NULL,
    sealed       BYTEA  NOT NULL,
    version      BIGINT NOT NULL,
    created_us   BIGINT NOT NULL,
    seen_us      BIGINT NOT NULL,
    expires_us   BIGINT NOT NULL
);
CREATE INDEX browser_sessions_expiry ON browser_sessions (expires_us);
