-- The root key under which an organisation's ledger was begun, as its fingerprint: a replica with another key folder must not sign.
CREATE TABLE ledger_roots (
    organisation TEXT NOT NULL PRIMARY KEY,
    fingerprint  TEXT NOT NULL
);
