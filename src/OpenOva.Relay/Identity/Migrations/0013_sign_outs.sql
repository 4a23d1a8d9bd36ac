-- Sign-outs that issuers told of, each by the logout token that told it (so none counts twice), until no token from before can be valid.
-- subject or sid_sha256 is empty where the token did not name it; with both, the sign-out is of that session alone. before_us: the issuer's clock.
CREATE TABLE sign_outs (
    issuer       TEXT   NOT NULL,
    jti_sha256   TEXT   NOT NULL,
    organisation TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    sid_sha256   TEXT   NOT NULL,
    before_us    BIGINT NOT NULL,
    noted_us     BIGINT NOT NULL,
    expires_us   BIGINT NOT NULL,
    PRIMARY KEY (issuer, jti_sha256)
);
CREATE INDEX sign_outs_noted ON sign_outs (noted_us);
CREATE INDEX sign_outs_expiry ON sign_outs (expires_us);
