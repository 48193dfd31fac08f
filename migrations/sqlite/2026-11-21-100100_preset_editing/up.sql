-- Whose preset it was at that version: an id that comes back must not show the last owner's.
ALTER TABLE preset_versions ADD COLUMN owner_kind TEXT CHECK (owner_kind IN ('site', 'group', 'user'));
ALTER TABLE preset_versions ADD COLUMN owner      TEXT CHECK (length(CAST(owner AS BLOB)) <= 1020);
UPDATE preset_versions SET
    owner_kind = (SELECT presets.owner_kind FROM presets WHERE presets.id = preset_versions.id),
    owner      = (SELECT presets.owner FROM presets WHERE presets.id = preset_versions.id);

CREATE INDEX presets_by_creation ON presets (created_at, id);

-- What people make by hand is limited here too; SQLite adds no CHECK to a table that is there.
CREATE TRIGGER presets_limit_insert BEFORE INSERT ON presets
WHEN NEW.managed = 0 AND (
    length(CAST(NEW.document AS BLOB)) > 65536
    OR coalesce(length(json_extract(NEW.document, '$.title')), 0) NOT BETWEEN 1 AND 100
) BEGIN SELECT RAISE(ABORT, 'presets_by_hand_are_limited'); END;

CREATE TRIGGER presets_limit_update BEFORE UPDATE ON presets
WHEN NEW.managed = 0 AND (
    length(CAST(NEW.document AS BLOB)) > 65536
    OR coalesce(length(json_extract(NEW.document, '$.title')), 0) NOT BETWEEN 1 AND 100
) BEGIN SELECT RAISE(ABORT, 'presets_by_hand_are_limited'); END;

-- Creates that were answered already, so that one sent again is not done again; kept for a day.
CREATE TABLE idempotency (
    principal_kind TEXT NOT NULL CHECK (principal_kind IN ('user', 'service')),
    principal      TEXT NOT NULL CHECK (length(CAST(principal AS BLOB)) BETWEEN 1 AND 1020),
    key            TEXT NOT NULL CHECK (length(CAST(key AS BLOB)) BETWEEN 1 AND 128),
    route          TEXT NOT NULL CHECK (length(CAST(route AS BLOB)) BETWEEN 1 AND 200),
    digest         TEXT NOT NULL CHECK (length(CAST(digest AS BLOB)) = 64),
    reply          TEXT NOT NULL CHECK (json_valid(reply)),
    made_at        TEXT NOT NULL,
    PRIMARY KEY (principal_kind, principal, key)
) STRICT;
CREATE INDEX idempotency_by_age ON idempotency (made_at);
