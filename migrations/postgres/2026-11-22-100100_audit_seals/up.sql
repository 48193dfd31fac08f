-- Seals over the audit: each says what the entries since the one before it were, in a digest that holds the digest
-- before. Who changes an entry, takes one away or puts one in between breaks the chain.
CREATE TABLE audit_seals (
    number     BIGINT      NOT NULL PRIMARY KEY CHECK (number >= 1),
    -- The last entry under it, and how many are.
    last       BIGINT      NOT NULL UNIQUE,
    entries    BIGINT      NOT NULL CHECK (entries >= 1),
    -- When the newest of them was made.
    newest     TIMESTAMPTZ NOT NULL,
    sealed_at  TIMESTAMPTZ NOT NULL,
    digest     TEXT COLLATE "C" NOT NULL CHECK (octet_length(digest) = 64),
    -- When its entries were removed because of their age; the chain of those that are left begins behind it.
    removed_at TIMESTAMPTZ
);

CREATE FUNCTION audit_seals_are_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'audit_seals is append-only'; END $$;

CREATE TRIGGER audit_seals_refuse_update BEFORE UPDATE ON audit_seals FOR EACH ROW
WHEN (OLD.removed_at IS NOT NULL OR NEW.removed_at IS NULL
    OR (NEW.number, NEW.last, NEW.entries, NEW.newest, NEW.sealed_at, NEW.digest)
        IS DISTINCT FROM (OLD.number, OLD.last, OLD.entries, OLD.newest, OLD.sealed_at, OLD.digest))
EXECUTE FUNCTION audit_seals_are_append_only();

CREATE TRIGGER audit_seals_refuse_delete BEFORE DELETE ON audit_seals FOR EACH ROW
WHEN (OLD.removed_at IS NULL) EXECUTE FUNCTION audit_seals_are_append_only();

CREATE TRIGGER audit_seals_refuse_truncate BEFORE TRUNCATE ON audit_seals
FOR EACH STATEMENT EXECUTE FUNCTION audit_seals_are_append_only();

-- Entries go by whole seals that say so.
CREATE FUNCTION audit_goes_by_seals() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF OLD.sequence > coalesce((SELECT max(last) FROM audit_seals WHERE removed_at IS NOT NULL), 0) THEN
        RAISE EXCEPTION 'audit is append-only';
    END IF;
    RETURN OLD;
END $$;

-- A temporary table of that name would be found first, by whoever wants to take entries away.
DO $$ BEGIN
    EXECUTE format('ALTER FUNCTION audit_goes_by_seals() SET search_path = %I, pg_temp', current_schema());
END $$;

DROP TRIGGER audit_refuses_update_and_delete ON audit;
CREATE TRIGGER audit_refuses_update BEFORE UPDATE ON audit
FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_refuses_delete BEFORE DELETE ON audit
FOR EACH ROW EXECUTE FUNCTION audit_goes_by_seals();
