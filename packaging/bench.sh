#!/usr/bin/env bash
# make bench: the bars, each measure beside its peer in one run. One benchmark at a time: the bars are about latency.
set -euo pipefail
cd "$(dirname "$0")/.."
tags=$1

packages=()
for p in ./offline/outbox ./devices/idcard ./devices/printer ./app/system; do
	if grep -qs '^func Benchmark' "$p"/*_test.go; then packages+=("$p"); fi
done
# go test's own exit code is read from its FAIL lines by the table.
{ go test -tags "$tags" -p 1 -run '^$' -bench 'Lodge|Card|Receipt|Visit' -benchtime "${BENCHTIME:-1s}" "${packages[@]}" || true; } |
	go run ./packaging/bench
