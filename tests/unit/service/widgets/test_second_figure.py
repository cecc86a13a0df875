"""A report with ``project=`` is a public figure: one function, and a widget may name it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import msgspec
import pytest
from support.invented_house import NOW, Invented, enclose
from support.invented_service import KEY, FakeRuns, FakeStore, settings_of

from regulars.api.app import create_app
from regulars.errors import SettingsWrong
from regulars.messages import Label, Sentence
from regulars.reports import REPORTS
from regulars.reports.engine.envelope import Envelope, Part
from regulars.reports.engine.projection import FigureText, FigureValue, Rounding, projection
from regulars.reports.engine.report import Built, EvidenceQuery, Parameters, Report
from regulars.settings import Settings
from regulars.widgets.publishing import Publisher, configured_widgets
from regulars.widgets.schema import schema_bytes
from regulars.widgets.static_export import write_files

BASE = "https://www.example.org"


class Letters(Part):
    """How many letters came, and from how many people."""

    letters: int
    writers: int


class LetterRow(msgspec.Struct, frozen=True, array_like=True):
    """Nothing is asked of a store here."""

    letters: int


@projection(
    "letters_received",
    FigureText(
        headline=Sentence("Readers wrote about {value} letters."),
        alt=Sentence("Readers of {title} wrote about {value} letters, {low} to {high}."),
        too_early=Sentence("No letter has been read in yet."),
        too_early_alt=Sentence("{title}: no letter has been read in yet."),
        link=Label("How many letters came"),
        badge_label=Label("letters"),
        badge_message=Label("about {value}"),
        dot=Sentence("One dot is {value} letters."),
    ),
    unit="letters",
    rounding=Rounding(steps=((100, 10),), largest_step=50),
)
def project(envelope: Envelope[Letters]) -> FigureValue:
    """The whole figure is this function."""
    found = envelope.result
    return FigureValue(
        value=found.letters, low=found.letters, high=found.letters, people=found.writers,
        method="letters/1", issues=1,
    )  # fmt: skip


LETTERS = Report(
    name="letters",
    question="How many letters came?",
    definition=lambda _context: "Letters that people wrote.",
    parameters=Parameters,
    query=EvidenceQuery,
    evidence=LetterRow,
    result=Letters,
    build=lambda _rows, _context: Built(Letters(letters=0, writers=0), 0),
    project=project,
)
# In place of the built-in report of that name.
CATALOGUE = (*(one for one in REPORTS if one.name != "letters"), LETTERS)


class InventedLetters(Invented):
    """Answers the report ``letters`` as well."""

    letters, writers = 143, 60

    def __call__(self, report: Any, *rest: Any, as_of: Any = None, **more: Any) -> Any:
        if report.name != "letters":
            return super().__call__(report, *rest, as_of=as_of, **more)
        result = Letters(letters=self.letters, writers=self.writers)
        return enclose("letters", result, as_of=as_of or NOW)


class Service:
    """The application with a second figure, over a store without data."""

    def __init__(self, **widget: Any) -> None:
        self.settings = settings_of(widget={"report": "letters", "public_base_url": BASE} | widget)
        self.store, self.invented = FakeStore(), InventedLetters()
        self.restart(self.settings)

    def restart(self, settings: Settings) -> None:
        """Serve the same store with other settings."""
        self.app = create_app(
            settings, self.store, FakeRuns(), lambda: int(NOW.timestamp() * 1_000_000),
            reports=CATALOGUE, run=self.invented,
        )  # fmt: skip

    def get(self, path: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url=LOCAL) as client:
                return await client.get(f"/w/{KEY}{path}")

        answer = asyncio.run(ask())
        assert answer.status_code == 200, answer.text
        return answer


LOCAL = "http://127.0.0.1:8765"


@pytest.fixture
def service() -> Service:
    return Service()


def test_the_document_says_the_figure_rounded_by_its_own_rule(service: Service) -> None:
    document = service.get(".json").json()
    jsonschema.validate(document, json.loads(schema_bytes()))
    [figure] = document["figures"]
    assert (figure["id"], figure["unit"], figure["method"]) == (
        "letters_received", "letters", "letters/1",
    )  # fmt: skip
    assert figure["value"] in (100, 150)
    assert (figure["low"], figure["high"], figure["rounded_to"]) == (100, 150, 50)
    text = document["text"]
    assert text["headline"] == f"Readers wrote about {figure['value']} letters."
    assert text["detail"] == "Between 100 and 150, over the last issue."
    assert text["alt"].startswith("Readers of Invented Letters wrote about 1")
    assert text["key"] == "One dot is 5 letters."
    dots = figure["value"] // 5
    assert document["theatre"] == {"seat_is": 5, "dots": dots, "lit": dots}
    assert document["definition"] == "People who read at least 4 of the last 8 posts."


def test_card_page_badge_and_oembed_say_the_same(service: Service) -> None:
    headline = service.get(".json").json()["text"]["headline"]
    for path in ("/card.svg", "/theatre.svg", "", "/frame"):
        assert headline in service.get(path).text, path
        assert "keep coming back" not in service.get(path).text, path
    page = service.get("").text
    assert "How many letters came" in page
    badge = service.get("/badge.json").json()
    assert badge["label"] == "letters"
    assert badge["message"] in ("about 100", "about 150")
    assert service.get("/oembed.json").json()["title"] == headline
    assert service.get("/card.png").content.startswith(b"\x89PNG")


@pytest.mark.long
def test_static_files_are_the_same_bytes(service: Service, tmp_path: Path) -> None:
    [declared] = configured_widgets(service.settings, reports=CATALOGUE)
    publisher = Publisher(
        service.store,
        lambda report, owner, as_of: service.invented(report, None, owner, as_of=as_of, now=NOW),
    )

    class Shown:
        current = staticmethod(lambda one: publisher.show(one, NOW))
        periods = staticmethod(publisher.periods)
        frozen = staticmethod(publisher.frozen)

    write_files(tmp_path, [declared], Shown())  # type: ignore[arg-type]
    for path, name in {".json": ".json", "/card.svg": "/card.svg", "": "/index.html"}.items():
        assert (tmp_path / f"w/{KEY}{name}").read_bytes() == service.get(path).content
    assert (tmp_path / f"w/{KEY}/2026-W47/card.json").exists()


def test_few_people_stay_private_however_much_they_wrote(service: Service) -> None:
    service.invented.writers = 19
    document = service.get(".json").json()
    assert document["figures"][0]["reason"] == "small_group"
    assert document["notice"] == "The room is small, and the number stays private."


def test_a_larger_minimum_group_hides_what_was_shown_of_unknown_many(service: Service) -> None:
    service.get(".json")
    stricter = settings_of(widget={"report": "letters", "public_base_url": BASE, "min_group": 50})
    service.restart(stricter)
    assert service.get(".json").json()["figures"][0]["value"] is None


def test_another_report_shows_with_the_next_period(service: Service) -> None:
    shown = service.get(".json").json()
    service.restart(settings_of(widget={"report": "house", "public_base_url": BASE}))
    assert service.get(".json").json() == shown
    assert service.get("/badge.json").json()["label"] == "letters"


def test_a_report_without_a_figure_is_refused_with_those_that_have_one() -> None:
    for name in ("coverage", "nothing"):
        settings = settings_of(widget={"report": name})
        with pytest.raises(SettingsWrong, match=f"shows the report '{name}'") as error:
            configured_widgets(settings)
        assert error.value.to_do == "Name one of these: house, letters."
        with pytest.raises(SettingsWrong):
            configured_widgets(settings, reports=CATALOGUE)


def test_a_text_that_names_a_part_which_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match=r"link names \['value'\]; its parts are: none"):
        FigureText(
            headline=Sentence("A."), alt=Sentence("A."), too_early=Sentence("A."),
            too_early_alt=Sentence("A."), link=Label("{value}"), badge_label=Label("a"),
            badge_message=Label("a"),
        )  # fmt: skip


def test_nobody_can_be_told_apart_by_a_small_step() -> None:
    with pytest.raises(ValueError, match="rounded to 5 at least"):
        Rounding(steps=((100, 1),))


def test_every_figure_has_a_name_of_its_own() -> None:
    names = [report.project.metric for report in REPORTS if report.project]
    assert names
    assert len(names) == len(set(names))
