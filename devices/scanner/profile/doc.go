// Package profile holds what is known of the makers' serial scanners, as data: their usual speed, how they are told to
// read and to stop, and what of it nobody has verified yet (protocols.md B). Every frame in the data is checked when it
// is loaded, so that a slip of the pen is found on the desk and not in a village.
//
// It knows frames and no line: when something is sent is the driver's affair.
package profile
