package kiosk

// switcher carries the newest of two states to a device that may be slow, in a goroutine of its own.
type switcher struct {
	want chan bool
	done chan struct{}
}

func newSwitcher(apply func(on bool)) *switcher {
	s := &switcher{want: make(chan bool, 1), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		for on := range s.want {
			apply(on)
		}
	}()
	return s
}

// set asks for a state; one that was not taken up yet gives way. Only one goroutine sets.
func (s *switcher) set(on bool) {
	select {
	case <-s.want:
	default:
	}
	s.want <- on
}

// close waits until the last state is applied.
func (s *switcher) close() {
	close(s.want)
	<-s.done
}
