"""Feeds the reading of mail with what a fuzzer invents; run by an interpreter that has atheris.

``… fuzz_mail.py CONNECTORS [ARGUMENTS OF LIBFUZZER]``: no input may raise, or take five seconds.
The first byte chooses what the rest is: a whole mail, a text or HTML.
"""

from __future__ import annotations

import sys
import types
from pathlib import Path

import atheris

FORMS = ("message", "text", "html", "message")


def load(connectors: Path) -> None:
    """The package by its folder alone: its door imports what the fuzzer has no need of."""
    package = types.ModuleType("regulars_connectors")
    package.__path__ = [str(connectors / "regulars_connectors")]
    sys.modules["regulars_connectors"] = package
    with atheris.instrument_imports(include=["regulars_connectors.mail"]):
        import regulars_connectors.mail.reading
    del regulars_connectors


def main(connectors: Path, arguments: list[str]) -> None:
    load(connectors)
    from regulars_connectors.mail.reading import Request, Setup, read

    setup = Setup(frozenset({"ada@letters.example"}), b"key")

    def once(data: bytes) -> None:
        form = FORMS[data[0] % len(FORMS)] if data else "message"
        read(Request(data[1:], form), setup)

    atheris.Setup([sys.argv[0], *arguments], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
