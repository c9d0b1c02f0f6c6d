package system

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/thejerf/suture/v4"
)

// stopTimeout is how long a service may take to stop before the tree goes on without it.
const stopTimeout = 10 * time.Second

// newTree returns a supervisor that tells what happens to its services through log.
func newTree(name string, log *slog.Logger) *suture.Supervisor {
	return suture.New(name, suture.Spec{
		EventHook:      eventHook(log),
		Timeout:        stopTimeout,
		FailureBackoff: 2 * time.Second,
		// A panic in one room restarts that room; the others go on serving.
		PassThroughPanics: false,
	})
}

func eventHook(log *slog.Logger) suture.EventHook {
	return func(e suture.Event) {
		switch e := e.(type) {
		case suture.EventServicePanic:
			// The panic's own words may hold anything, a resident's data too: only where it happened is told.
			log.Error("Service panicked", slog.String("service", e.ServiceName))
		case suture.EventServiceTerminate:
			if err, _ := e.Err.(error); !errors.Is(err, context.Canceled) {
				log.Warn("Service ended", slog.String("service", e.ServiceName), slog.Any("error", err))
			}
		case suture.EventStopTimeout:
			log.Warn("Service does not stop", slog.String("service", e.ServiceName))
		case suture.EventBackoff:
			log.Warn("Services fail too often, resting", slog.String("supervisor", e.SupervisorName))
		case suture.EventResume:
			log.Info("Services go on", slog.String("supervisor", e.SupervisorName))
		}
	}
}

// service names a function for the tree. A network time-out is context.DeadlineExceeded to the errors package, which
// suture would take for "stop me": unless our own ctx has ended, it is told as an ordinary failure.
type service struct {
	name  string
	serve func(ctx context.Context) error
}

func (s service) String() string { return s.name }

func (s service) Serve(ctx context.Context) error {
	err := s.serve(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return errors.New(err.Error())
	}
	return err
}
