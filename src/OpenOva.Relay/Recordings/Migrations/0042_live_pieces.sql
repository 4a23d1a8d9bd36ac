-- How many live pieces there were before their deletion began: a deletion that was broken off and begun again tells of all of them.
ALTER TABLE recordings ADD COLUMN live_pieces BIGINT;
