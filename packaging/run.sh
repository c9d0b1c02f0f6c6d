#!/usr/bin/env bash
# What `make run` does. With a display: opens the kiosk with built-in devices and a local gateway. Without one: serves
# one scripted resident on a private screen in memory, says where the pictures lie, and ends with 0.
#
#   packaging/run.sh [MORE ARGUMENTS OF zhizhu run]
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -n "${DISPLAY:-}" ]; then
	exec bin/zhizhu run --sim --data out/station "$@"
fi

out=out/run
rm -rf "$out"
mkdir -p "$out"
echo "No display here: a scripted resident is served on a screen in memory (packaging/pilot/resident.pilot)."
code=0
packaging/with-display.sh --size 1080x1920 \
	bin/zhizhu run --sim --data "$out/data" --out "$out" \
	--pilot packaging/pilot/resident.pilot "$@" 2>"$out/log" || code=$?
if [ "$code" != 0 ]; then
	echo "The visit failed (exit $code). The end of $out/log:" >&2
	tail -n 20 "$out/log" >&2
	exit "$code"
fi

# A served resident has a receipt on paper; a run that left none is not a good run, whatever it says.
pictures=$(find "$out" -path '*/receipts/*' -name "*.png" | sort)
if [ -z "$pictures" ]; then
	echo "The visit ended well but left no picture of a receipt under $out." >&2
	exit 1
fi
# A failed line leaves a picture of its own.
if compgen -G "$out/shots/failed-line-*" >/dev/null; then
	echo "A line of the script failed; the screen then is in $out/shots." >&2
	exit 1
fi
echo "Served. Screens:"
find "$out" -name "*.png" -not -path '*/receipts/*' | sort | sed 's/^/  /'
echo "Receipt, as it came out of the printer:"
sed 's/^/  /' <<<"$pictures"
echo "Log: $out/log"
