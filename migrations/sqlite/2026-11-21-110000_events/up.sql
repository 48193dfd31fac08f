-- Courses, workshops and hackathons: of the site file, or made by their organisers.
CREATE TABLE events (
    key        TEXT    NOT NULL PRIMARY KEY CHECK (length(CAST(key AS BLOB)) BETWEEN 1 AND 512),
    document   TEXT    NOT NULL CHECK (json_valid(document)),
    managed    INTEGER NOT NULL CHECK (managed IN (0, 1)),
    version    INTEGER NOT NULL CHECK (version >= 1),
    created_at TEXT    NOT NULL,
    updated_at TEXT    NOT NULL,
    CONSTRAINT events_by_hand_are_limited CHECK (managed = 1 OR (
        length(CAST(document AS BLOB)) <= 262144
        AND coalesce(length(json_extract(document, '$.title')), 0) BETWEEN 1 AND 100
    ))
) STRICT;

-- An event owns presets too. SQLite changes no CHECK of a table that is there: it is made anew, the same but for that
-- one word, with all that lies on it.
CREATE TABLE presets_with_events (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(CAST(id AS BLOB)) BETWEEN 1 AND 512),
    owner_kind TEXT    NOT NULL CHECK (owner_kind IN ('site', 'group', 'event', 'user')),
    owner      TEXT    NOT NULL CHECK (length(CAST(owner AS BLOB)) <= 1020),
    document   TEXT    NOT NULL CHECK (json_valid(document)),
    managed    INTEGER NOT NULL CHECK (managed IN (0, 1)),
    version    INTEGER NOT NULL CHECK (version >= 1),
    created_at TEXT    NOT NULL,
    updated_at TEXT    NOT NULL,
    CHECK ((owner_kind = 'site') = (owner = ''))
) STRICT;
INSERT INTO presets_with_events (id, owner_kind, owner, document, managed, version, created_at, updated_at)
    SELECT id, owner_kind, owner, document, managed, version, created_at, updated_at FROM presets;
DROP TABLE presets;
ALTER TABLE presets_with_events RENAME TO presets;
CREATE INDEX presets_by_owner ON presets (owner_kind, owner);
CREATE INDEX presets_by_creation ON presets (created_at, id);

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

CREATE TABLE preset_versions_with_events (
    id         TEXT    NOT NULL CHECK (length(CAST(id AS BLOB)) BETWEEN 1 AND 512),
    version    INTEGER NOT NULL CHECK (version >= 1),
    document   TEXT    NOT NULL CHECK (json_valid(document)),
    changed_at TEXT    NOT NULL,
    changed_by TEXT    NOT NULL,
    owner_kind TEXT    CHECK (owner_kind IN ('site', 'group', 'event', 'user')),
    owner      TEXT    CHECK (length(CAST(owner AS BLOB)) <= 1020),
    PRIMARY KEY (id, version)
) STRICT;
INSERT INTO preset_versions_with_events (id, version, document, changed_at, changed_by, owner_kind, owner)
    SELECT id, version, document, changed_at, changed_by, owner_kind, owner FROM preset_versions;
DROP TABLE preset_versions;
ALTER TABLE preset_versions_with_events RENAME TO preset_versions;
