// Package offline is what is kept on a machine's disk and what is carried to the upstream and back.
//
// This package itself holds no code: catalog knows the items, seal the keys, wire the protocol's types, store the
// file, outbox the matters waiting, sync the line, gateway the receiving end. None of them knows a device or a screen.
package offline
