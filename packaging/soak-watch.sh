#!/usr/bin/env bash
# Runs a program and writes its memory beside the number of visits it has served, as its log tells them.
#
#   packaging/soak-watch.sh OUT VISITS COMMAND...
set -euo pipefail
out=$1 visits=$2
shift 2

"$@" 2>"$out/log" &
child=$!
trap 'kill "$child" 2>/dev/null || true' EXIT

pss() { awk '/^Pss:/ { print int($2 / 1024) }' "/proc/$child/smaps_rollup" 2>/dev/null || true; }
early='' last='' served=0
printf 'visits\tPSS MB\n' | tee "$out/memory.tsv"
while kill -0 "$child" 2>/dev/null; do
	now=$(grep -c 'Pilot line done' "$out/log" || true)
	if [ "$now" -ge $((served + 25)) ]; then
		served=$now
		mb=$(pss)
		[ -n "$mb" ] || break
		last=$mb
		[ "$served" -lt 100 ] || early=${early:-$mb}
		printf '%d\t%d\n' "$served" "$mb" | tee -a "$out/memory.tsv"
	fi
	sleep 1
done
code=0
wait "$child" || code=$?
trap - EXIT
if [ "$code" != 0 ]; then
	tail -n 5 "$out/log" >&2
	exit "$code"
fi
served=$(grep -c 'verb=serve' "$out/log" || true)
if [ "$served" != "$visits" ]; then
	echo "served $served of $visits visits" >&2
	exit 1
fi
if [ -z "$early" ]; then
	echo "served $visits visits: too few to tell whether memory is flat (more than 125 are needed)"
	exit 0
fi
echo "PSS after the first 100 visits: $early MB, at the end: $last MB"
if [ "$last" -gt $((early + early / 10)) ]; then
	echo "memory grows" >&2
	exit 1
fi
