"""`widget write`: the service's own bytes as files, put in place whole, frozen weeks kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from support.invented_house import Invented
from support.invented_service import KEY, ApiClient, FakeStore, settings_of

from regulars.errors import UsageWrong
from regulars.pictures.png import rasterise
from regulars.widgets.document import WidgetDocument
from regulars.widgets.loader import newest
from regulars.widgets.publishing import ConfiguredWidget, Publisher, configured_widgets
from regulars.widgets.static_export import write_files
from regulars.widgets.variants import FLOATING

BASE = "https://www.example.org/stats"
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


@dataclass
class Writer:
    """What the command line does with a store of its own."""

    client: ApiClient
    now: datetime = NOW

    def __post_init__(self) -> None:
        store, invented = self.client.store, self.client.invented
        self.publisher = Publisher(
            store,
            lambda report, publication, as_of: invented(
                report, None, publication, as_of=as_of, now=self.now
            ),
        )
        self.declared = configured_widgets(settings_of(), BASE)[0]

    def current(self, declared: ConfiguredWidget) -> WidgetDocument:
        return self.publisher.show(declared, self.now)

    def periods(self, declared: ConfiguredWidget) -> list[str]:
        return self.publisher.periods(declared)

    def frozen(self, declared: ConfiguredWidget, period: str) -> WidgetDocument:
        found = self.publisher.frozen(declared, period)
        assert found is not None
        return found


_rasterise_once = cache(rasterise)


@pytest.fixture(autouse=True)
def _each_drawing_becomes_pixels_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same lines make the same pixels: a dozen large pictures a test are most of its time."""
    monkeypatch.setattr("regulars.widgets.images.rasterise", _rasterise_once)


@pytest.fixture
def client() -> ApiClient:
    return ApiClient(settings_of(widget={"public_base_url": BASE}), Invented(wrote_back=9))


@pytest.fixture
def writer(client: ApiClient) -> Writer:
    return Writer(client)


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.long
def test_every_file_is_what_the_service_gives_at_that_address(
    client: ApiClient, writer: Writer, tmp_path: Path
) -> None:
    write_files(tmp_path, [writer.declared], writer)
    written = files_in(tmp_path)
    assert f"w/{KEY}/2026-W47/card.png" in written
    for path, body in written.items():
        if path == "_headers":
            continue
        asked = "/" + path.removesuffix("/index.html")
        assert client.get(asked).content == body, path
    wanted = {f"w/{KEY}/{name}" for name in FLOATING if "." in name}
    wanted |= {
        f"w/{KEY}.json",
        f"w/{KEY}/index.html",
        f"w/{KEY}/frame/index.html",
        "embed/v1/regulars.js",
        newest().path.lstrip("/"),
        "schemas/widget/v1.json",
        "static/fonts/inter-latin-400-normal.woff2",
        "static/fonts/OFL-Inter.txt",
    }
    assert wanted <= set(written)


@pytest.mark.long
def test_again_without_anything_new_changes_nothing(
    writer: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars.widgets.images.rasterise", rasterise)  # drawn anew each time
    first = write_files(tmp_path, [writer.declared], writer)
    again = write_files(tmp_path, [writer.declared], writer)
    assert first.changed == first.files > 30
    assert (again.changed, again.files) == (0, first.files)


@pytest.mark.long
def test_weeks_that_lie_there_stay(writer: Writer, tmp_path: Path) -> None:
    write_files(tmp_path, [writer.declared], writer)
    before = files_in(tmp_path)
    writer.now += timedelta(days=7)
    writer.client.invented.counts = {"regular": 400}
    done = write_files(tmp_path, [writer.declared], writer)
    after = files_in(tmp_path)
    week = [path for path in before if "2026-W47" in path]
    assert len(week) == 4
    assert all(after[path] == before[path] for path in week)
    assert done.periods == 2
    assert after[f"w/{KEY}.json"] != before[f"w/{KEY}.json"]
    assert b"About 400 people" in after[f"w/{KEY}/card.svg"]


@pytest.mark.long
def test_files_of_a_week_that_the_store_forgot_are_not_removed(
    writer: Writer, tmp_path: Path
) -> None:
    write_files(tmp_path, [writer.declared], writer)
    writer.client.store = FakeStore()
    other = Writer(writer.client, NOW + timedelta(days=7))
    write_files(tmp_path, [other.declared], other)
    assert (tmp_path / f"w/{KEY}/2026-W47/card.png").is_file()


@pytest.mark.long
def test_links_lead_to_where_the_files_will_be(writer: Writer, tmp_path: Path) -> None:
    moved = replace(writer.declared, base_url="https://elsewhere.example/")
    write_files(tmp_path, [writer.declared], writer)
    picture = tmp_path / f"w/{KEY}/2026-W47/card.png"
    before = picture.stat().st_mtime_ns
    write_files(tmp_path, [moved], writer)
    page = (tmp_path / f"w/{KEY}/index.html").read_text()
    assert "https://elsewhere.example/w/" in page
    assert BASE not in page
    frozen = WidgetDocument.model_validate_json(
        (tmp_path / f"w/{KEY}/2026-W47/card.json").read_bytes()
    )
    assert frozen.links.svg.startswith("https://elsewhere.example/w/")
    assert picture.stat().st_mtime_ns == before


def test_headers_are_those_of_the_service(
    client: ApiClient, writer: Writer, tmp_path: Path
) -> None:
    write_files(tmp_path, [writer.declared], writer)
    rules: dict[str, dict[str, str]] = {}
    for line in (tmp_path / "_headers").read_text().splitlines():
        if line.startswith("/"):
            rules[line] = {}
        elif line:
            name, _, value = line.strip().partition(": ")
            rules[list(rules)[-1]][name.lower()] = value
    for path, headers in rules.items():
        asked = path.removeprefix("/stats").replace(":period", "2026-W47")
        asked = asked.replace("fonts/*", "fonts/inter-latin-400-normal.woff2")
        if "/static/" in asked:
            assert headers["access-control-allow-origin"] == "*"
            continue
        given = client.get(asked).headers
        for name, value in headers.items():
            if name == "content-security-policy" and asked.endswith("/"):
                assert given[name].endswith(value)
            else:
                assert given[name] == value, (path, name)
    assert f"/stats/w/{KEY}/:period/card.png" in rules


def test_a_file_that_cannot_be_written_is_named_and_leaves_no_half(
    writer: Writer, tmp_path: Path
) -> None:
    (tmp_path / "w").write_text("in the way")
    with pytest.raises(UsageWrong, match=r"Cannot write"):
        write_files(tmp_path, [writer.declared], writer)
    assert not list(tmp_path.rglob("*.tmp"))


def test_one_origin_can_be_named_to_a_host_and_several_cannot(
    writer: Writer, tmp_path: Path
) -> None:
    for origins, allowed in (
        (("https://a.example",), "https://a.example"),
        (("https://a.example", "https://b.example"), "*"),
    ):
        widget = writer.declared.widget.model_copy(update={"allowed_origins": origins})
        write_files(tmp_path, [replace(writer.declared, widget=widget)], writer)
        text = (tmp_path / "_headers").read_text()
        block = text.split(f"/stats/w/{KEY}.json\n")[1].split("\n\n")[0]
        assert f"Access-Control-Allow-Origin: {allowed}" in block
        assert f"frame-ancestors {' '.join(origins)}" in text
