#!/usr/bin/env bash
# make shots: pictures of a whole visit, normal and guided, on each size of screen, into out/shots/SIZE.
set -euo pipefail
cd "$(dirname "$0")/.."

rm -rf out/shots
for size in 1080x1920 1920x1080 1280x800; do
	out=out/shots/$size
	mkdir -p "$out"
	for script in resident guided forgotten-card; do
		packaging/with-display.sh --size "$size" bin/zhizhu run --sim --data "$out/data" --out "$out" \
			--pilot "packaging/pilot/$script.pilot" 2>"$out/$script.log" || {
			code=$?
			tail -n 5 "$out/$script.log" >&2
			exit "$code"
		}
	done
	echo "$out: $(find "$out" -name '*.png' -not -path '*/receipts/*' | wc -l) pictures"
done
