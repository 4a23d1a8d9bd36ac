-- What a session is bound to (access.decided has the same as its terms): the approved request it rests on, when it is cut (microseconds UTC), the idle limit, and
-- whether it is emergency access, whose output is synced before it is delivered.
ALTER TABLE sessions ADD COLUMN access_request TEXT;
ALTER TABLE sessions ADD COLUMN until_us BIGINT;
ALTER TABLE sessions ADD COLUMN idle_seconds BIGINT;
ALTER TABLE sessions ADD COLUMN idle_warn_seconds BIGINT;
ALTER TABLE sessions ADD COLUMN break_glass BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE sessions ADD COLUMN synced BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX sessions_open ON sessions (organisation, connection) WHERE ended_us IS NULL;

-- The person's network address: the one place where it stands in clear; the ledger has a commitment with the same row's salt.
ALTER TABLE session_texts ADD COLUMN source_address TEXT NOT NULL DEFAULT '';

-- Every approved request that a session rested on, from its opening on: an extension adds one.
CREATE TABLE session_grants (
    organisation TEXT NOT NULL,
    request      TEXT NOT NULL,
    session      TEXT NOT NULL,
    PRIMARY KEY (organisation, request, session)
);

-- New ends of live sessions, for the replica that carries them.
CREATE TABLE session_extensions (
    organisation TEXT   NOT NULL,
    session      TEXT   NOT NULL,
    replica      TEXT   NOT NULL,
    until_us     BIGINT NOT NULL,
    seen         BOOLEAN NOT NULL,
    PRIMARY KEY (organisation, session)
);
CREATE INDEX session_extensions_waiting ON session_extensions (replica) WHERE NOT seen;
