package postgres

import (
	"context"
	"embed"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

//go:embed migrations/*.sql
var migrations embed.FS

// schema is how many migrations there are. Each is migrations/NNNN.sql.
const schema = 1

// migrate brings the tables to this program's schema, in one transaction. Gateways that start at once wait in line. A
// schema of a newer program is refused and left as it is.
func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sqlLockMigrations); err != nil {
			return err
		}
		has, err := readSchema(ctx, tx)
		if err != nil || has == schema {
			return err
		}
		if has > schema {
			return fmt.Errorf("schema %d, this program knows 1 to %d: use the program that wrote it, or a newer one", has, schema)
		}
		for n := has + 1; n <= schema; n++ {
			if err := apply(ctx, tx, n); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, sqlSetMeta, "schema", strconv.Itoa(schema))
		return err
	})
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

func readSchema(ctx context.Context, tx pgx.Tx) (int, error) {
	var some bool
	if err := tx.QueryRow(ctx, sqlHasMeta).Scan(&some); err != nil || !some {
		return 0, err
	}
	var text string
	if err := tx.QueryRow(ctx, sqlGetMeta, "schema").Scan(&text); err != nil {
		return 0, fmt.Errorf("read schema: %w", found(err))
	}
	has, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("read schema: %w", err)
	}
	return has, nil
}

func apply(ctx context.Context, tx pgx.Tx, n int) error {
	text, err := migrations.ReadFile(fmt.Sprintf("migrations/%04d.sql", n))
	if err != nil {
		return err
	}
	// The simple protocol takes several statements at once.
	if _, err := tx.Conn().PgConn().Exec(ctx, string(text)).ReadAll(); err != nil {
		return fmt.Errorf("step %d: %w", n, err)
	}
	return nil
}
