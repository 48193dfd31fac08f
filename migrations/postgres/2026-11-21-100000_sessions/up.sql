-- People on their way through the hub's login: begun here, finished once or forgotten.
CREATE TABLE sign_ins (
    -- SHA-256 of the state, in hexadecimal: whoever reads this table can finish nothing.
    state      TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (octet_length(state) = 64),
    -- SHA-256 of what the browser holds in a cookie.
    browser    TEXT COLLATE "C" NOT NULL CHECK (octet_length(browser) = 64),
    verifier   TEXT COLLATE "C" NOT NULL CHECK (octet_length(verifier) BETWEEN 1 AND 1024),
    next       TEXT COLLATE "C" NOT NULL CHECK (octet_length(next) BETWEEN 1 AND 1024),
    expires_at TIMESTAMPTZ      NOT NULL
);
CREATE INDEX sign_ins_by_end ON sign_ins (expires_at);

-- Browsers that are signed in; only people go through the hub's login.
CREATE TABLE sessions (
    -- SHA-256 of what the browser holds in a cookie, in hexadecimal.
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (octet_length(id) = 64),
    person      TEXT COLLATE "C" NOT NULL CHECK (octet_length(person) BETWEEN 1 AND 1020),
    token       TEXT COLLATE "C" NOT NULL CHECK (octet_length(token) BETWEEN 1 AND 4096),
    hub_session TEXT COLLATE "C" NOT NULL CHECK (octet_length(hub_session) BETWEEN 1 AND 512),
    created_at  TIMESTAMPTZ      NOT NULL,
    seen_at     TIMESTAMPTZ      NOT NULL,
    expires_at  TIMESTAMPTZ      NOT NULL
);
CREATE INDEX sessions_by_end ON sessions (expires_at);
CREATE INDEX sessions_by_person ON sessions (person);
