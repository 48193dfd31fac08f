DROP TABLE events;
DELETE FROM presets WHERE owner_kind = 'event';
DELETE FROM preset_versions WHERE owner_kind = 'event';
ALTER TABLE presets
    DROP CONSTRAINT presets_owner_kind_check,
    ADD CONSTRAINT presets_owner_kind_check CHECK (owner_kind IN ('site', 'group', 'user'));
ALTER TABLE preset_versions
    DROP CONSTRAINT preset_versions_owner_kind_check,
    ADD CONSTRAINT preset_versions_owner_kind_check CHECK (owner_kind IN ('site', 'group', 'user'));
