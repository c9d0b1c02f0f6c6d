#!/bin/sh
# subset.sh [OUTDIR]: makes the bundled fonts from Debian's fonts-noto-cjk (Noto Sans CJK 2.004, the SC face).
# Needs: apt-get install fonts-noto-cjk fonttools. The same input and fonttools give the same bytes; SHA256SUMS records them.
#
# The family is renamed to "Zhizhu Sans": the SIL Open Font License asks modified versions only to avoid reserved names,
# and Noto reserves none, but a subset that calls itself Noto would hide the real Noto on a machine that has both.
# Layout features, hints and vertical metrics go: the program sets horizontal text at sizes where hints do nothing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../assets/fonts}
src=/usr/share/fonts/opentype/noto
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=1577836800 PYTHONHASHSEED=0

if ! command -v pyftsubset >/dev/null || [ ! -f "$src/NotoSansCJK-Regular.ttc" ]; then
	echo "subset.sh: needs fonts-noto-cjk and fonttools; run: apt-get install fonts-noto-cjk fonttools" >&2
	exit 1
fi
grep -hv '^#' "$here/ranges.txt" "$here/level2-extra.txt" >"$work/unicodes"

mkdir -p "$out"
for weight in Regular Bold; do
	pyftsubset "$src/NotoSansCJK-$weight.ttc" --font-number=2 --unicodes-file="$work/unicodes" \
		--output-file="$work/$weight.otf" --layout-features='' --no-hinting --desubroutinize \
		--drop-tables+=GSUB,GPOS,GDEF,BASE,VORG,vhea,vmtx --name-IDs='1,2,3,4,5,6,0,13,14' --name-languages=0x409 \
		--no-recalc-timestamp --notdef-outline
	/usr/bin/python3 - "$work/$weight.otf" "$out/ZhizhuSans-$weight.otf" "$weight" <<'PY'
import sys
from fontTools.ttLib import TTFont
src, dst, weight = sys.argv[1:]
f = TTFont(src, recalcTimestamp=False)
ps = "ZhizhuSans-" + weight
names = {1: "Zhizhu Sans", 2: weight, 3: "2.004;zhizhu;" + ps, 4: "Zhizhu Sans " + weight, 6: ps}
for record in f["name"].names:
    if record.nameID in names:
        record.string = names[record.nameID]
cff = f["CFF "].cff
cff.fontNames[0] = ps
top = cff.topDictIndex[0]
top.FullName, top.FamilyName = names[4], names[1]
f.save(dst)
PY
done
(cd "$out" && sha256sum ZhizhuSans-Regular.otf ZhizhuSans-Bold.otf >SHA256SUMS && ls -l ./*.otf)
