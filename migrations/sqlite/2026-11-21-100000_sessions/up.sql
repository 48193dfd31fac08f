-- People on their way through the hub's login: begun here, finished once or forgotten.
CREATE TABLE sign_ins (
    -- SHA-256 of the state, in hexadecimal: whoever reads this table can finish nothing.
    state      TEXT NOT NULL PRIMARY KEY CHECK (length(CAST(state AS BLOB)) = 64),
    -- SHA-256 of what the browser holds in a cookie.
    browser    TEXT NOT NULL CHECK (length(CAST(browser AS BLOB)) = 64),
    verifier   TEXT NOT NULL CHECK (length(CAST(verifier AS BLOB)) BETWEEN 1 AND 1024),
    next       TEXT NOT NULL CHECK (length(CAST(next AS BLOB)) BETWEEN 1 AND 1024),
    expires_at TEXT NOT NULL
) STRICT;
CREATE INDEX sign_ins_by_end ON sign_ins (expires_at);

-- Browsers that are signed in; only people go through the hub's login.
CREATE TABLE sessions (
    -- SHA-256 of what the browser holds in a cookie, in hexadecimal.
    id          TEXT NOT NULL PRIMARY KEY CHECK (length(CAST(id AS BLOB)) = 64),
    person      TEXT NOT NULL CHECK (length(CAST(person AS BLOB)) BETWEEN 1 AND 1020),
    token       TEXT NOT NULL CHECK (length(CAST(token AS BLOB)) BETWEEN 1 AND 4096),
    hub_session TEXT NOT NULL CHECK (length(CAST(hub_session AS BLOB)) BETWEEN 1 AND 512),
    created_at  TEXT NOT NULL,
    seen_at     TEXT NOT NULL,
    expires_at  TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_by_end ON sessions (expires_at);
CREATE INDEX sessions_by_person ON sessions (person);
