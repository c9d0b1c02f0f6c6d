#!/usr/bin/env bash
# make bench: the bars, each measure beside its peer in one run. One benchmark at a time: the bars are about latency.
set -euo pipefail
cd "$(dirname "$0")/.."
tags=$1

# Lodging is measured for a second, the rest a number of times: each takes as long as its wire.
run() { go test -tags "$tags" -p 1 -run '^$' -bench "$1" -benchtime "$2" "${@:3}" || true; }

# The QR bars are beside zbar, and over pictures that are not shipped: without them their rows say what is lacking.
peer=out/bench/zbar
mkdir -p "$(dirname "$peer")"
if cc -O2 -Wall -o "$peer" packaging/bench/zbar/zbar.c -lzbar; then
	export ZBAR_PEER=$PWD/$peer
fi
codes=()
if [ -n "${ZBAR_PEER:-}" ]; then codes+=('^BenchmarkBesideZbar$'); fi
if [ -n "${ZXING_BLACKBOX:-}" ]; then codes+=('^BenchmarkBlackbox$'); fi
if [ "${#codes[@]}" = 2 ]; then codes+=('^BenchmarkBlackboxBesideZbar$'); fi

# go test's own exit code is read from its FAIL lines by the table.
{
	run Lodge "${BENCHTIME:-1s}" ./offline/outbox
	run 'Card|Receipt|Visit' "${BENCHTIMES:-15x}" ./devices/idcard ./devices/printer ./app/system
	run 'Queued' 1x ./offline/outbox
	run 'MillionIDs' 1x ./offline/gateway/bolt
	run '^BenchmarkPut$/senders=64' "${BENCHTIME:-1s}" ./offline/gateway/bolt
	run '^BenchmarkPut$/gateways=1/senders=64' "${BENCHTIME:-1s}" ./offline/gateway/postgres
	run 'Drain' 1x ./offline/sync
	run '^BenchmarkReceive$' "${BENCHTIME:-1s}" ./offline/gateway
	for code in "${codes[@]}"; do run "$code" 1x ./devices/qr; done
} | go run ./packaging/bench
