-- Which account of the hub what is kept under a name belongs to: a name may be given to somebody else one day.
CREATE TABLE accounts (
    person       TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (octet_length(person) BETWEEN 1 AND 1020),
    -- When the hub made the account.
    made_at      TIMESTAMPTZ NOT NULL,
    -- Of one that is gone: since when. Its name holds a slash, as no hub's does.
    set_aside_at TIMESTAMPTZ
);
