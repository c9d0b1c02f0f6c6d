package system

import (
	"context"
	"strings"
	"testing"
	"time"

	"zhizhu/app/health"
	"zhizhu/app/pilot"
	"zhizhu/app/visit"
	"zhizhu/offline/wire"
)

// TestReplyReachesItsPersonAtTheNextCardTap: over TLS and disk, what the office says is on the screen when the card is laid
// again, and the gateway learns that it was shown.
func TestReplyReachesItsPersonAtTheNextCardTap(t *testing.T) {
	cfg, dir := benchConfig(t)
	b := startBench(t, cfg, dir)
	b.await(t, "the machine", func(_ health.Facts, r health.Report) bool { return r.CanRead && r.CanLodge && r.Online })
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	play := func(script string) {
		t.Helper()
		commands, err := pilot.Parse("script", strings.NewReader(script))
		if err == nil {
			err = b.runner().Run(ctx, commands)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	served, err := b.runner().Serve(ctx, "old-allowance", 3)
	if err != nil {
		t.Fatal(err)
	}
	b.await(t, "the gateway's receipt", func(f health.Facts, _ health.Report) bool { return f.Acknowledged > 0 })
	sent, err := b.sim.gateway.Send(ctx, wire.Letter{
		Kind: wire.LetterCorrection, Number: served.Number, Office: "雁洋镇民政办", Missing: []string{"户口簿首页", "银行卡正面"}, Due: "2026-12-07",
	})
	if err != nil || len(sent.Terminals) != 1 {
		t.Fatalf("letter: %+v, %v", sent, err)
	}
	// The mailbox is looked into whenever something went up.
	if _, err := b.runner().Serve(ctx, "fb-cannot-do", 3); err != nil {
		t.Fatal(err)
	}
	for {
		letters, err := b.rooms.Load().mail.Find(ctx, "", served.Number)
		if err != nil {
			t.Fatal(err)
		}
		if len(letters) == 1 {
			break
		}
	}
	play("tap 点这里开始\nwait home\ntap 查进度\nwait progress\ncard " + served.Persona + "\nexpect 要补材料\nexpect 1. 户口簿首页\nexpect 2. 银行卡正面\nexpect " + hereTime(time.Now()).Format(time.DateOnly) + "\n")
	if v, _ := b.window.now(); v.Step != visit.Progress {
		t.Errorf("the page is %s", v.Step)
	}
	for { // until the report has reached the gateway, which then holds nothing for this machine
		posts, err := b.sim.gateway.Mail(ctx, b.identity.Load().Terminal, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(posts) == 0 {
			return
		}
	}
}
