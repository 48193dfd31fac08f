DROP TABLE idempotency;
DROP TRIGGER presets_limit_update;
DROP TRIGGER presets_limit_insert;
DROP INDEX presets_by_creation;
ALTER TABLE preset_versions DROP COLUMN owner;
ALTER TABLE preset_versions DROP COLUMN owner_kind;
