package postgres

// Statements of the engine. $1 is what the statement is about.
const (
	sqlServer = `SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
	current_setting('server_encoding')`

	sqlHasMeta        = `SELECT to_regclass('meta') IS NOT NULL`
	sqlLockMigrations = `SELECT pg_advisory_xact_lock(7365636172)` // any number, always the same
	sqlGetMeta        = `SELECT value FROM meta WHERE name = $1`
	sqlSetMeta        = `INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`
	sqlAddMeta        = `INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`
	sqlIsEmpty        = `SELECT NOT EXISTS (SELECT FROM lane WHERE last > 0) AND NOT EXISTS (SELECT FROM code)
	AND NOT EXISTS (SELECT FROM terminal) AND NOT EXISTS (SELECT FROM meta WHERE name = 'fingerprint')`
)

// Records. LATERAL with LIMIT 1 makes each id a look-up by the primary key. A plain join leaves the choice to the planner,
// which on a table that grew since it last counted compares each id with the whole lane.
const (
	sqlLockLane = `SELECT last FROM lane WHERE name = $1 FOR UPDATE`
	sqlPut      = `WITH fresh AS (
	INSERT INTO record (lane, id, seq, terminal, item, version, digest, stored_at, packet)
	SELECT $1, u.id, l.last + row_number() OVER (ORDER BY u.n), u.terminal, u.item, u.version, u.digest, u.stored_at, u.packet
	FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::timestamptz[], $8::bytea[]) WITH ORDINALITY
		AS u (id, terminal, item, version, digest, stored_at, packet, n)
	JOIN lane l ON l.name = $1
	LEFT JOIN LATERAL (SELECT r.seq FROM record r WHERE r.lane = $1 AND r.id = u.id LIMIT 1) old ON true
	WHERE old.seq IS NULL
	RETURNING seq
)
UPDATE lane SET last = last + f.n FROM (SELECT count(*) AS n FROM fresh) f WHERE name = $1 AND f.n > 0`
	sqlPutOutcome = `SELECT u.n, r.digest, r.stored_at, r.seq
	FROM unnest($2::text[]) WITH ORDINALITY AS u (id, n)
	CROSS JOIN LATERAL (SELECT * FROM record WHERE lane = $1 AND id = u.id LIMIT 1) r`

	sqlRecord = `SELECT lane, id, seq, terminal, item, version, digest, stored_at, packet, packet IS NULL FROM record `
	sqlGet    = sqlRecord + `WHERE lane = $1 AND id = $2`
	sqlList   = sqlRecord + `WHERE lane = $1 AND seq > $2 ORDER BY seq LIMIT $3`
	sqlAtSeqs = sqlRecord + `WHERE lane = $1 AND seq = ANY ($2::bigint[])`
	sqlCount  = `SELECT last FROM lane WHERE name = $1`
	sqlPurge  = `UPDATE record SET packet = NULL WHERE lane = $1 AND id = $2`
)

// Terminals.
const (
	sqlAddCode     = `INSERT INTO code (mac, station, made, expires) VALUES ($1, $2, $3, $4) ON CONFLICT (mac) DO NOTHING`
	sqlLockCode    = `SELECT station, expires, coalesce(terminal, '') FROM code WHERE mac = $1 FOR UPDATE`
	sqlUseCode     = `UPDATE code SET terminal = $2 WHERE mac = $1`
	sqlAddStation  = `INSERT INTO station (name, last) VALUES ($1, 0) ON CONFLICT (name) DO NOTHING`
	sqlLockStation = `SELECT last FROM station WHERE name = $1 FOR UPDATE`
	sqlSetStation  = `UPDATE station SET last = $2 WHERE name = $1`

	sqlTerminals = `SELECT id, station, number, key, sign_key, post_key, certificate, enrolled_at, renewed_at, revoked_at, keys
	FROM terminal `
	sqlTerminal     = sqlTerminals + `WHERE id = $1`
	sqlLockTerminal = sqlTerminal + ` FOR UPDATE`
	sqlAllTerminals = sqlTerminals + `WHERE $1::text = '' OR station = $1 ORDER BY station, number`
	sqlPutTerminal  = `INSERT INTO terminal (id, station, number, key, sign_key, post_key, certificate, enrolled_at, renewed_at,
	revoked_at, keys) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
	ON CONFLICT (id) DO UPDATE SET key = excluded.key, sign_key = excluded.sign_key, post_key = excluded.post_key,
	certificate = excluded.certificate, enrolled_at = excluded.enrolled_at, renewed_at = excluded.renewed_at,
	revoked_at = excluded.revoked_at, keys = excluded.keys`

	sqlSetHeartbeat = `INSERT INTO heartbeat (terminal, at, body) VALUES ($1, $2, $3)
	ON CONFLICT (terminal) DO UPDATE SET at = excluded.at, body = excluded.body WHERE heartbeat.at <= excluded.at`
	sqlHeartbeats = `SELECT terminal, at, body FROM heartbeat ORDER BY terminal COLLATE "C"`
)

// Blobs.
const (
	sqlBlob       = `SELECT size, have, stored_at, purged FROM blob WHERE digest = $1`
	sqlLockBlob   = sqlBlob + ` FOR UPDATE`
	sqlBeginBlob  = `INSERT INTO blob (digest, size, have, terminal, touched) VALUES ($1, $2, 0, $3, $4) ON CONFLICT (digest) DO NOTHING`
	sqlAddPart    = `INSERT INTO blob_part (digest, start, data) VALUES ($1, $2, $3)`
	sqlGrowBlob   = `UPDATE blob SET have = $2, touched = $3 WHERE digest = $1`
	sqlParts      = `SELECT data FROM blob_part WHERE digest = $1 ORDER BY start`
	sqlWholeBlob  = `UPDATE blob SET stored_at = $2 WHERE digest = $1`
	sqlDropHalf   = `DELETE FROM blob WHERE digest = $1 AND stored_at IS NULL`
	sqlPurgeBlob  = `UPDATE blob SET purged = true WHERE digest = $1`
	sqlDropParts  = `DELETE FROM blob_part WHERE digest = $1`
	sqlDropHalves = `DELETE FROM blob WHERE stored_at IS NULL AND touched < $1`
)

// Posts.
const (
	sqlAddMailbox  = `INSERT INTO mailbox (terminal, last) VALUES ($1, 0) ON CONFLICT (terminal) DO NOTHING`
	sqlLockMailbox = `SELECT last FROM mailbox WHERE terminal = $1 FOR UPDATE`
	sqlSetMailbox  = `UPDATE mailbox SET last = $2 WHERE terminal = $1`
	sqlAddPost     = `INSERT INTO post (terminal, seq, letter, matter, digest, signature, at, expires, packet)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (letter, terminal) DO NOTHING`
	sqlPosts = `SELECT seq, letter, matter, digest, signature, at, expires, packet FROM post
	WHERE terminal = $1 AND seq > $2 AND packet IS NOT NULL ORDER BY seq LIMIT $3`
	sqlDropPost    = `UPDATE post SET packet = NULL, signature = NULL WHERE letter = $1 AND packet IS NOT NULL`
	sqlExpirePosts = `UPDATE post SET packet = NULL, signature = NULL WHERE expires <= $1 AND packet IS NOT NULL`
)

// Handovers. $1 and $2 are adapter and lane.
const (
	sqlDueAgain = `SELECT seq FROM handover WHERE adapter = $1 AND lane = $2 AND NOT done AND due <= $3
	ORDER BY due, seq LIMIT $4 FOR UPDATE SKIP LOCKED`
	sqlLeaseAgain = `UPDATE handover SET due = $4 WHERE adapter = $1 AND lane = $2 AND seq = ANY ($3::bigint[])`
	sqlAddCursor  = `INSERT INTO handover_cursor (adapter, lane, up_to) VALUES ($1, $2, 0) ON CONFLICT (adapter, lane) DO NOTHING`
	sqlLockCursor = `SELECT up_to FROM handover_cursor WHERE adapter = $1 AND lane = $2 FOR UPDATE`
	sqlSetCursor  = `UPDATE handover_cursor SET up_to = $3 WHERE adapter = $1 AND lane = $2`
	sqlNextSeqs   = `SELECT seq FROM record WHERE lane = $1 AND seq > $2 ORDER BY seq LIMIT $3`
	sqlLeaseFirst = `INSERT INTO handover (adapter, lane, id, seq, done, tries, due, note)
	SELECT $1, $2, id, seq, false, 0, $4, '' FROM record WHERE lane = $2 AND seq = ANY ($3::bigint[])
	ON CONFLICT (adapter, lane, id) DO NOTHING RETURNING seq`
	sqlEndPurged = `UPDATE handover SET done = true WHERE adapter = $1 AND lane = $2 AND seq = ANY ($3::bigint[])`
	sqlHanded    = `INSERT INTO handover (adapter, lane, id, seq, done, tries, due, next_try, tried_at, note)
	SELECT $1, $2, id, seq, $4, $5, $6, $7, $8, $9 FROM record WHERE lane = $2 AND id = $3
	ON CONFLICT (adapter, lane, id) DO UPDATE SET done = excluded.done, tries = excluded.tries, due = excluded.due,
		next_try = excluded.next_try, tried_at = excluded.tried_at, note = excluded.note
	WHERE excluded.done OR NOT handover.done`
	sqlKnown    = `SELECT EXISTS (SELECT FROM record WHERE lane = $1 AND id = $2)`
	sqlHandover = `SELECT done, tries, next_try, tried_at, note FROM handover WHERE adapter = $1 AND lane = $2 AND id = $3`
	sqlFailing  = `SELECT id, done, tries, next_try, tried_at, note FROM handover
	WHERE adapter = $1 AND lane = $2 AND NOT done AND tries > 0 ORDER BY due, seq LIMIT $3`
	// Records over the cursor have no row but those that staff touched before their turn.
	sqlBacklog = `WITH
	seen AS (SELECT coalesce((SELECT up_to FROM handover_cursor WHERE adapter = $1 AND lane = $2), 0) AS up_to),
	waiting AS (SELECT count(*) AS n, count(*) FILTER (WHERE tries > 0) AS failing, coalesce(max(tries), 0) AS tries, min(seq) AS first
		FROM handover WHERE adapter = $1 AND lane = $2 AND NOT done),
	early AS (SELECT count(*) AS n FROM handover, seen WHERE adapter = $1 AND lane = $2 AND seq > seen.up_to),
	first AS (SELECT r.seq FROM record r, seen WHERE r.lane = $2 AND r.seq > seen.up_to AND NOT EXISTS
		(SELECT FROM handover h WHERE h.adapter = $1 AND h.lane = $2 AND h.seq = r.seq) ORDER BY r.seq LIMIT 1)
SELECT waiting.n + (SELECT last FROM lane WHERE name = $2) - seen.up_to - early.n, waiting.failing, waiting.tries,
	(SELECT stored_at FROM record WHERE lane = $2 AND seq = least(waiting.first, (SELECT seq FROM first)))
FROM seen, waiting, early`
)
