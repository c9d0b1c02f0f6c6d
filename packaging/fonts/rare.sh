#!/bin/sh
# rare.sh [OUTDIR]: makes assets/fonts/rare, the characters that the bundled font lacks and that stand in names and addresses
# all the same: the ideographs of CJK Extensions B to F, compatibility ideographs, radicals, strokes. From Debian's
# fonts-noto-cjk (sans, like the bundled font, but only some 2,000 of them) and fonts-hanazono (Mincho, all the rest).
# Needs: apt-get install fonts-noto-cjk fonts-hanazono fonttools. The same input, fonttools and zlib give the same bytes;
# SHA256SUMS records them.
#
# The fonts are chunks, so that a machine holds in memory what a name needs and not 30 MB: one of the sans characters, and
# one for each 1024 code points of the others, named by their upper bits. No character is in two of them. *.set says what is where: a bit a
# code point from U+0000 on, the lowest bit first.
# They are renamed to "Zhizhu Rare": the licence of Noto reserves no name, that of Hanazono does.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../assets/fonts/rare}
noto=/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc
hana=/usr/share/fonts/truetype/hanazono
export SOURCE_DATE_EPOCH=1577836800 PYTHONHASHSEED=0

if [ ! -f "$noto" ] || [ ! -f "$hana/HanaMinB.ttf" ] || ! /usr/bin/python3 -c 'import fontTools' 2>/dev/null; then
	echo "rare.sh: needs fonts; run: apt-get install fonts-noto-cjk fonts-hanazono fonttools" >&2
	exit 1
fi
mkdir -p "$out"
rm -f "$out"/*.gz "$out"/*.set
/usr/bin/python3 "$here/rare.py" "$here/../../assets/fonts/ZhizhuSans-Regular.otf" "$noto" "$hana" "$out"
(cd "$out" && sha256sum -- *.gz *.set >SHA256SUMS && du -ch -- *.gz | tail -1)
