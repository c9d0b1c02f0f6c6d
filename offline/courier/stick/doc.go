// Package stick is how a courier's USB stick is laid out, and how it is written so that it may be pulled out, be full or
// lose its power at any moment: what both ends of the way share.
//
// It must never know an outbox, a mailbox or a gateway, nor what a packet holds. A stick that anybody finds reveals
// nothing: packets are sealed, and manifests hold ids, digests and sizes.
//
// # Layout
//
//	DIR/zhizhu-courier/
//	  catalogue/                     reserved: a signed bundle of the catalogue, for all terminals
//	  MX0427-1/                      one folder a terminal, by its id
//	    to-gateway/
//	      export-00000007.manifest   what the terminal sends, signed by it
//	      3f0c9a….pack               packets, one after the other, nothing between them
//	    to-terminal/
//	      answer-00000003.manifest   acknowledgements and post, signed by the gateway
//	      b81d22….pack
//
// Sticks come with vfat: names are lower case ASCII without colons and longer than 8.3 (but for the terminal's, which is
// compared without regard to case), no permissions, no links. A folder of vfat holds some nine thousand such names, and
// each file takes a whole cluster: so records lie together in packs of a few megabytes.
//
// # Writing
//
// Packs are written and synced under names that never were; nobody reads what no manifest names. Then the manifest, with a
// serial over all that are there, is written under another name, synced, renamed, and the folder synced. Only then what is
// older goes. So at each moment there is one whole manifest with all of its packs: the new one or the one before.
//
// # Manifest
//
//	zhizhu-courier-1 export 1234 <public key, hex> <signature, hex>\n
//	{ ... }                          1234 bytes of JSON
//
// The signature covers "zhizhu-courier-1\nexport\n" and the JSON. Whose it must be, the reader knows; the key in the first
// line only tells a stick of others from one that was altered.
package stick
