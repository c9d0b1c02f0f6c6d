// Package storetest holds every engine to the contract of package store.
//
// It must never know an engine: one is handed in.
package storetest
