"""From bytes to text, whatever the label says.

Python knows codecs that are no charsets (compression, host names), some of them slow. So a label
is looked up here first.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable

_FALLBACK = "cp1252"
# Seven bits that mean nothing without their label.
_ESCAPING = frozenset({"iso2022_jp_2", "iso2022_kr", "hz", "utf_7"})
_KNOWN = {
    "utf_8": "utf8 utf-8 unicode-1-1-utf-8 utf8mb4",
    "cp1252": "us-ascii ascii ansi_x3.4-1968 iso-8859-1 iso8859-1 latin1 latin-1 windows-1252"
    " cp1252 x-ansi",
    "iso8859_2": "iso-8859-2 iso8859-2 latin2 latin-2",
    "iso8859_3": "iso-8859-3",
    "iso8859_4": "iso-8859-4",
    "iso8859_5": "iso-8859-5",
    "iso8859_6": "iso-8859-6",
    "iso8859_7": "iso-8859-7",
    "iso8859_8": "iso-8859-8 iso-8859-8-i",
    "cp1254": "iso-8859-9 latin5 windows-1254 cp1254",
    "iso8859_10": "iso-8859-10",
    "iso8859_13": "iso-8859-13",
    "iso8859_14": "iso-8859-14",
    "iso8859_15": "iso-8859-15 latin9 latin-9",
    "iso8859_16": "iso-8859-16",
    "cp1250": "windows-1250 cp1250",
    "cp1251": "windows-1251 cp1251",
    "cp1253": "windows-1253 cp1253",
    "cp1255": "windows-1255 cp1255",
    "cp1256": "windows-1256 cp1256",
    "cp1257": "windows-1257 cp1257",
    "cp1258": "windows-1258 cp1258",
    "cp437": "cp437 ibm437",
    "cp850": "cp850 ibm850",
    "cp852": "cp852 ibm852",
    "cp866": "cp866 ibm866",
    "koi8_r": "koi8-r",
    "koi8_u": "koi8-u",
    "mac_roman": "macintosh x-mac-roman",
    "cp874": "tis-620 windows-874 cp874 iso-8859-11",
    "gb18030": "gb2312 gb_2312-80 gbk gb18030 cp936 x-gbk",
    "hz": "hz-gb-2312 hz",
    "big5hkscs": "big5 big5-hkscs cn-big5 x-x-big5",
    "euc_jis_2004": "euc-jp x-euc-jp",
    "cp932": "shift_jis shift-jis sjis x-sjis ms_kanji windows-31j cp932",
    "iso2022_jp_2": "iso-2022-jp iso-2022-jp-1 iso-2022-jp-2",
    "cp949": "euc-kr ks_c_5601-1987 ks_c_5601 cp949 ksc5601",
    "iso2022_kr": "iso-2022-kr",
    "utf_7": "utf-7 unicode-1-1-utf-7",
}
_CODECS = {label: codec for codec, labels in _KNOWN.items() for label in labels.split()}


def decode(raw: bytes, label: str) -> str:
    """The text of some bytes. UTF-8 wins over the label wherever the bytes prove it."""
    codec = _CODECS.get(label.strip(" \"'").casefold())
    if raw.isascii():
        if codec in _ESCAPING:
            return raw.decode(codec, "replace")
        return raw.decode("ascii")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        if codec is None or codec == "utf_8":
            # One broken sign in a long text of UTF-8 is a cut, not another charset.
            replaced = raw.decode("utf-8", "replace")
            if replaced.count("\ufffd") * 10 < sum(not sign.isascii() for sign in replaced):
                return replaced
            codec = _FALLBACK
        return raw.decode(codec, "replace")


def load_codecs() -> None:
    """Import every codec now: later, where no file can be opened, none can be imported."""
    for name in _names():
        codecs.lookup(name)


def _names() -> Iterable[str]:
    return ("ascii", "latin_1", *_KNOWN)
