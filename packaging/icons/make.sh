#!/bin/sh
# make.sh [OUTDIR]: fetches Lucide's icons (npm lucide-static, ISC) and writes the ones of list.txt in a form that Fyne's SVG
# renderer draws rightly: it knows no short-hand curves, repeated arcs or rounded rectangles, so every shape becomes a
# path of absolute M, L, C and Z. card-on-reader.svg is zhizhu's own and goes the same way.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../assets/icons}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
command -v npm >/dev/null || { echo "make.sh: needs npm; run: apt-get install npm" >&2; exit 1; }
cd "$work"
for p in lucide-static@1.62.0 svgpath@2.6.0; do
	npm pack --silent "$p" >/dev/null
	mkdir -p "${p%@*}"
	tar xzf "${p%@*}"-*.tgz -C "${p%@*}" --strip-components=1
done
mkdir -p "$out"
rm -f "$out"/*.svg
cp lucide-static/LICENSE "$out/LICENSE"
SVGPATH="$work/svgpath" node "$here/flatten.cjs" "$out" "$here/card-on-reader.svg" \
	$(sed "s|.*|$work/lucide-static/icons/&.svg|" "$here/list.txt")
