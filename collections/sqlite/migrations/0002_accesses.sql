-- What accesses have in common, with a number so that index keys stay short.
CREATE TABLE access_kinds (
    kind       INTEGER PRIMARY KEY,
    agreement  TEXT NOT NULL,
    collection BLOB NOT NULL, -- zeros for none
    alias      TEXT NOT NULL,
    party      TEXT NOT NULL,
    action     TEXT NOT NULL,
    UNIQUE (agreement, collection, alias, party, action)
) STRICT;

-- at is when, in microseconds since 1970; each is later than all before it.
CREATE TABLE accesses (
    at         INTEGER PRIMARY KEY,
    kind       INTEGER NOT NULL REFERENCES access_kinds (kind),
    status     INTEGER NOT NULL,
    broken_off INTEGER NOT NULL,
    first      INTEGER NOT NULL,
    last       INTEGER NOT NULL,
    count      INTEGER NOT NULL,
    unit       TEXT    NOT NULL,
    officer    TEXT    NOT NULL,
    jti        TEXT    NOT NULL,
    remote     TEXT    NOT NULL,
    request    TEXT    NOT NULL,
    object     TEXT    NOT NULL
) STRICT;

CREATE INDEX by_kind ON accesses (kind);
