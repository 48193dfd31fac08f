-- What a person set for themselves: default, order, hidden, a default for each named server.
CREATE TABLE preferences (
    person     TEXT    NOT NULL PRIMARY KEY CHECK (length(CAST(person AS BLOB)) BETWEEN 1 AND 1020),
    document   TEXT    NOT NULL CHECK (json_valid(document)),
    version    INTEGER NOT NULL CHECK (version >= 1),
    updated_at TEXT    NOT NULL
) STRICT;

-- Who stands behind a mark in the audit. The audit is never changed; to erase a person is to forget here whose mark
-- it was, and what was personal about their changes (the next table).
CREATE TABLE people (
    mark   TEXT NOT NULL PRIMARY KEY CHECK (length(CAST(mark AS BLOB)) = 32),
    person TEXT NOT NULL UNIQUE CHECK (length(CAST(person AS BLOB)) BETWEEN 1 AND 1020)
) STRICT;

-- What was changed, before and after, where it is a person's own: kept beside the audit, because it goes when they do.
CREATE TABLE audit_of_people (
    sequence INTEGER NOT NULL REFERENCES audit (sequence),
    side     TEXT    NOT NULL CHECK (side IN ('before', 'after')),
    mark     TEXT    NOT NULL REFERENCES people (mark) ON DELETE CASCADE,
    object   TEXT    NOT NULL,
    document TEXT    NOT NULL CHECK (json_valid(document)),
    PRIMARY KEY (sequence, side)
) STRICT;
CREATE INDEX audit_of_people_by_mark ON audit_of_people (mark);
CREATE INDEX audit_of_people_by_object ON audit_of_people (object, sequence);

-- The hub's id of the token it was done with; the revision of the site's content it made, if it made one.
ALTER TABLE audit ADD COLUMN token TEXT;
ALTER TABLE audit ADD COLUMN revision INTEGER;
CREATE INDEX audit_by_revision ON audit (revision, sequence) WHERE revision IS NOT NULL;
CREATE INDEX audit_by_actor ON audit (actor, sequence);
CREATE INDEX audit_by_object ON audit (object_kind, object_id, sequence);
