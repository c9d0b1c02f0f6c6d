"""rare.py BASE NOTO HANA_DIR OUT: cuts the rare characters into chunks. See rare.sh."""
import gzip
import io
import os
import sys

from fontTools import subset
from fontTools.ttLib import TTFont

# What of the sources is taken: ideographs, their parts and their compatibility forms, and signs of the same blocks.
RANGES = [(0x2E80, 0x2FDF), (0x2FF0, 0x33FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0xFE30, 0xFE4F),
          (0x20000, 0x2FA1F)]
SETBITS = 0x30000


def wanted(runes):
    return {r for r in runes if any(lo <= r <= hi for lo, hi in RANGES)}


def cut(path, runes, name, number=-1):
    """Returns the font of the given code points alone."""
    o = subset.Options()
    o.layout_features, o.hinting, o.desubroutinize = [], False, True
    o.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx", "FFTM", "gasp"]
    o.name_IDs, o.name_languages = [0, 1, 2, 3, 4, 5, 6, 13, 14], [0x409]
    o.recalc_timestamp, o.notdef_outline, o.glyph_names = False, True, False
    o.font_number = number
    f = subset.load_font(path, o)
    s = subset.Subsetter(o)
    s.populate(unicodes=sorted(runes))
    s.subset(f)
    names = {1: "Zhizhu Rare", 2: "Regular", 3: "zhizhu;" + name, 4: "Zhizhu Rare " + name, 6: "ZhizhuRare-" + name}
    for record in f["name"].names:
        if record.nameID in names:
            record.string = names[record.nameID]
    if "CFF " in f:
        cff = f["CFF "].cff
        cff.fontNames[0] = names[6]
        top = cff.topDictIndex[0]
        top.FullName, top.FamilyName = names[4], names[1]
    b = io.BytesIO()
    f.save(b, reorderTables=False)
    return b.getvalue()


def write(out, name, data):
    with open(os.path.join(out, name), "wb") as f, gzip.GzipFile("", "wb", 9, f, mtime=0) as z:
        z.write(data)


def bits(runes):
    b = bytearray(SETBITS // 8)
    for r in runes:
        b[r >> 3] |= 1 << (r & 7)
    return bytes(b)


def main(base, noto, hana, out):
    have = set(TTFont(base, lazy=True).getBestCmap())
    sans = wanted(TTFont(noto, fontNumber=2, lazy=True).getBestCmap()) - have
    write(out, "sans.otf.gz", cut(noto, sans, "Sans", 2))
    have |= sans
    mincho = set()
    for path in (os.path.join(hana, "HanaMinB.ttf"), os.path.join(hana, "HanaMinA.ttf")):
        runes = wanted(TTFont(path, lazy=True).getBestCmap()) - have
        have |= runes
        mincho |= runes
        for chunk in sorted({r >> 10 for r in runes}):
            name = "%03x" % chunk
            if os.path.exists(os.path.join(out, name + ".ttf.gz")):
                sys.exit("rare.py: both Hanazono fonts have characters for chunk " + name)
            write(out, name + ".ttf.gz", cut(path, {r for r in runes if r >> 10 == chunk}, name))
    for name, runes in (("sans", sans), ("mincho", mincho)):
        with open(os.path.join(out, name + ".set"), "wb") as f:
            f.write(bits(runes))
        print(name, len(runes))


main(*sys.argv[1:])
