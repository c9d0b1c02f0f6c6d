#!/bin/sh
# Makes sample.otf, the small font of the tests, from Debian's fonts-noto-cjk (OFL 1.1, see OFL.txt).
# Needs: apt-get install fonts-noto-cjk python3-fonttools
set -eu
cd "$(dirname "$0")"
SOURCE_DATE_EPOCH=0 pyftsubset /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc --font-number=2 \
	--text-file=sample.txt --unicodes=U+0020-007E --output-file=sample.otf \
	--no-hinting --desubroutinize --layout-features= --drop-tables+=vhea,vmtx,VORG,GSUB,GPOS,BASE,DSIG \
	--notdef-outline --no-recalc-timestamp
