"""Mails from bytes to a tie, the worker included: how many for a CPU second, and how much memory.

``python tests/benchmarks/mail.py [MIB]``. The speed is that of the 2,500 mails of easy-ham-1, or of
invented ones where these are missing. The memory is that of ``mail explain --posts`` over an mbox
of MIB, against one over an empty mbox, both processes taken together.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MIB = 1024 * 1024
BIG = 2048  # MiB
_EACH = 40_000  # bytes of a mail in the big file


def speed() -> tuple[float, int, str]:
    """Mails a CPU second of both processes, how many they were, and of which kind."""
    from support import mail_corpora as corpora

    from regulars.replies.attribution import Ladder
    from regulars_connectors.mail.reading import Request, Setup
    from regulars_connectors.mail.worker import MailWorker

    raws = corpora.ham()
    kind = "easy-ham-1" if raws else "invented"
    raws = raws or [invented(at, 3000) for at in range(2500)]
    ladder = Ladder([])
    began = _cpu()
    with MailWorker(Setup(key=b"k")) as worker:
        for raw in raws:
            ladder.add(worker.read(Request(raw)).traces)
    ladder.ties()
    return len(raws) / (_cpu() - began), len(raws), kind


def _cpu() -> float:
    """Of this process and of the children that have ended."""
    return sum(os.times()[:4])


def memory(mib: int) -> tuple[float, float]:
    """Most resident memory in MiB, of parent and child: an empty mbox, and one of ``mib``."""
    with tempfile.TemporaryDirectory() as place:
        posts, empty, full = (Path(place) / one for one in ("posts.csv", "empty", "full"))
        posts.write_text("id,title,sent_at,text,message_id\na,Bread,2026-03-02,Rye.,\n")
        empty.touch()
        with full.open("wb") as handle:
            for mail in _mails(mib * MIB):
                handle.write(mail)
        return _peak(empty, posts), _peak(full, posts)


def _peak(path: Path, posts: Path) -> float:
    words = ["mail", "explain", "--mbox", "--posts", str(posts), "--json", str(path)]
    program = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import mail; "
    done = subprocess.run(
        [sys.executable, "-c", f"{program}mail.explain({words!r})"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return float(json.loads(done.stderr.splitlines()[-1]))


def explain(words: list[str]) -> None:
    """The command in this process; its answer goes nowhere, its memory to stderr."""
    from regulars.cli import main

    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        sys.stdout = nowhere
        main(words, standalone_mode=False)
    both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    peak = sum(resource.getrusage(who).ru_maxrss for who in both) / 1024
    print(json.dumps(peak), file=sys.stderr)


def _mails(size: int) -> Iterator[bytes]:
    for at in range(size // _EACH):
        yield b"From x\n" + invented(at, _EACH) + b"\n\n"


def invented(at: int, size: int) -> bytes:
    """A reply with a quote that fills it."""
    head = (
        f"From: Reader {at} <reader{at}@reader.example>\nTo: ada@letters.example\n"
        f"Subject: Re: Bread\nDate: Mon, 2 Mar 2026 10:00:00 +0000\nMessage-ID: <{at}@r.example>\n"
        f"In-Reply-To: <{at - 1}@r.example>\n\nI bake number {at} with rye.\n\n"
        "On Mon, 2 Mar 2026 at 07:30, Ada <ada@letters.example> wrote:\n"
    ).encode()
    line = b"> Rye makes a dark bread that keeps for a week and tastes best on day two.\n"
    return head + line * ((size - len(head)) // len(line))


def report(found: tuple[float, int, str], peaks: tuple[float, float], mib: int) -> None:
    """Print both."""
    print(f"{found[0]:.0f} mails a CPU second, {found[1]} of {found[2]} (goal 500)")
    empty, full = peaks
    print(f"an mbox of {mib} MiB: {full - empty:.0f} MiB more than an empty one (goal 150)")


def main(arguments: list[str]) -> None:
    sys.path.insert(0, str(ROOT / "tests"))
    mib = int(arguments[0]) if arguments else BIG
    report(speed(), memory(mib), mib)


if __name__ == "__main__":
    main(sys.argv[1:])
