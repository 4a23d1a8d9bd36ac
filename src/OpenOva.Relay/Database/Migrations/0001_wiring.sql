-- Wiring tables. Type names that both databases accept: BIGINT, TEXT, BOOLEAN, BYTEA.

-- Who may act alone, until when (by relay_now_us()), under which fencing epoch. A released lease keeps its row and its epoch.
CREATE TABLE leases (
    name     TEXT   NOT NULL PRIMARY KEY,
    holder   TEXT   NOT NULL,
    epoch    BIGINT NOT NULL,
    until_us BIGINT NOT NULL
);

-- Messages written with the state change that they tell of. published_us: handed to the bus; next_us: not to be claimed before.
CREATE TABLE outbox (
    id           TEXT   NOT NULL PRIMARY KEY,
    organisation TEXT   NOT NULL,
    type         TEXT   NOT NULL,
    body         TEXT   NOT NULL,
    created_us   BIGINT NOT NULL,
    next_us      BIGINT NOT NULL,
    attempts     BIGINT NOT NULL,
    published_us BIGINT,
    fault        TEXT
);
CREATE INDEX outbox_waiting ON outbox (next_us) WHERE published_us IS NULL;
CREATE INDEX outbox_published ON outbox (published_us) WHERE published_us IS NOT NULL;

-- One row for each consumer of each message, written with the message: pending until the consumer's own transaction sets done_us.
-- dead_us: given up after the last attempt, and kept until somebody decides.
CREATE TABLE inbox (
    message_id   TEXT   NOT NULL REFERENCES outbox (id),
    consumer     TEXT   NOT NULL,
    organisation TEXT   NOT NULL,
    next_us      BIGINT NOT NULL,
    attempts     BIGINT NOT NULL,
    done_us      BIGINT,
    dead_us      BIGINT,
    fault        TEXT,
    PRIMARY KEY (message_id, consumer)
);
CREATE INDEX inbox_pending ON inbox (next_us) WHERE done_us IS NULL AND dead_us IS NULL;
CREATE INDEX inbox_dead ON inbox (dead_us) WHERE dead_us IS NOT NULL;
