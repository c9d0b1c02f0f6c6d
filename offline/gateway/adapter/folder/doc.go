// Package folder hands cases on as packages in a directory that another system reads (a share, a sync job, an archive
// intake), and takes answers from it.
//
// It must never know the store, the terminals, or when to try again.
//
// # What lies there
//
//	<id>/                 one package (单套归档) a case; it appears whole, with one rename
//	  matter.json         what the terminal sealed, byte for byte; rating.json in the package of a rating
//	  01-<material>.jpg   the attachments, in the order of the matter
//	  package.json        format, lane, id, terminal, times, digest of the sealed packet, list of the files
//	  digests.sm3         SM3 of each of the files above: 64 hex digits, two blanks, name, line feed
//	  digests.sig         SM2 signature over digests.sm3 by the gateway: ASN.1 DER, user id 1234567812345678
//	answers/*.json        answers, one letter a file; write under another name (.x or x.tmp) and rename
//	answers/done/         those that were taken
//	answers/refused/      those that can't be, each with <name>.reason.txt
//
// A package may be taken away once it is there. It may come again with the same id and the same bytes (the signature
// aside) if the gateway was cut off before it could note it: who takes it must know ids it has had.
//
// An answer's "id" is how it is known again; without one, a digest of the file is. Two answers of one id go out once.
package folder
