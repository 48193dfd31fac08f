-- Bumped in the transaction of every change of site content; replicas watch it.
CREATE TABLE revision (
    id     BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    number BIGINT NOT NULL CHECK (number >= 0)
);
INSERT INTO revision (id, number) VALUES (1, 0);

-- Everything of the site file but groups and presets; the highest version is current.
CREATE TABLE catalogues (
    version    BIGINT           NOT NULL PRIMARY KEY CHECK (version >= 1),
    document   JSON             NOT NULL,
    applied_at TIMESTAMPTZ      NOT NULL,
    applied_by TEXT COLLATE "C" NOT NULL
);

CREATE TABLE site_groups (
    key        TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (octet_length(key) BETWEEN 1 AND 512),
    document   JSON             NOT NULL,
    version    BIGINT           NOT NULL CHECK (version >= 1),
    updated_at TIMESTAMPTZ      NOT NULL
);

CREATE TABLE presets (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (octet_length(id) BETWEEN 1 AND 512),
    owner_kind TEXT COLLATE "C" NOT NULL CHECK (owner_kind IN ('site', 'group', 'user')),
    owner      TEXT COLLATE "C" NOT NULL CHECK (octet_length(owner) <= 1020),
    document   JSON             NOT NULL,
    managed    BOOLEAN          NOT NULL,
    version    BIGINT           NOT NULL CHECK (version >= 1),
    created_at TIMESTAMPTZ      NOT NULL,
    updated_at TIMESTAMPTZ      NOT NULL,
    CHECK ((owner_kind = 'site') = (owner = ''))
);
CREATE INDEX presets_by_owner ON presets (owner_kind, owner);

-- What each version of a preset said; outlives the preset.
CREATE TABLE preset_versions (
    id         TEXT COLLATE "C" NOT NULL CHECK (octet_length(id) BETWEEN 1 AND 512),
    version    BIGINT           NOT NULL CHECK (version >= 1),
    document   JSON             NOT NULL,
    changed_at TIMESTAMPTZ      NOT NULL,
    changed_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id, version)
);

-- What a person last started.
CREATE TABLE selections (
    person        TEXT COLLATE "C" NOT NULL CHECK (octet_length(person) BETWEEN 1 AND 1020),
    server_name   TEXT COLLATE "C" NOT NULL CHECK (octet_length(server_name) <= 1020),
    context       TEXT COLLATE "C" NOT NULL CHECK (octet_length(context) <= 512),
    preset        TEXT COLLATE "C" NOT NULL CHECK (octet_length(preset) BETWEEN 1 AND 512),
    chosen_values JSON             NOT NULL,
    at            TIMESTAMPTZ      NOT NULL,
    PRIMARY KEY (person, server_name, context)
);

-- Every decision about a start: what was asked, what was given, by which rules.
CREATE TABLE decisions (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (octet_length(id) = 36),
    at          TIMESTAMPTZ      NOT NULL,
    person      TEXT COLLATE "C" NOT NULL CHECK (octet_length(person) BETWEEN 1 AND 1020),
    server_name TEXT COLLATE "C" NOT NULL CHECK (octet_length(server_name) <= 1020),
    outcome     TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('given', 'refused')),
    asked       JSON             NOT NULL,
    given       JSON,
    reasons     JSON             NOT NULL,
    request_id  TEXT COLLATE "C",
    CHECK ((outcome = 'given') = (given IS NOT NULL))
);
CREATE INDEX decisions_by_person ON decisions (person, at);

-- One row for each change, written in the change's own transaction.
CREATE TABLE audit (
    sequence    BIGINT           NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          TIMESTAMPTZ      NOT NULL,
    actor       TEXT COLLATE "C" NOT NULL,
    action      TEXT COLLATE "C" NOT NULL,
    object_kind TEXT COLLATE "C" NOT NULL,
    object_id   TEXT COLLATE "C" NOT NULL,
    version     BIGINT           NOT NULL,
    before      JSON,
    after       JSON,
    request_id  TEXT COLLATE "C"
);

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$;

CREATE TRIGGER audit_refuses_update_and_delete BEFORE UPDATE OR DELETE ON audit
FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();

CREATE TRIGGER audit_refuses_truncate BEFORE TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
