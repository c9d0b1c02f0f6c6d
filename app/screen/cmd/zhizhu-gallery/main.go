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
	only := flag.String("only", "", "part of the names to show")
	stay := flag.Bool("stay", false, "keep the last page open, tap to change between it and the first")
	flag.Parse()
	if err := run(*width, *height, *inches, *dir, *only, *stay); err != nil {
		fmt.Fprintln(os.Stderr, "zhizhu-gallery:", err)
		os.Exit(1)
	}
}

func run(width, height int, inches float64, dir, only string, stay bool) error {
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
		failed <- show(s, taps, dir, only, stay)
		s.Quit()
	}()
	s.Run()
	return <-failed
}

func show(s *screen.Screen, taps <-chan visit.Event, dir, only string, stay bool) error {
	var views []visit.View
	for _, n := range gallery.Views() {
		if !strings.Contains(n.Name, only) {
			continue
		}
		views = append(views, n.View)
		s.Show(n.View)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		err := s.WaitView(ctx, func(v visit.View) bool { return v.Title == n.View.Title && v.Guided == n.View.Guided })
		cancel()
		if err != nil {
			return fmt.Errorf("show %s: %w", n.Name, err)
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
