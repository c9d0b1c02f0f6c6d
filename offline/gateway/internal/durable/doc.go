// Package durable writes files that are whole after a power cut: either the old one or the new one, never a torn one.
//
// It must never know what is in a file.
package durable
