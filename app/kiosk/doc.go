// Package kiosk runs visits: one goroutine takes events in, calls visit.Next, shows the View and carries the effects
// out through the small interfaces declared here. It knows devices' and offline's value types, never a driver, a
// store or Fyne.
package kiosk
