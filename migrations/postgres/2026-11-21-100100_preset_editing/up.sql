-- Whose preset it was at that version: an id that comes back must not show the last owner's.
ALTER TABLE preset_versions ADD COLUMN owner_kind TEXT COLLATE "C" CHECK (owner_kind IN ('site', 'group', 'user'));
ALTER TABLE preset_versions ADD COLUMN owner      TEXT COLLATE "C" CHECK (octet_length(owner) <= 1020);
UPDATE preset_versions SET
    owner_kind = (SELECT presets.owner_kind FROM presets WHERE presets.id = preset_versions.id),
    owner      = (SELECT presets.owner FROM presets WHERE presets.id = preset_versions.id);

CREATE INDEX presets_by_creation ON presets (created_at, id);

-- What people make by hand is limited here too.
ALTER TABLE presets ADD CONSTRAINT presets_by_hand_are_limited CHECK (managed OR (
    octet_length(document::text) <= 65536
    AND coalesce(char_length(document ->> 'title'), 0) BETWEEN 1 AND 100
));

-- Creates that were answered already, so that one sent again is not done again; kept for a day.
CREATE TABLE idempotency (
    principal_kind TEXT COLLATE "C" NOT NULL CHECK (principal_kind IN ('user', 'service')),
    principal      TEXT COLLATE "C" NOT NULL CHECK (octet_length(principal) BETWEEN 1 AND 1020),
    key            TEXT COLLATE "C" NOT NULL CHECK (octet_length(key) BETWEEN 1 AND 128),
    route          TEXT COLLATE "C" NOT NULL CHECK (octet_length(route) BETWEEN 1 AND 200),
    digest         TEXT COLLATE "C" NOT NULL CHECK (octet_length(digest) = 64),
    reply          JSON             NOT NULL,
    made_at        TIMESTAMPTZ      NOT NULL,
    PRIMARY KEY (principal_kind, principal, key)
);
CREATE INDEX idempotency_by_age ON idempotency (made_at);
