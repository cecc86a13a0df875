"""What a hostile body costs: most memory of a process that reads one, above the process at rest.

``python tests/benchmarks/worst_bodies.py``: bodies of 32 MiB, each a page of people in its own
fresh process. The connector asks for it, shortens the page while it is too large, maps what it can
and cuts each text to its limit, as a sync does before it stores a part.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SIZE = 32 * 1024 * 1024 - 1024
GOAL_MIB = 200
_PUBLICATION = "pub_00000000-0000-4000-8000-0000000000aa"
_KEY = "0" * 23 + "a:" + "c0ffee00" * 8


def _repeated(head: bytes, unit: bytes, tail: bytes) -> bytes:
    """``head``, as often ``unit`` as fits, ``tail``. The last unit lacks its comma."""
    number = (SIZE - len(head) - len(tail)) // len(unit)
    return head + (unit * number).removesuffix(b",") + tail


def _wide(keys: int) -> bytes:
    """One person with so many unknown keys, and a page that is filled up with blanks."""
    pairs = b",".join(b'"%07x":0' % number for number in range(keys))
    body = _page(b'{"id":"sub_1","status":"active",' + pairs + b"}")
    return body[:-1] + b" " * (SIZE - len(body)) + b"}"


def _page(rows: bytes) -> bytes:
    return b'{"data":[' + rows + b'],"has_more":false}'


def _people(text: bytes, number: int = 100) -> bytes:
    """Rows that fill the body with the text in several fields of each."""
    long = text * (SIZE // number // 4 // len(text) - 200 // len(text))
    one = (
        b'{"id":"sub_%03d","status":"active","email":"%s","utm_source":"%s","custom_fields":["%s"],'
    )
    one += b'"tags":["%s"]}'
    return _page(b",".join(one % (n, long, long, long, long) for n in range(number)))


_HEAD, _TAIL = b'{"data":[', b'],"has_more":false}'
BODIES: dict[str, Callable[[], bytes]] = {
    "empty objects": lambda: _repeated(_HEAD, b"{},", _TAIL),
    "empty arrays": lambda: _repeated(_HEAD, b"[],", _TAIL),
    "numbers": lambda: _repeated(_HEAD, b"0,", _TAIL),
    "empty texts": lambda: _repeated(_HEAD, b'"",', _TAIL),
    "people with nothing": lambda: _repeated(_HEAD, b'{"id":"a","status":"b"},', _TAIL),
    "keys of one person": lambda: _wide(SIZE // 12),
    "as many keys as are read": lambda: _wide(390_000),
    "escapes, torn": lambda: b'{"data":["\\ud83d' + rb"\n" * (SIZE // 2) + b'"',
    "long texts with an emoji": lambda: _people("😀".encode() + b"word " * 400),
    "long texts with an escaped emoji": lambda: _people(rb"\ud83d\ude00" + b"word " * 400),
}


@dataclass(frozen=True)
class Cost:
    """above: most memory above the process at rest, in MiB. said: how the reading ended."""

    above: float
    said: str
    rows: int


def measure() -> dict[tuple[str, str], Cost]:
    """Every body through both connectors of providers, each in a process of its own."""
    costs = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "body"
        for name, make in BODIES.items():
            for provider in ("beehiiv", "ghost"):
                path.write_bytes(_for(provider, make()))
                command = [sys.executable, str(Path(__file__).resolve()), str(path), provider]
                done = subprocess.run(command, capture_output=True, check=True, text=True)
                costs[name, provider] = Cost(**json.loads(done.stdout))
    return costs


def report(costs: dict[tuple[str, str], Cost]) -> float:
    """Print the costs with their goal; the highest."""
    print(f"\nworst bodies: {SIZE / 2**20:.0f} MiB each; memory above the process at rest, in MiB")
    for name in BODIES:
        found = [costs[name, provider] for provider in ("beehiiv", "ghost")]
        told = "   ".join(f"{cost.above:6.0f} ({cost.said}, {cost.rows} rows)" for cost in found)
        print(f"  {name:32s} {told}")
    worst = max(cost.above for cost in costs.values())
    print(f"  worst {worst:.0f}, goal {GOAL_MIB}: {'met' if worst <= GOAL_MIB else 'missed'}")
    return worst


def _for(provider: str, body: bytes) -> bytes:
    """The same page as beehiiv or Ghost would call its parts."""
    if provider == "beehiiv":
        return body
    status, free = b'"status":"active"', b'"created_at":"2026-01-01","status":"free"'
    named = body.replace(b'{"data":[', b'{"members":[', 1).replace(b'"utm_source"', b'"note"')
    return named.replace(status, free)


def _serve(body: Any) -> Any:
    """A transport that gives the body to every request, in pieces as a socket does."""
    import httpx

    class Pieces(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            for start in range(0, len(body), 65_536):
                yield body[start : start + 65_536]

    class Transport(httpx.BaseTransport):
        def handle_request(self, _request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, stream=Pieces())

    return Transport()


def _memory(name: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise OSError(f"no {name}")


def _read(path: str, provider: str) -> dict[str, object]:
    """Walk the people of a provider that answers everything with the body in the file."""
    import mmap

    from pydantic import SecretStr

    from regulars_connectors.beehiiv import BeehiivConnector, BeehiivSettings
    from regulars_connectors.bounds import bound_records
    from regulars_connectors.contract import Runtime, SyncState
    from regulars_connectors.errors import ConnectorError
    from regulars_connectors.ghost import GhostConnector, GhostSettings

    with Path(path).open("rb") as file:
        body = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    transport = _serve(body)
    runtime = Runtime(lambda: 1_790_000_000_000_000, lambda _: None, None, True, transport)
    if provider == "beehiiv":
        settings = BeehiivSettings(publication_id=_PUBLICATION, api_key=SecretStr(_KEY))
        connector: Any = BeehiivConnector(settings, runtime)
    else:
        connector = GhostConnector(
            GhostSettings(base_url="https://letters.example.org", admin_key=SecretStr(_KEY)),
            runtime,
        )
    stream = next(one for one in connector.streams() if one.name == "subscriptions")
    (walk,) = connector.walks(stream, SyncState())
    resting, said, rows = _memory("RssAnon"), "read", 0
    peak = [resting]
    watch = _Watch(peak)
    try:
        for page in connector.pages(walk):
            rows += len(bound_records(page.records).records)
    except ConnectorError as error:
        said = error.code
    watch.end()
    return {"above": max(peak) - resting, "said": said, "rows": rows}


class _Watch:
    """Samples memory that is the process's own: the mapped file with the body is none."""

    def __init__(self, peak: list[float]) -> None:
        import threading

        self._ended = threading.Event()
        self._peak = peak
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._ended.wait(0.002):
            self._peak[0] = max(self._peak[0], _memory("RssAnon"))

    def end(self) -> None:
        self._ended.set()
        self._thread.join()
        self._peak[0] = max(self._peak[0], _memory("RssAnon"))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(_read(*sys.argv[1:3])))
    else:
        report(measure())
