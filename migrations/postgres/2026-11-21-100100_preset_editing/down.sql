DROP TABLE idempotency;
ALTER TABLE presets DROP CONSTRAINT presets_by_hand_are_limited;
DROP INDEX presets_by_creation;
ALTER TABLE preset_versions DROP COLUMN owner;
ALTER TABLE preset_versions DROP COLUMN owner_kind;
