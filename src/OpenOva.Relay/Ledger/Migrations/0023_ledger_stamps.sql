-- RFC 3161 stamps over heads. One token may stamp several organisations' heads: leaf_index, leaf_count and path (hexadecimal digests, joined by commas) lead from this one
-- to what it is over. stored_us: when the object store had it.
CREATE TABLE ledger_stamps (
    organisation TEXT   NOT NULL,
    size         BIGINT NOT NULL,
    jws          TEXT   NOT NULL,
    leaf_index   BIGINT NOT NULL,
    leaf_count   BIGINT NOT NULL,
    path         TEXT   NOT NULL,
    token        BYTEA  NOT NULL,
    gen_time_us  BIGINT NOT NULL,
    stamped_us   BIGINT NOT NULL,
    stored_us    BIGINT,
    PRIMARY KEY (organisation, size)
);
