-- Sign-ins that the ledger knows, so that each is told once whichever replica sees it first. sign_in: the issuer's session as SHA-256, or a client and a day.
CREATE TABLE sign_ins (
    issuer     TEXT   NOT NULL,
    subject    TEXT   NOT NULL,
    sign_in    TEXT   NOT NULL,
    expires_us BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject, sign_in)
);
CREATE INDEX sign_ins_expiry ON sign_ins (expires_us);
