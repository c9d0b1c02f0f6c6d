package visit

import "log/slog"

// What holds personal data keeps it out of logs and of %v, whoever prints it.

// LogValue keeps a visit's content out of logs.
func (s State) LogValue() slog.Value { return slog.StringValue("state " + s.step.String()) }

// String keeps a visit's content out of %v.
func (s State) String() string { return "state " + s.step.String() }

// LogValue keeps what is on the screen out of logs.
func (v View) LogValue() slog.Value { return slog.StringValue("view " + v.Step.String()) }

// String keeps what is on the screen out of %v.
func (v View) String() string { return "view " + v.Step.String() }

// LogValue keeps a sheet out of logs.
func (d Draft) LogValue() slog.Value { return slog.StringValue("draft(redacted)") }

// String keeps a sheet out of %v.
func (d Draft) String() string { return "draft(redacted)" }

// LogValue keeps an answer out of logs.
func (a Answer) LogValue() slog.Value { return slog.StringValue("answer to " + a.Field) }

// String keeps an answer out of %v.
func (a Answer) String() string { return "answer to " + a.Field }

// LogValue keeps a person's number out of logs.
func (f FindRecords) LogValue() slog.Value { return slog.StringValue("look-up(redacted)") }

// String keeps a person's number out of %v.
func (f FindRecords) String() string { return "look-up(redacted)" }
