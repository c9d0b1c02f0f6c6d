package main

import (
	"fmt"
	"io"

	"zhizhu/devices/sim"
)

type personasCmd struct{}

// Run is kong's.
func (personasCmd) Run(stdout io.Writer) error {
	for _, p := range sim.Personas() {
		if _, err := fmt.Fprintf(stdout, "%-16s %c  %s\n", p.ID, p.Card.Type, p.Name); err != nil {
			return fmt.Errorf("list personas: %w", err)
		}
	}
	return nil
}
