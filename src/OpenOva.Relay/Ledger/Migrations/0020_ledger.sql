-- Events wait here, written with the state change that they tell of, until the organisation's sequencer numbers them. data: canonical JSON.
CREATE TABLE ledger_staged (
    id           TEXT   NOT NULL PRIMARY KEY,
    organisation TEXT   NOT NULL,
    type         TEXT   NOT NULL,
    time_us      BIGINT NOT NULL,
    data         BYTEA  NOT NULL
);
CREATE INDEX ledger_staged_order ON ledger_staged (organisation, id);

-- How far each organisation's ledger is numbered.
CREATE TABLE ledger_heads (
    organisation TEXT   NOT NULL PRIMARY KEY,
    size         BIGINT NOT NULL
);

-- The leaves as they are hashed; session: the session that the event is about, for look-ups.
CREATE TABLE ledger_leaves (
    organisation TEXT   NOT NULL,
    seq          BIGINT NOT NULL,
    id           TEXT   NOT NULL,
    type         TEXT   NOT NULL,
    time_us      BIGINT NOT NULL,
    session      TEXT,
    leaf         BYTEA  NOT NULL,
    PRIMARY KEY (organisation, seq)
);
CREATE UNIQUE INDEX ledger_leaves_id ON ledger_leaves (organisation, id);
CREATE INDEX ledger_leaves_session ON ledger_leaves (organisation, session, seq) WHERE session IS NOT NULL;
CREATE INDEX ledger_leaves_time ON ledger_leaves (organisation, time_us);

-- Roots of complete subtrees: 2^level leaves from position * 2^level on.
CREATE TABLE ledger_nodes (
    organisation TEXT   NOT NULL,
    level        BIGINT NOT NULL,
    position     BIGINT NOT NULL,
    hash         BYTEA  NOT NULL,
    PRIMARY KEY (organisation, level, position)
);

-- Signed heads. stored_us: when the object store had it.
CREATE TABLE ledger_checkpoints (
    organisation TEXT   NOT NULL,
    size         BIGINT NOT NULL,
    root         TEXT   NOT NULL,
    time_us      BIGINT NOT NULL,
    jws          TEXT   NOT NULL,
    stored_us    BIGINT,
    PRIMARY KEY (organisation, size)
);
