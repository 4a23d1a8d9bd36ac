-- What a replica still owes: found in the time of what is open, however many sessions there ever were.
CREATE INDEX sessions_unfinished ON sessions (replica) WHERE ended_us IS NULL OR (recording_opened AND sealed_us IS NULL);
