-- What one or several gateways keep. Applied in one transaction; never changed afterwards: a later change is a later file.
--
-- For other members of the family:
--   openGauss  bytea, timestamptz, partial indexes: the same. No ALTER COLUMN ... SET STORAGE needed. Before 3.1 no jsonb.
--   Kingbase   the same in PostgreSQL mode.

CREATE TABLE meta (
    name  text PRIMARY KEY,
    value text NOT NULL
);

-- last is the lane's highest seq. Its row is locked by every transaction that adds records, so that seq has no gaps and
-- grows in the order of commits: who remembers the last seq that he has seen misses nothing.
CREATE TABLE lane (
    name text PRIMARY KEY,
    last bigint NOT NULL
) WITH (fillfactor = 20);
INSERT INTO lane VALUES ('matters', 0), ('ratings', 0), ('events', 0);

-- A record stays for ever; packet becomes NULL when it is purged.
CREATE TABLE record (
    lane      text        NOT NULL, -- one of table lane; who adds holds its row, so no reference has to be checked
    id        text        NOT NULL,
    seq       bigint      NOT NULL,
    terminal  text        NOT NULL,
    item      text        NOT NULL,
    version   text        NOT NULL,
    digest    bytea       NOT NULL CHECK (octet_length(digest) = 32),
    stored_at timestamptz NOT NULL,
    packet    bytea,
    PRIMARY KEY (lane, id)
);
CREATE UNIQUE INDEX record_seq ON record (lane, seq);
-- Packets are sealed: compressing them costs time and saves nothing. Most fit into a page beside their id.
ALTER TABLE record ALTER COLUMN packet SET STORAGE EXTERNAL;
ALTER TABLE record SET (toast_tuple_target = 8160);

CREATE TABLE code (
    mac      text PRIMARY KEY,
    station  text        NOT NULL,
    made     timestamptz NOT NULL,
    expires  timestamptz NOT NULL,
    terminal text -- who used it
);

CREATE TABLE station (
    name text PRIMARY KEY,
    last integer NOT NULL -- highest number given to a terminal
);

CREATE TABLE terminal (
    id          text PRIMARY KEY,
    station     text        NOT NULL,
    number      integer     NOT NULL,
    key         text        NOT NULL,
    sign_key    text        NOT NULL,
    post_key    text        NOT NULL,
    certificate text        NOT NULL,
    enrolled_at timestamptz NOT NULL,
    renewed_at  timestamptz,
    revoked_at  timestamptz,
    keys        text        NOT NULL, -- earlier ones, JSON
    UNIQUE (station, number)
);

CREATE TABLE heartbeat (
    terminal text PRIMARY KEY,
    at       timestamptz NOT NULL,
    body     bytea       NOT NULL
) WITH (fillfactor = 50);

-- A blob is whole once stored_at is set; its parts go when it is purged.
CREATE TABLE blob (
    digest    bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    size      bigint      NOT NULL,
    have      bigint      NOT NULL,
    terminal  text        NOT NULL, -- who began it
    touched   timestamptz NOT NULL,
    stored_at timestamptz,
    purged    boolean     NOT NULL DEFAULT false
);
CREATE INDEX blob_half ON blob (touched) WHERE stored_at IS NULL;

CREATE TABLE blob_part (
    digest bytea  NOT NULL REFERENCES blob ON DELETE CASCADE,
    start  bigint NOT NULL,
    data   bytea  NOT NULL,
    PRIMARY KEY (digest, start)
);
ALTER TABLE blob_part ALTER COLUMN data SET STORAGE EXTERNAL;

-- last is the mailbox's highest seq; its row is locked while a post is added.
CREATE TABLE mailbox (
    terminal text PRIMARY KEY,
    last     bigint NOT NULL
) WITH (fillfactor = 50);

-- A post stays for ever, so that no letter is delivered twice; packet becomes NULL when it is delivered or expired.
CREATE TABLE post (
    terminal  text        NOT NULL REFERENCES mailbox,
    seq       bigint      NOT NULL,
    letter    text        NOT NULL,
    matter    text        NOT NULL,
    digest    text        NOT NULL,
    signature bytea,
    at        timestamptz NOT NULL,
    expires   timestamptz NOT NULL,
    packet    bytea,
    PRIMARY KEY (letter, terminal)
);
CREATE UNIQUE INDEX post_waiting ON post (terminal, seq) WHERE packet IS NOT NULL;
CREATE INDEX post_expiry ON post (expires) WHERE packet IS NOT NULL;
ALTER TABLE post ALTER COLUMN packet SET STORAGE EXTERNAL;

-- One row for each record that an adapter has leased once; handover_cursor says up to which seq every record has one.
-- due is when it may be tried next: the end of its lease, or next_try.
CREATE TABLE handover (
    adapter  text        NOT NULL,
    lane     text        NOT NULL,
    id       text        NOT NULL,
    seq      bigint      NOT NULL,
    done     boolean     NOT NULL,
    tries    integer     NOT NULL,
    due      timestamptz NOT NULL,
    next_try timestamptz,
    tried_at timestamptz,
    note     text        NOT NULL,
    PRIMARY KEY (adapter, lane, id),
    FOREIGN KEY (lane, id) REFERENCES record
);
CREATE UNIQUE INDEX handover_seq ON handover (adapter, lane, seq);
CREATE INDEX handover_due ON handover (adapter, lane, due, seq) WHERE NOT done;

CREATE TABLE handover_cursor (
    adapter text   NOT NULL,
    lane    text   NOT NULL REFERENCES lane,
    up_to   bigint NOT NULL,
    PRIMARY KEY (adapter, lane)
) WITH (fillfactor = 50);
