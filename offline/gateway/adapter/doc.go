// Package adapter is how the gateway hands matters on to the platform that exists already (政务服务平台), and hears from
// it what became of them. Its adapters are folder (packages in a directory) and platform (a URL). The suite that holds
// them to the contract is adaptertest.
//
// An adapter knows the platform's side only. It must never know the store, the terminals, keys of packets, nor when to
// try again: the gateway decides that and calls.
package adapter
