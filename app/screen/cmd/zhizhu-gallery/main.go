// Command zhizhu-gallery shows a view of every kind of page in the real window and writes a picture of each: to be looked
// at. It needs a display; packaging/with-display.sh gives it one.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"zhizhu/app/screen"
	"zhizhu/app/screen/gallery"
	"zhizhu/app/visit"
)

func main() {
	width := flag.Int("width", 1080, "pixels")
	height := flag.Int("height", 1920, "pixels")
	inches := flag.Float64("inches", 0, "diagonal of the panel")
	dir := flag.String("dir", "out/gallery", "where the pictures go")
	only := flag.String("only", "", "names to show, with commas between; all if empty")
	stay := flag.Bool("stay", false, "take no pictures; keep the window open, each touch of a control shows the next page")
	rounds := flag.Int("rounds", 0, "take no pictures; show everything so often, wipe after each round, print the memory")
	flag.Parse()
	if err := run(*width, *height, *inches, *dir, *only, *stay, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "zhizhu-gallery:", err)
		os.Exit(1)
	}
}

func run(width, height int, inches float64, dir, only string, stay bool, rounds int) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make folder of pictures: %w", err)
	}
	taps := make(chan visit.Event, 64)
	s := screen.New(screen.Options{
		Title: "zhizhu gallery", Width: width, Height: height, Inches: inches, Now: time.Now,
		Log:  slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Post: func(e visit.Event) { taps <- e },
	})
	failed := make(chan error, 1)
	go func() {
		if rounds > 0 {
			failed <- soak(s, rounds)
		} else {
			failed <- show(s, taps, dir, only, stay)
		}
		s.Quit()
	}()
	s.Run()
	return <-failed
}

func show(s *screen.Screen, taps <-chan visit.Event, dir, only string, stay bool) error {
	var views []visit.View
	for _, n := range gallery.Views() {
		if only != "" && !slices.Contains(strings.Split(only, ","), n.Name) {
			continue
		}
		views = append(views, n.View)
		s.Show(n.View)
		if err := waitFor(s, n.View); err != nil {
			return fmt.Errorf("show %s: %w", n.Name, err)
		}
		if stay {
			continue
		}
		if err := s.Shot(filepath.Join(dir, n.Name+".png")); err != nil {
			return err
		}
	}
	for at := 0; stay && len(views) > 0; {
		if _, touched := (<-taps).(visit.Touch); !touched {
			at = (at + 1) % len(views)
			s.Show(views[at])
		}
	}
	return nil
}

// soak shows every view again and again, as visits would, and prints how much memory is in use.
func soak(s *screen.Screen, rounds int) error {
	for i := range rounds {
		begun := time.Now()
		for _, n := range gallery.Views() {
			s.Show(n.View)
			if err := waitFor(s, n.View); err != nil {
				return fmt.Errorf("show %s: %w", n.Name, err)
			}
		}
		shown := time.Since(begun)
		begun = time.Now()
		if err := s.Wipe(context.Background()); err != nil {
			return err
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		status, err := os.ReadFile("/proc/self/status")
		if err != nil {
			return fmt.Errorf("read memory: %w", err)
		}
		rss := regexp.MustCompile(`VmRSS:\s+(\d+)`).FindSubmatch(status)
		_, err = fmt.Fprintf(os.Stdout, "round %3d  heap %5.1f MB  rss %s kB  views %v  wipe %v\n",
			i+1, float64(m.HeapAlloc)/1e6, rss[1], shown.Round(time.Millisecond), time.Since(begun).Round(time.Millisecond))
		if err != nil {
			return fmt.Errorf("print memory: %w", err)
		}
	}
	return nil
}

func waitFor(s *screen.Screen, want visit.View) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return s.WaitView(ctx, func(v visit.View) bool { return v.Title == want.Title && v.Guided == want.Guided })
}
