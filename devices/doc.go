// Package devices holds the values that the three serial devices of a machine yield and take: a [Card], a [Scan],
// a [Document] to print, a [Status], and the error kinds that tell one trouble from another.
//
// It knows no port, no driver and no screen. Drivers lie in its sub-packages; the rooms of app know these values only.
package devices
