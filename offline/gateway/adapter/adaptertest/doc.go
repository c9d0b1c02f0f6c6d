// Package adaptertest is the suite that holds adapters to the contract of adapter.Adapter.
//
// It must never know how an adapter reaches its platform: that is what Platform is for.
package adaptertest
