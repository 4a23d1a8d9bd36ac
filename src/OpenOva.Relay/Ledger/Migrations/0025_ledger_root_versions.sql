-- Up to which version of the key history the ledger was told of keys. NULL: rows from before this was kept, of which each version was told when it was made.
ALTER TABLE ledger_roots ADD COLUMN told_version BIGINT;
