// Package secretfile writes, renames and removes small files that hold secrets, so that a power cut leaves each of them
// whole or absent, nobody but their owner reads them, and what is removed is overwritten first.
//
// It must never know what is in a file.
//
// Overwriting is honest on a hard disk with ext4 (data is not copied on write). On flash memory the controller may keep
// the old block for a while: only a key that never lay there unprotected is safe from somebody who reads the chips.
package secretfile
