#!/usr/bin/env bash
# make fuzz: every fuzz test of the tree, one after the other, for the time given.
set -euo pipefail
cd "$(dirname "$0")/.."
tags=$1 time=$2

grep -rlE '^func Fuzz' --include='*_test.go' . | while read -r file; do
	dir=$(dirname "$file")
	sed -nE 's/^func (Fuzz[A-Za-z0-9_]*)\(.*/\1/p' "$file" | while read -r name; do
		echo "== $dir $name"
		go test -tags "$tags" -run '^$' -fuzz "^$name\$" -fuzztime "$time" "$dir" </dev/null
	done
done
