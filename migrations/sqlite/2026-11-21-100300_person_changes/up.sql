-- Whose rows changed, and in which order, so that other processes forget them. No names: `slot` is a hash of one, so
-- that the table stays small for ever and nobody who is erased remains in it.
CREATE TABLE person_changes (
    sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    slot     INTEGER NOT NULL UNIQUE CHECK (slot BETWEEN 0 AND 16383)
) STRICT;
