package sync

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"zhizhu/offline/wire"
)

func TestRetryAfterForms(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	slow := now.AddDate(-6, 0, 0) // this machine's clock
	for _, c := range []struct {
		value, date string
		now         time.Time
		want        time.Duration
	}{
		{"", "", now, 0},
		{"120", "", now, 2 * time.Minute},
		{"-5", "", now, 0},
		{"soon", "", now, 0},
		{"99999999999999", "", now, 0},
		{now.Add(time.Minute).Format(http.TimeFormat), "", now, time.Minute},
		{now.Add(-time.Minute).Format(http.TimeFormat), "", now, 0},
		{now.Add(time.Minute).Format(http.TimeFormat), now.Format(http.TimeFormat), slow, time.Minute},
	} {
		h := http.Header{}
		h.Set("Retry-After", c.value)
		h.Set("Date", c.date)
		if got := retryAfter(h, c.now); got != c.want {
			t.Errorf("%q with Date %q: %v, want %v", c.value, c.date, got, c.want)
		}
	}
}

// Only the gateway's own words set a record aside or halt the terminal, whatever a box in between answers.
func FuzzStatusFault(f *testing.F) {
	own, err := json.Marshal(wire.Problem{Type: wire.ProblemConflict, Status: 409})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(409, "application/problem+json", own)
	f.Add(409, "text/html", []byte("<html>"))
	f.Add(403, "application/problem+json", []byte(`{"type":"https://proxy.example/denied","status":403}`))
	f.Add(409, "application/problem+json", []byte(`{"type":"urn:zhizhu:id-conflict","status":200}`))
	f.Add(503, "", []byte{})
	f.Add(200, "application/json", []byte("{}"))
	f.Fuzz(func(t *testing.T, status int, kind string, body []byte) {
		h := http.Header{}
		h.Set("Content-Type", kind)
		got := statusFault(status, h, body, time.Now())
		if got == nil || got.reason == OK && !got.aside {
			t.Fatalf("status %d is no trouble: %+v", status, got)
		}
		if _, ours := readProblem(status, h, body); !ours && (got.aside || got.reason == Refused) {
			t.Fatalf("status %d of a stranger: %+v", status, got)
		}
	})
}

func TestReasonsHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for r := Unknown; r <= Unenrolled; r++ {
		if name := r.String(); name == "?" || seen[name] {
			t.Errorf("%d is named %q", int(r), name)
		}
		seen[r.String()] = true
	}
	if Reason(99).String() != "?" || Reason(-1).String() != "?" {
		t.Error("a reason that doesn't exist has a name")
	}
}
