#!/usr/bin/env bash
# make soak: N visits of all items in turn in the real window, on a private screen. The program's memory (PSS) is read
# from outside after the first 100 visits and at the end; it must be flat: at most 10 % more.
set -euo pipefail
cd "$(dirname "$0")/.."
visits=${1:-500}

out=out/soak
rm -rf "$out"
mkdir -p "$out"
items=()
for f in assets/catalog/items/*/*.yaml; do
	# A guide has nothing to lodge.
	if ! grep -q '^offline: guide' "$f"; then items+=("$(basename "$f" .yaml)"); fi
done
{
	echo "wait attract 60"
	for ((i = 1; i <= visits; i++)); do echo "serve ${items[i % ${#items[@]}]} $i"; done
} >"$out/soak.pilot"

packaging/with-display.sh --size 1080x1920 packaging/soak-watch.sh "$out" "$visits" \
	bin/zhizhu run --sim --data "$out/data" --out "$out" --pilot "$out/soak.pilot"
