"""Letters out of a large mbox: how much memory its connector takes, and how long, twice.

``python tests/benchmarks/mail_files.py [MIB]``. One mail of fifty is a letter. The memory is that
of a walk over an mbox of MIB, against one over a single mail, connector and worker together. The
second walk is that of another import of the same file.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from mail import BIG, MIB, ROOT, invented

GOAL = 150  # MiB
_EACH = 8_000  # bytes of a mail
_LETTERS = 50  # one of so many mails is a letter


@dataclass(frozen=True)
class Walked:
    """Most resident memory in MiB, seconds by the wall, mails and letters."""

    peak: float
    seconds: float
    mails: int
    letters: int


def measure(mib: int) -> tuple[Walked, Walked, Walked]:
    """A walk over one mail, one over ``mib``, and another over the same."""
    with tempfile.TemporaryDirectory() as place:
        small, big = Path(place) / "small", Path(place) / "big"
        _write(small, 1)
        _write(big, mib * MIB // _EACH)
        return _run(small, ""), _run(big, ""), _run(big, "read")


def _write(path: Path, mails: int) -> None:
    with path.open("wb") as handle:
        for at in range(mails):
            raw = invented(at, _EACH)
            if at % _LETTERS:
                raw = raw.replace(b"In-Reply-To: <", b"X: <").replace(b"Re: Bread", b"Lunch")
            handle.write(b"From x\n" + raw + b"\n\n")


def _run(path: Path, checkpoint: str) -> Walked:
    done = subprocess.run(
        [sys.executable, __file__, "--walk", str(path), checkpoint],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parent,
    )  # fmt: skip
    return Walked(**json.loads(done.stdout))


def walk(path: Path, checkpoint: str | None) -> Walked:
    """All pages in this process. checkpoint: that of an earlier walk."""
    sys.path.insert(0, str(ROOT / "tests"))
    from support.fake_correspondence import FakeCorrespondence

    from regulars_connectors import Runtime, SyncState
    from regulars_connectors.mail_files import MailFilesConnector
    from regulars_connectors.mail_files.settings import MailFilesSettings

    class Counting(FakeCorrespondence):
        """As the service: it keeps letters, and what it was shown is gone."""

        def asks(self, heads):  # type: ignore[no-untyped-def]
            asked = super().asks(heads)
            nonlocal mails
            mails += len(heads)
            self.shown.clear()
            return asked

        def kept(self, message_ids):  # type: ignore[no-untyped-def]
            return ["waiting" if checkpoint else "no"] * len(message_ids)

    mails = letters = 0
    began = time.monotonic()
    runtime = Runtime(
        clock=lambda: time.time_ns() // 1000, sleep=time.sleep, correspondence=Counting("Bread")
    )
    connector = MailFilesConnector(MailFilesSettings(path=path), runtime)
    ends = {("letters", None): checkpoint} if checkpoint else {}
    (found,) = connector.walks(connector.streams()[0], SyncState(checkpoints=ends))
    for page in connector.pages(found):
        letters += len(page.records)
    both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    peak = sum(resource.getrusage(who).ru_maxrss for who in both) / 1024
    return Walked(peak, time.monotonic() - began, mails, letters)


def report(found: tuple[Walked, Walked, Walked], mib: int) -> float:
    """Print the figures with their goal. Returns by how much the big one takes more memory."""
    small, first, again = found
    more = max(first.peak, again.peak) - small.peak
    print(
        f"an mbox of {mib} MiB, {first.mails:,} mails, {first.letters:,} letters:"
        f" {more:.0f} MiB more than one mail (goal {GOAL}), {first.seconds:.0f} s;"
        f" again, {again.letters} letters: {again.seconds:.0f} s"
    )
    return more


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--walk"]:
        walked = walk(Path(arguments[1]), arguments[2] or None)
        print(json.dumps(vars(walked)))
        return
    mib = int(arguments[0]) if arguments else BIG
    report(measure(mib), mib)


if __name__ == "__main__":
    main(sys.argv[1:])
