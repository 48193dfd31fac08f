-- Courses, workshops and hackathons: of the site file, or made by their organisers.
CREATE TABLE events (
    key        TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (octet_length(key) BETWEEN 1 AND 512),
    document   JSON             NOT NULL,
    managed    BOOLEAN          NOT NULL,
    version    BIGINT           NOT NULL CHECK (version >= 1),
    created_at TIMESTAMPTZ      NOT NULL,
    updated_at TIMESTAMPTZ      NOT NULL,
    CONSTRAINT events_by_hand_are_limited CHECK (managed OR (
        octet_length(document::text) <= 262144
        AND coalesce(char_length(document ->> 'title'), 0) BETWEEN 1 AND 100
    ))
);

-- An event owns presets too.
ALTER TABLE presets
    DROP CONSTRAINT presets_owner_kind_check,
    ADD CONSTRAINT presets_owner_kind_check CHECK (owner_kind IN ('site', 'group', 'event', 'user'));
ALTER TABLE preset_versions
    DROP CONSTRAINT preset_versions_owner_kind_check,
    ADD CONSTRAINT preset_versions_owner_kind_check CHECK (owner_kind IN ('site', 'group', 'event', 'user'));
