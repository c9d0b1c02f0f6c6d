// Package store declares what the gateway keeps and the contract of every engine that keeps it: bbolt in the process,
// PostgreSQL for several gateways. The suite that holds engines to the contract is package storetest.
//
// It must never know how an engine works, what a packet says inside, or how records arrive.
package store
