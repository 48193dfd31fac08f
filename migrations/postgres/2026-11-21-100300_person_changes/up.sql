-- Whose rows changed, and in which order, so that other processes forget them. No names: `slot` is a hash of one, so
-- that the table stays small for ever and nobody who is erased remains in it.
CREATE TABLE person_changes (
    -- The transaction: of numbers given in advance, a smaller one may become visible after a larger one was read, and
    -- nobody would know; which transactions are still under way, the database tells.
    sequence BIGINT NOT NULL DEFAULT txid_current(),
    slot     BIGINT NOT NULL PRIMARY KEY CHECK (slot BETWEEN 0 AND 16383)
);
CREATE INDEX person_changes_by_sequence ON person_changes (sequence);
