package postgres

import (
	"testing"

	"zhizhu/offline/gateway/postgres/pgtest"
	"zhizhu/offline/gateway/store"
	"zhizhu/offline/gateway/storetest"
)

func TestWithServer(t *testing.T) {
	server := pgtest.New(t)
	t.Run("contract", func(t *testing.T) { testContract(t, server) })
	t.Run("many open at once", func(t *testing.T) { testManyOpenAtOnce(t, server) })
	t.Run("open refuses", func(t *testing.T) { testOpenRefuses(t, server) })
	t.Run("unsafe server", func(t *testing.T) { testUnsafeServer(t, server) })
}

func testContract(t *testing.T, server *pgtest.Server) {
	storetest.Run(t, func(t *testing.T) storetest.Place {
		dsn := server.DSN(t)
		return storetest.Place{
			Open:   func() (store.Store, error) { return Open(t.Context(), Options{DSN: dsn}) },
			Shared: true,
		}
	})
}
