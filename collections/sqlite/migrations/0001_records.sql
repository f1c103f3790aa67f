-- The number by which file(1) and we know our files: "Accd".
PRAGMA application_id = 1097032548;

-- A log and the state at its end. The bits of classes are the classes that its
-- records ever had, those of specs the specification versions.
CREATE TABLE logs (
    c          INTEGER PRIMARY KEY,
    id         BLOB    NOT NULL UNIQUE,
    last       INTEGER NOT NULL,
    last_added INTEGER NOT NULL,
    classes    INTEGER NOT NULL,
    specs      INTEGER NOT NULL
) STRICT;

-- The types of each log, with a number so that index keys stay short.
CREATE TABLE types (
    type    INTEGER PRIMARY KEY,
    c       INTEGER NOT NULL REFERENCES logs (c),
    name    TEXT    NOT NULL,
    classes INTEGER NOT NULL,
    UNIQUE (c, name)
) STRICT;

CREATE TABLE posters (
    poster INTEGER PRIMARY KEY,
    party  TEXT NOT NULL,
    unit   TEXT NOT NULL,
    jti    TEXT NOT NULL,
    UNIQUE (party, unit, jti)
) STRICT;

-- pos is c << 40 | sequence, so that the positions of one log are one range and
-- each index, which ends in it, is in the order of the log. Times are in
-- microseconds since 1970. The large columns stand last: what reads the others
-- does not touch their pages.
CREATE TABLE records (
    pos     INTEGER PRIMARY KEY,
    class   INTEGER NOT NULL,
    type    INTEGER NOT NULL REFERENCES types (type),
    idkey   INTEGER NOT NULL, -- the first 4 bytes of the SHA-256 of id
    c       INTEGER NOT NULL REFERENCES logs (c),
    added   INTEGER NOT NULL,
    op      INTEGER NOT NULL,
    spec    TEXT    NOT NULL,
    poster  INTEGER NOT NULL REFERENCES posters (poster),
    id      TEXT    NOT NULL,
    version TEXT    NOT NULL, -- '' where the object has none
    rank    INTEGER NOT NULL,
    hash    BLOB,             -- NULL for a delete
    seed    BLOB,             -- NULL once removed
    leaf    BLOB,             -- 32 bytes for each leaf; NULL for none
    rules   BLOB,             -- NULL for zeros
    removes TEXT,             -- JSON list of sequences; NULL but for a delete
    residue BLOB,             -- NULL until removed
    raw     BLOB              -- NULL for a delete and once removed
) STRICT;

CREATE INDEX by_class ON records (class);
CREATE INDEX by_type ON records (type, class);
CREATE INDEX by_id ON records (idkey);
CREATE INDEX by_added ON records (c, added);

CREATE TABLE statuses (
    status  INTEGER PRIMARY KEY,
    id      BLOB    NOT NULL UNIQUE,
    expires INTEGER NOT NULL,
    data    TEXT    NOT NULL -- JSON
) STRICT;

CREATE INDEX by_expiry ON statuses (expires);

-- One row, written to learn whether the file takes writes.
CREATE TABLE probes (
    probe INTEGER PRIMARY KEY CHECK (probe = 1),
    at    INTEGER NOT NULL
) STRICT;
