-- Seals over the audit: each says what the entries since the one before it were, in a digest that holds the digest
-- before. Who changes an entry, takes one away or puts one in between breaks the chain.
CREATE TABLE audit_seals (
    number     INTEGER NOT NULL PRIMARY KEY CHECK (number >= 1),
    -- The last entry under it, and how many are.
    last       INTEGER NOT NULL UNIQUE,
    entries    INTEGER NOT NULL CHECK (entries >= 1),
    -- When the newest of them was made.
    newest     TEXT    NOT NULL,
    sealed_at  TEXT    NOT NULL,
    digest     TEXT    NOT NULL CHECK (length(CAST(digest AS BLOB)) = 64),
    -- When its entries were removed because of their age; the chain of those that are left begins behind it.
    removed_at TEXT
) STRICT;

CREATE TRIGGER audit_seals_refuse_update BEFORE UPDATE ON audit_seals
WHEN OLD.removed_at IS NOT NULL OR NEW.removed_at IS NULL
    OR (NEW.number, NEW.last, NEW.entries, NEW.newest, NEW.sealed_at, NEW.digest)
        IS NOT (OLD.number, OLD.last, OLD.entries, OLD.newest, OLD.sealed_at, OLD.digest)
BEGIN SELECT RAISE(ABORT, 'audit_seals is append-only'); END;

CREATE TRIGGER audit_seals_refuse_delete BEFORE DELETE ON audit_seals
WHEN OLD.removed_at IS NULL
BEGIN SELECT RAISE(ABORT, 'audit_seals is append-only'); END;

CREATE TRIGGER audit_seals_refuse_replacement BEFORE INSERT ON audit_seals
WHEN EXISTS (SELECT 1 FROM audit_seals WHERE number = NEW.number OR last = NEW.last)
BEGIN SELECT RAISE(ABORT, 'audit_seals is append-only'); END;

-- Entries go by whole seals that say so.
DROP TRIGGER audit_refuses_delete;
CREATE TRIGGER audit_refuses_delete BEFORE DELETE ON audit
WHEN OLD.sequence > coalesce((SELECT max(last) FROM audit_seals WHERE removed_at IS NOT NULL), 0)
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
