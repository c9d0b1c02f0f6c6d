package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"zhizhu/offline/gateway/store"
)

const term = time.Hour // of the suite's codes

func terminalTests() map[string]func(*testing.T, Engine) {
	return map[string]func(*testing.T, Engine){
		"Codes":               testCodes,
		"CodeOnceAmongMany":   testCodeOnceAmongMany,
		"IssueErrorKeepsCode": testIssueError,
		"KeyKeepsItsName":     testKeyKeepsItsName,
		"Revoke":              testRevoke,
		"Terminals":           testTerminals,
		"Renew":               testRenew,
		"Heartbeats":          testHeartbeats,
	}
}

func mustAddCode(t *testing.T, s store.Store, mac, station string) {
	t.Helper()
	err := s.AddCode(t.Context(), store.Code{MAC: mac, Station: station, Made: at(0), Expires: at(0).Add(term)})
	if err != nil {
		t.Fatalf("add code: %v", err)
	}
}

func claim(mac, key string) store.Claim {
	return store.Claim{MAC: mac, Key: key, SignKey: "sign-" + key, At: at(1)}
}

func issueFor(c store.Claim) store.Issue {
	return func(station string, number int) (store.Terminal, error) {
		id := fmt.Sprintf("%s-%d", station, number)
		return store.Terminal{
			ID: id, Station: station, Number: number, Key: c.Key, SignKey: c.SignKey,
			Certificate: "certificate of " + id + " for " + c.Key, EnrolledAt: c.At,
		}, nil
	}
}

func mustRedeem(t *testing.T, s store.Store, c store.Claim) store.Terminal {
	t.Helper()
	terminal, err := s.Redeem(t.Context(), c, issueFor(c))
	if err != nil {
		t.Fatalf("redeem: %v", err)
	}
	return terminal
}

func testCodes(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	refused := func(c store.Claim, want error) {
		t.Helper()
		if _, err := s.Redeem(t.Context(), c, issueFor(c)); !errors.Is(err, want) {
			t.Fatalf("redeem: %v, want %v", err, want)
		}
	}
	refused(claim("nobody's", "key"), store.ErrCodeUnknown)
	for _, mac := range []string{"mac1", "mac2", "late"} {
		mustAddCode(t, s, mac, "MX0427")
	}
	mustAddCode(t, s, "other", "ZC0001")

	first := mustRedeem(t, s, claim("mac1", "key1"))
	if first.ID != "MX0427-1" || first.Station != "MX0427" || first.Number != 1 {
		t.Fatalf("first terminal: %+v", first)
	}
	mustAddCode(t, s, "mac1", "MX0427") // by somebody who had no answer the first time
	refused(claim("mac1", "thief's"), store.ErrCodeUsed)
	if again := mustRedeem(t, s, claim("mac1", "key1")); again.ID != first.ID || again.Certificate != first.Certificate {
		t.Fatalf("same key again: %+v", again)
	}
	// The answer may have been lost for longer than the code lives.
	longAfter := claim("mac1", "key1")
	longAfter.At, longAfter.SignKey = at(0).Add(100*term), "sign-new"
	if again := mustRedeem(t, s, longAfter); again.Certificate != first.Certificate || again.SignKey != "sign-new" {
		t.Fatalf("same key long after: %+v", again)
	}
	if kept, err := s.Terminal(t.Context(), first.ID); err != nil || kept.SignKey != "sign-new" || kept.Key != "key1" {
		t.Fatalf("kept terminal: %+v, %v", kept, err)
	}
	testCodesOfOthers(t, s, refused)
}

func testCodesOfOthers(t *testing.T, s store.Store, refused func(store.Claim, error)) {
	t.Helper()
	late := claim("late", "key3")
	late.At = at(1).Add(term)
	refused(late, store.ErrCodeExpired)
	if second := mustRedeem(t, s, claim("mac2", "key2")); second.ID != "MX0427-2" {
		t.Fatalf("second terminal: %+v", second)
	}
	if other := mustRedeem(t, s, claim("other", "key4")); other.ID != "ZC0001-1" {
		t.Fatalf("other station's terminal: %+v", other)
	}
	if _, err := s.Terminal(t.Context(), "MX0427-3"); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("unknown terminal: %v", err)
	}
}

func testCodeOnceAmongMany(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	mustAddCode(t, s, "mac", "MX0427")
	const claims = 8
	results := make([]error, claims)
	var all sync.WaitGroup
	for i := range claims {
		all.Go(func() {
			c := claim("mac", fmt.Sprintf("key%d", i))
			_, results[i] = s.Redeem(t.Context(), c, issueFor(c))
		})
	}
	all.Wait()
	won := 0
	for _, err := range results {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, store.ErrCodeUsed):
			t.Errorf("redeem: %v", err)
		}
	}
	if won != 1 {
		t.Fatalf("%d claims had the code", won)
	}
}

func testIssueError(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	mustAddCode(t, s, "mac", "MX0427")
	broken := errors.New("no signature today")
	_, err := s.Redeem(t.Context(), claim("mac", "key"), func(string, int) (store.Terminal, error) {
		return store.Terminal{}, broken
	})
	if !errors.Is(err, broken) {
		t.Fatalf("redeem: %v", err)
	}
	if terminal := mustRedeem(t, s, claim("mac", "other")); terminal.Number != 1 {
		t.Fatalf("after a failed issue: %+v", terminal)
	}
}

// testKeyKeepsItsName enrols machines again with codes of their own.
func testKeyKeepsItsName(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	for _, mac := range []string{"mac1", "mac2", "mac3", "mac4"} {
		mustAddCode(t, s, mac, "MX0427")
	}
	mustAddCode(t, s, "neighbour", "MX0427-1")
	first := mustRedeem(t, s, claim("mac1", "key1"))
	second := mustRedeem(t, s, claim("mac2", "key2"))
	c := claim("mac3", "key1")
	c.SignKey = "sign-new"
	if again := mustRedeem(t, s, c); again.ID != first.ID || again.Number != 1 || again.SignKey != "sign-new" {
		t.Fatalf("the first machine with a new code: %+v", again)
	}
	if kept, err := s.Terminal(t.Context(), first.ID); err != nil || kept.SignKey != "sign-new" {
		t.Fatalf("kept terminal: %+v, %v", kept, err)
	}
	if other := mustRedeem(t, s, claim("neighbour", "key1")); other.ID != "MX0427-1-1" || other.Station != "MX0427-1" {
		t.Fatalf("the same machine at another station: %+v", other)
	}
	if _, err := s.Redeem(t.Context(), claim("mac3", "key2"), issueFor(claim("mac3", "key2"))); !errors.Is(err, store.ErrCodeUsed) {
		t.Fatalf("the new code for another machine: %v", err)
	}
	if next := mustRedeem(t, s, claim("mac4", "key4")); next.Number != second.Number+1 {
		t.Fatalf("the next machine: %+v", next)
	}
}

func testRevoke(t *testing.T, engine Engine) {
	place := engine(t)
	s, err := place.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Revoke(t.Context(), "MX0427-1", at(2)); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("revoke nobody: %v", err)
	}
	mustAddCode(t, s, "mac1", "MX0427")
	mustAddCode(t, s, "mac2", "MX0427")
	first := mustRedeem(t, s, claim("mac1", "key1"))
	for _, second := range []int{2, 3} { // the first time counts
		if err := s.Revoke(t.Context(), first.ID, at(second)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, place)
	if kept, err := s.Terminal(t.Context(), first.ID); err != nil || !kept.RevokedAt.Equal(at(2)) || kept.Key != "key1" {
		t.Fatalf("kept terminal: %+v, %v", kept, err)
	}
	if _, err := s.Redeem(t.Context(), claim("mac1", "key1"), issueFor(claim("mac1", "key1"))); !errors.Is(err, store.ErrCodeUsed) {
		t.Fatalf("its old code: %v", err)
	}
	if next := mustRedeem(t, s, claim("mac2", "key1")); next.ID != "MX0427-2" || !next.RevokedAt.IsZero() {
		t.Fatalf("the same machine with a new code: %+v", next)
	}
}
