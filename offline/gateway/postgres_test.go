package gateway_test

import (
	"errors"
	"net/http"
	"sync"
	"testing"

	"zhizhu/offline/gateway"
	"zhizhu/offline/gateway/postgres/pgtest"
	"zhizhu/offline/wire"
)

// TestOnPostgres runs what leans most on the store on a server of its own. (The contract itself is held by storetest.)
func TestOnPostgres(t *testing.T) {
	db := pgtest.New(t)
	t.Run("ForeignKeys", func(t *testing.T) { testForeignKeys(t, db) })
	t.Run("StopsInTheMiddle", func(t *testing.T) { testStopsInTheMiddle(t, db) })
	for name, test := range map[string]func(*testing.T){
		"MatterArrivesOnceAndOpens": TestMatterArrivesOnceAndOpens, "OtherContentUnderSameIDConflicts": TestOtherContentUnderSameIDConflicts,
		"LostAnswer": TestLostAnswer, "BlobComesInPieces": TestBlobComesInPieces, "BlobRefused": TestBlobRefused,
		"BlobBegunWrong": TestBlobBegunWrong, "BlobFromTwoAtOnce": TestBlobFromTwoAtOnce,
		"LetterReachesTheStation": TestLetterReachesTheStation, "LettersExpire": TestLettersExpire, "MailComesInPages": TestMailComesInPages,
		"LettersThatAreNone": TestLettersThatAreNone, "Renewal": TestRenewal, "WithoutPostKey": TestWithoutPostKey,
		"AuditChainThatWentBack": TestAuditChainThatWentBack, "EventArrives": TestEventArrives, "Sticks": TestSticks,
		"MatterIsHandedOn": TestMatterIsHandedOn, "MatterWaitsForItsAttachments": TestMatterWaitsForItsAttachments,
		"PlatformAway": TestPlatformAway, "RefusedCaseIsSetAside": TestRefusedCaseIsSetAside, "TwoGatewaysHandOnOnce": TestTwoGatewaysHandOnOnce,
		"AnswersBecomeLetters": TestAnswersBecomeLetters, "ContentGoesOnceItIsHandedOn": TestContentGoesOnceItIsHandedOn,
		"Metrics": TestMetricsOnTheInsideOnly, "OpenAPI": TestOpenAPI, "CodeExpires": TestCodeExpires, "GuessingIsLimited": TestGuessingIsLimited,
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(engineVar, db.DSN(t))
			test(t)
		})
	}
}

// testStopsInTheMiddle of a drain through two gateways on one database: all goes on, nothing is lost or twice.
func testStopsInTheMiddle(t *testing.T, db *pgtest.Server) {
	t.Setenv(engineVar, db.DSN(t))
	dir := t.TempDir()
	one := serve(t, dir, nil)
	other := second(t, dir, one)
	m := one.enrol("MX0427")
	const matters = 120
	var mu sync.Mutex
	stored, half := 0, make(chan struct{})
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			for i := n; i < matters; i += 4 {
				sent := m.matter()
				packet := m.packMatter(t, sent)
				for tries := 0; ; tries++ { // as a terminal does: the same again, now here, now there
					r := []*rig{one, other}[(i+tries)%2]
					got, err := r.do(m.client, r.putRequest(m, wire.LaneMatters, sent.ID, packet))
					if err == nil && got.status/100 == 2 {
						break
					}
					if err == nil && got.status != http.StatusServiceUnavailable {
						t.Errorf("%d %s", got.status, got.body)
						return
					}
				}
				mu.Lock()
				if stored++; stored == matters/2 {
					close(half)
				}
				mu.Unlock()
			}
		})
	}
	<-half
	db.Stop(t)
	db.Start(t)
	all.Wait()
	if n := len(one.matters()); n != matters {
		t.Fatalf("%d of %d", n, matters)
	}
	c, d := one.Counts(), other.Counts()
	t.Logf("stored %d and %d, again %d and %d, refused %d and %d", c.Stored[wire.LaneMatters], d.Stored[wire.LaneMatters],
		c.Again[wire.LaneMatters], d.Again[wire.LaneMatters], c.Refused[wire.ProblemStorage], d.Refused[wire.ProblemStorage])
}

// second serves a copy of a gateway's keys on the same database.
func second(t *testing.T, dir string, one *rig) *rig {
	t.Helper()
	copied := t.TempDir()
	copyKeys(t, dir, copied)
	other := serve(t, copied, nil)
	other.clock = one.clock
	return other
}

// testForeignKeys must not serve: terminals would be told of keys that are not the store's.
func testForeignKeys(t *testing.T, db *pgtest.Server) {
	t.Setenv(engineVar, db.DSN(t))
	dir := t.TempDir()
	r := serve(t, dir, nil)
	r.enrol("MX0427")
	o := options(t.TempDir())
	o.Store = openEngine(t, o.Dir)
	if _, err := gateway.Open(o); err == nil {
		t.Fatal("new keys were made for a database that is in use")
	}
	foreign := t.TempDir()
	g, err := gateway.Open(options(foreign))
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	o = options(foreign)
	o.Store = openEngine(t, foreign)
	if g, err = gateway.Open(o); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = g.Close() }()
	if err := g.CheckKeys(t.Context()); !errors.Is(err, gateway.ErrKeys) {
		t.Fatalf("foreign keys: %v", err)
	}
}
