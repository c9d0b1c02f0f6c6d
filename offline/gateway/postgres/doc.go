// Package postgres keeps what gateways keep in a PostgreSQL database, which several of them share behind a load balancer.
//
// It must never know what a packet says inside, nor who asks.
//
// # Numbers in the order of commits
//
// A sequence of the database would number records before they are committed: a reader could see 7, remember it, and
// never see the 6 that is committed after it. So a lane's last number is a row (table lane), locked by each transaction
// that adds records until its commit. That costs nothing where many puts share one transaction (group.go), and it makes
// seq gapless. It is also why records need no ON CONFLICT: who holds the lane knows which ids are there.
//
// # What is on disk
//
// An answer is given after the commit. Open refuses a server with fsync or full_page_writes off, and asks for
// synchronous_commit where the DSN doesn't say otherwise. A failed or cut-off commit is in doubt: the caller asks again
// under the same id.
//
// # Where SQL is
//
// All statements are in sql.go, tables in migrations. Beside standard SQL they use: FOR UPDATE SKIP LOCKED (9.5; openGauss
// and Kingbase have it), ON CONFLICT (9.5; openGauss writes ON DUPLICATE KEY UPDATE NOTHING), unnest of several arrays
// WITH ORDINALITY (9.4; elsewhere rows of VALUES), data-modifying WITH (9.1), pg_advisory_xact_lock (9.1). openGauss
// authenticates by SHA-256 unless password_encryption_type is 1, which pgx needs. Only PostgreSQL itself is tested.
//
// A pooler in front must keep one session a connection: what RuntimeParams set is the session's.
package postgres
