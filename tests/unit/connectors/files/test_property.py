"""What holds of the file connector for any text at all."""

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars_connectors.contract import Page, Runtime, Walk
from regulars_connectors.errors import ConnectorError
from regulars_connectors.files import FilesConnector, FilesSettings
from regulars_connectors.files.tables import TABLES

HEADERS = {name: ",".join(table.required) for name, table in TABLES.items()}
NAMES = st.sampled_from(sorted(HEADERS))
RIGHT = st.sampled_from(
    ["p1", "s1", "open", "poll", "active", "left", "2025-01-01", "2025-03-01T08:30:00Z", "true"]
)
AWKWARD = st.sampled_from(["", "no", "a@b", "9999-12-31", '"', "x\ny", "\r", '"a"b', ";", "\t"])
CELLS = RIGHT | AWKWARD | st.text(max_size=12)
TATTERS = st.lists(
    st.sampled_from(['"', '""', ",", "\n", "\r", "\r\n", ";", "p1", "open", "2025-01-01", "é"]),
    max_size=60,
).map("".join)


class ThreeRows(FilesConnector):
    page_rows = 3


def pages_of(folder: Path, name: str, cursor: str | None = None) -> list[Page]:
    runtime = Runtime(clock=lambda: 0, sleep=lambda _: None)
    connector = ThreeRows(FilesSettings(folder=folder), runtime)
    (stream,) = (stream for stream in connector.streams() if stream.name == name)
    return list(connector.pages(Walk(stream, "window"), cursor))


def holds_together(name: str, content: bytes) -> None:
    """Every page can be resumed at, and nothing but our own errors is raised."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / f"{name}.csv").write_bytes(content)
        try:
            pages = pages_of(folder, name)
        except ConnectorError:
            return
        for index, page in enumerate(pages[:-1]):
            assert page.cursor is not None
            assert pages_of(folder, name, page.cursor) == pages[index + 1 :]
        assert pages[-1].cursor is None


few = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@few
@given(name=NAMES, content=st.binary(max_size=200))
def test_any_bytes(name: str, content: bytes) -> None:
    holds_together(name, content)


@few
@given(name=NAMES, body=TATTERS | st.text(max_size=200))
def test_any_text_below_a_header(name: str, body: str) -> None:
    holds_together(name, f"{HEADERS[name]}\n{body}".encode(errors="replace"))


@few
@given(
    name=NAMES,
    rows=st.lists(st.lists(CELLS, min_size=1, max_size=7), max_size=12),
    delimiter=st.sampled_from(",;\t"),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_any_well_formed_rows(name: str, rows: list[list[str]], delimiter: str, end: str) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerow(HEADERS[name].split(","))
    writer.writerows(rows)
    holds_together(name, text.getvalue().encode(errors="replace"))
