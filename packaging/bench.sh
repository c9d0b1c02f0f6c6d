#!/usr/bin/env bash
# make bench: the bars, each measure beside its peer in one run. One benchmark at a time: the bars are about latency.
set -euo pipefail
cd "$(dirname "$0")/.."
tags=$1

# Lodging is measured for a second, the rest a number of times: each takes as long as its wire.
run() { go test -tags "$tags" -p 1 -run '^$' -bench "$1" -benchtime "$2" "${@:3}" || true; }
# go test's own exit code is read from its FAIL lines by the table.
{
	run Lodge "${BENCHTIME:-1s}" ./offline/outbox
	run 'Card|Receipt|Visit' "${BENCHTIMES:-15x}" ./devices/idcard ./devices/printer ./app/system
} | go run ./packaging/bench
