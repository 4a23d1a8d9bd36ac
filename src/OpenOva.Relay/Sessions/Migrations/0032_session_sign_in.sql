-- The sign-in that a session was opened under: the identity provider's session as SHA-256 (so that its end ends this one), and what a second decision
-- needs besides roles. NULL where the token did not say, and for sessions from before.
ALTER TABLE sessions ADD COLUMN sid_sha256 TEXT;
ALTER TABLE sessions ADD COLUMN acr TEXT;
ALTER TABLE sessions ADD COLUMN authenticated_us BIGINT;
CREATE INDEX sessions_unended ON sessions (issuer, subject) WHERE ended_us IS NULL;
