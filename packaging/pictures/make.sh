#!/usr/bin/env bash
# Makes the README's picture from the real screens and the receipt that `make run` (without a display) has just made.
# Needs imagemagick.
set -euo pipefail
cd "$(dirname "$0")/../.."
shots=out/run/shots
[ -e "$shots/12-receipt.png" ] || {
	echo "no screens under out/run: run DISPLAY= make run first" >&2
	exit 1
}
convert out/run/receipts/0001.png -trim +repage -bordercolor white -border 24 -resize 440x940 -background '#d5dae3' -gravity center -extent 470x960 out/run/slip.png
convert "$shots/02-home.png" "$shots/06-identify.png" "$shots/07-question.png" "$shots/12-receipt.png" -resize x960 -bordercolor '#d5dae3' -border 8 out/run/slip.png -gravity center +append -strip packaging/pictures/visit.png
