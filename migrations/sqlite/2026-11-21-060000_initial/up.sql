-- Only what SQLite 3.37 knows, so that a system's own sqlite3 can check and copy the file: it has no octet_length
-- before 3.43, and json_valid(NULL) is false before 3.42.

-- Bumped in the transaction of every change of site content; replicas watch it.
CREATE TABLE revision (
    id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    number INTEGER NOT NULL CHECK (number >= 0)
) STRICT;
INSERT INTO revision (id, number) VALUES (1, 0);

-- Everything of the site file but groups and presets; the highest version is current.
CREATE TABLE catalogues (
    version    INTEGER NOT NULL PRIMARY KEY CHECK (version >= 1),
    document   TEXT    NOT NULL CHECK (json_valid(document)),
    applied_at TEXT    NOT NULL,
    applied_by TEXT    NOT NULL
) STRICT;

CREATE TABLE site_groups (
    key        TEXT    NOT NULL PRIMARY KEY CHECK (length(CAST(key AS BLOB)) BETWEEN 1 AND 512),
    document   TEXT    NOT NULL CHECK (json_valid(document)),
    version    INTEGER NOT NULL CHECK (version >= 1),
    updated_at TEXT    NOT NULL
) STRICT;

CREATE TABLE presets (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(CAST(id AS BLOB)) BETWEEN 1 AND 512),
    owner_kind TEXT    NOT NULL CHECK (owner_kind IN ('site', 'group', 'user')),
    owner      TEXT    NOT NULL CHECK (length(CAST(owner AS BLOB)) <= 1020),
    document   TEXT    NOT NULL CHECK (json_valid(document)),
    managed    INTEGER NOT NULL CHECK (managed IN (0, 1)),
    version    INTEGER NOT NULL CHECK (version >= 1),
    created_at TEXT    NOT NULL,
    updated_at TEXT    NOT NULL,
    CHECK ((owner_kind = 'site') = (owner = ''))
) STRICT;
CREATE INDEX presets_by_owner ON presets (owner_kind, owner);

-- What each version of a preset said; outlives the preset.
CREATE TABLE preset_versions (
    id         TEXT    NOT NULL CHECK (length(CAST(id AS BLOB)) BETWEEN 1 AND 512),
    version    INTEGER NOT NULL CHECK (version >= 1),
    document   TEXT    NOT NULL CHECK (json_valid(document)),
    changed_at TEXT    NOT NULL,
    changed_by TEXT    NOT NULL,
    PRIMARY KEY (id, version)
) STRICT;

-- What a person last started.
CREATE TABLE selections (
    person        TEXT NOT NULL CHECK (length(CAST(person AS BLOB)) BETWEEN 1 AND 1020),
    server_name   TEXT NOT NULL CHECK (length(CAST(server_name AS BLOB)) <= 1020),
    context       TEXT NOT NULL CHECK (length(CAST(context AS BLOB)) <= 512),
    preset        TEXT NOT NULL CHECK (length(CAST(preset AS BLOB)) BETWEEN 1 AND 512),
    chosen_values TEXT NOT NULL CHECK (json_valid(chosen_values)),
    at            TEXT NOT NULL,
    PRIMARY KEY (person, server_name, context)
) STRICT;

-- Every decision about a start: what was asked, what was given, by which rules.
CREATE TABLE decisions (
    id          TEXT NOT NULL PRIMARY KEY CHECK (length(CAST(id AS BLOB)) = 36),
    at          TEXT NOT NULL,
    person      TEXT NOT NULL CHECK (length(CAST(person AS BLOB)) BETWEEN 1 AND 1020),
    server_name TEXT NOT NULL CHECK (length(CAST(server_name AS BLOB)) <= 1020),
    outcome     TEXT NOT NULL CHECK (outcome IN ('given', 'refused')),
    asked       TEXT NOT NULL CHECK (json_valid(asked)),
    given       TEXT          CHECK (given IS NULL OR json_valid(given)),
    reasons     TEXT NOT NULL CHECK (json_valid(reasons)),
    request_id  TEXT,
    CHECK ((outcome = 'given') = (given IS NOT NULL))
) STRICT;
CREATE INDEX decisions_by_person ON decisions (person, at);

-- One row for each change, written in the change's own transaction.
CREATE TABLE audit (
    sequence    INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at          TEXT    NOT NULL,
    actor       TEXT    NOT NULL,
    action      TEXT    NOT NULL,
    object_kind TEXT    NOT NULL,
    object_id   TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    before      TEXT    CHECK (before IS NULL OR json_valid(before)),
    after       TEXT    CHECK (after IS NULL OR json_valid(after)),
    request_id  TEXT
) STRICT;

CREATE TRIGGER audit_refuses_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;

CREATE TRIGGER audit_refuses_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;

-- INSERT OR REPLACE deletes without asking the delete trigger.
CREATE TRIGGER audit_refuses_replacement BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE sequence = NEW.sequence)
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
