-- What a person set for themselves: default, order, hidden, a default for each named server.
CREATE TABLE preferences (
    person     TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (octet_length(person) BETWEEN 1 AND 1020),
    document   JSON             NOT NULL,
    version    BIGINT           NOT NULL CHECK (version >= 1),
    updated_at TIMESTAMPTZ      NOT NULL
);

-- Who stands behind a mark in the audit. The audit is never changed; to erase a person is to forget here whose mark
-- it was, and what was personal about their changes (the next table).
CREATE TABLE people (
    mark   TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (octet_length(mark) = 32),
    person TEXT COLLATE "C" NOT NULL UNIQUE CHECK (octet_length(person) BETWEEN 1 AND 1020)
);

-- What was changed, before and after, where it is a person's own: kept beside the audit, because it goes when they do.
CREATE TABLE audit_of_people (
    sequence BIGINT           NOT NULL REFERENCES audit (sequence),
    side     TEXT COLLATE "C" NOT NULL CHECK (side IN ('before', 'after')),
    mark     TEXT COLLATE "C" NOT NULL REFERENCES people (mark) ON DELETE CASCADE,
    object   TEXT COLLATE "C" NOT NULL,
    document JSON             NOT NULL,
    PRIMARY KEY (sequence, side)
);
CREATE INDEX audit_of_people_by_mark ON audit_of_people (mark);
CREATE INDEX audit_of_people_by_object ON audit_of_people (object, sequence);

-- The hub's id of the token it was done with; the revision of the site's content it made, if it made one.
ALTER TABLE audit ADD COLUMN token TEXT COLLATE "C";
ALTER TABLE audit ADD COLUMN revision BIGINT;
CREATE INDEX audit_by_revision ON audit (revision, sequence) WHERE revision IS NOT NULL;
CREATE INDEX audit_by_actor ON audit (actor, sequence);
CREATE INDEX audit_by_object ON audit (object_kind, object_id, sequence);
