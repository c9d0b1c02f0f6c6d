// Package seal is the only place that knows cryptographic algorithms: packets that only the upstream can open, records
// that only this station can open, signatures, digests and look-up hashes.
//
// It must never know what it seals, a file, a clock or a connection. Keys, randomness and bytes are handed in.
//
// # Suites
//
// Every sealed thing names its suite in its header, so that records can be re-keyed and a certified module or USB key
// can take over (see suite.go: a suite is one small interface, and a test has another one do so). Signatures name theirs
// by their first byte: 0x30, with which DER begins, is suite 1; another suite puts its id before its signatures. The one
// suite so far:
//
//	1  SM2 (GB/T 32918, public key encryption C1C3C2 and signatures with the default user id), SM3 (GB/T 32905),
//	   SM4-GCM (GB/T 32907, GB/T 36624) with 96-bit nonces and 128-bit tags; github.com/emmansun/gmsm in software
//
// This is conformance of the algorithms. gmsm is not a certified module (GM/T 0028): never claim 密评 for it.
//
// # Packet, byte for byte
//
// Integers are big endian. The terminal keeps no key that opens a packet: the SM4 key exists only wrapped.
//
//	offset  bytes  what
//	0       4      magic "ZZPK"
//	4       1      layout, 1
//	5       1      suite, 1
//	6       2      h: length of the header, offset of the first byte of the ciphertext
//	8       8      recipient: first 8 bytes of SM3 over its uncompressed point (which key opens this, no secret)
//	16      ...    binding: id, terminal, item, version; each one byte of length (1 to 64; version may be 0), then UTF-8
//	...     2      w: length of the wrapped key
//	...     w      the packet's own SM4 key (16 bytes), encrypted by SM2 to the recipient
//	...     12     nonce
//	h       n+16   SM4-GCM ciphertext and tag; the additional data are the bytes 0 to h-1
//
// # Sealed record (Box), byte for byte
//
//	0       1      suite, 1
//	1       12     nonce
//	13      n+16   SM4-GCM ciphertext and tag; the additional data are "zhizhu-box-1", the suite and what the caller binds
package seal
