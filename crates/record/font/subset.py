#!/usr/bin/env python3
"""Makes NotoSansSC-Subset.otf from Debian's fonts-noto-cjk; see README.md.

    python3 subset.py NotoSansCJK-Regular.ttc NotoSansSC-Subset.otf
"""
import bz2
import glob
import re
import subprocess
import sys
import tempfile

MARKS = "–—‘’“”…•※〇¥￥€£℃√×÷±≤≥≠‹›《》〈〉「」【】〔〕①②③④⑤⑥⑦⑧⑨⑩☐☑✓✗→←↑↓□■●○▲△"


def gb2312():
    for row in range(0xA1, 0xFE):
        for column in range(0xA1, 0xFF):
            try:
                yield ord(bytes([row, column]).decode("gb2312"))
            except UnicodeDecodeError:
                pass  # not assigned


def general_standard():
    """通用规范汉字表, 8,105 characters, from Unihan (Debian unicode-data): names need them."""
    for path in glob.glob("/usr/share/unicode/Unihan_*.bz2"):
        with bz2.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                found = re.match(r"U\+([0-9A-F]+)\tkTGH\t", line)
                if found:
                    yield int(found[1], 16)


def main(source, target):
    wanted = {*range(0x20, 0x7F), *range(0xA0, 0x250), *range(0xFF01, 0xFF5F), *map(ord, MARKS)}
    wanted.update(gb2312())
    wanted.update(general_standard())
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listing:
        listing.write("".join(f"U+{character:04X}\n" for character in sorted(wanted)))
        listing.flush()
        subprocess.run(
            [
                "pyftsubset", source,
                "--font-number=2",  # Noto Sans CJK SC
                f"--unicodes-file={listing.name}",
                f"--output-file={target}",
                "--layout-features=", "--no-hinting", "--desubroutinize",
                "--drop-tables+=BASE,DSIG,GDEF,GPOS,GSUB,VORG,vhea,vmtx",
                "--name-IDs=*",
            ],
            check=True,
        )


main(*sys.argv[1:])
