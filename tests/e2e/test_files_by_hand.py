"""A folder of files whose answer was worked out on paper, at two dates; see ``ON_PAPER``."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.newsletter import CONNECTION, Newsletter, newsletter, stored, tables

from regulars_connectors.instants import DAY, SECOND, from_iso, to_iso
from regulars_connectors.simulator import World

pytestmark = pytest.mark.long

# Twelve issues, on Tuesdays at 07:00 UTC, the first on 7 January 2025. Seven days apart: so the
# rule is 4 of the last 8, and each matures when the next goes out, the last on 1 April.
#     p06  was sent without a pixel: whoever did nothing with it has no opportunity there.
#     p10  went only to the two who have a row `send` for it.
# o a person's open      m a machine's open     u an open of which nobody says who made it
# t an open without time l an open nine days later
# c a click   r a reply  v a vote in a poll     w a comment     s a send     S a send and an open
GRID = """
#           p01 p02 p03 p04 p05 p06 p07 p08 p09 p10 p11 p12
four         .   o   .   o   o   .   .   o   .   .   .   o
three        o   .   .   .   o   .   o   .   .   s   .   w
newcomer     .   .   o   .   .   .   o   o   o   .   o   o
returner     o   o   o   .   o   .   .   .   o   .   .   o
bounced      o   o   o   o   o   .   .   .   .   .   .   .
leaver       .   .   o   o   .   .   .   o   o   .   .   .
machine      m   m   m   m   m   m   m   m   m   .   m   m
opensall     u   u   u   u   u   .   u   u   u   .   u   u
writer       .   .   r   .   .   r   r   .   r   .   .   v
clicker      .   c   .   .   c   .   c   .   c   .   .   .
chosen       .   .   .   o   .   .   o   .   o   S   .   .
timeless     t   .   t   .   .   .   t   t   .   .   .   t
late         .   o   o   o   .   .   .   .   l   .   o   .
"""
PEOPLE = """id,email,joined_at,left_at,status,source
four,four@example.org,2024-11-01,,active,website
three,three@example.org,2024-11-01,,active,website
newcomer,newcomer@example.org,2025-02-12,,active,a friend
returner,returner@example.org,2024-11-01,2025-01-15,left,website
returner,returner@example.org,2025-01-20,,active,website
bounced,bounced@example.org,2024-11-01,2025-02-20,bounced,website
leaver,leaver@example.org,2024-11-01,2025-03-20,left,podcast
machine,machine@example.org,2024-11-01,,active,website
opensall,opensall@example.org,2024-11-01,,active,website
writer,writer@example.org,2024-11-01,,active,a friend
clicker,clicker@example.org,2024-11-01,,active,website
chosen,chosen@example.org,2024-11-01,,active,website
timeless,timeless@example.org,2024-11-01,,active,website
late,late@example.org,2024-11-01,,active,website
unclear,mailto:unclear@example.org,2024-11-01,,active,website
"""
ODD_SIGNALS = """p11,leaver,click,2025-03-19T08:00:00Z,,https://example.org/unsubscribe,odd1,
p99,four,open,2025-01-08T09:00:00Z,false,,odd2,
p01,nobody,open,2025-01-08T09:00:00Z,false,,odd3,
p01,four,looked,2025-01-08T09:00:00Z,false,,odd4,
p01,four,open
"""
HOUR = 3600 * SECOND
FIRST = from_iso("2025-01-07T07:00:00Z")
KINDS = {"c": "click", "r": "reply", "v": "poll", "w": "comment", "s": "send"}
MACHINES = {"o": "false", "t": "false", "l": "false", "S": "false", "m": "true"}

# At the end of 12 March p01 to p09 have matured. Without p06 those are 8 opportunities for whoever
# was there from the start.
#     four      p02 p04 p05 p08                     4  regular
#     three     p01 p05 p07                         3  occasional
#     newcomer  there for p07 p08 p09 only             newcomer; opened p03 before they came
#     returner  back for p03 to p09: 7 posts           newcomer; p01 and p02 are of the first time
#     bounced   ended on 20 February                   unreachable
#     leaver    p03 p04 p08 p09                     4  regular, leaves on the 20th
#     machine   nothing but machines                   hidden
#     opensall  all 8, and nothing else                uncertain
#     writer    of the last 8, which include p06 as it was answered: p03 p06 p07 p09   4  regular
#     clicker   p02 p05 p07 p09                     4  regular
#     chosen    p04 p07 p09                         3  occasional
#     timeless  p01 p03 p07 p08                     4  regular
#     late      p02 p03 p04; opens p09 on the 20th  3  occasional
# At the end of 5 April all twelve have matured: 10 opportunities, 11 for those who were sent p10,
# 11 for the writer, 8 for the returner; the last 8 begin with p03 (with p04 where there are 11).
#     four      p04 p05 p08 p12                     4  regular since p09, the first whole window
#     three     p05 p07 p12 (commented)             3  occasional
#     newcomer  5 posts                                newcomer
#     returner  p03 p05 p09 p12 of exactly 8        4  regular since p12
#     leaver                                           left
#     machine, opensall                                hidden, uncertain
#     writer    p06 p07 p09 p12                     4  regular since p09
#     clicker   p05 p07 p09                         3  quiet; held to it until p11 (p02 was in)
#     chosen    p04 p07 p09 p10                     4  regular since p10
#     timeless  p03 p07 p08 p12                     4  regular since p12: 3 only of p02 to p11
#     late      p03 p04 p09 p11                     4  regular since p09
ON_PAPER: dict[str, dict[str, Any]] = {
    "2025-03-12": {
        "house": {
            "value": 5, "n": 8, "active_people": 12, "newcomers": 2, "uncertain": 1, "hidden": 1,
            "wrote_back": 1, "answered": 1, "posts_seen": 9,
        },
        "people": {
            "four": ("regular", 4, "p09"), "leaver": ("regular", 4, "p09"),
            "writer": ("regular", 4, "p09"), "clicker": ("regular", 4, "p09"),
            "timeless": ("regular", 4, "p09"), "three": ("occasional", 3, None),
            "chosen": ("occasional", 3, None), "late": ("occasional", 3, None),
            "newcomer": ("newcomer", 3, None), "returner": ("newcomer", 3, None),
            "machine": ("hidden", 0, None), "opensall": ("uncertain", 8, None),
        },
        "coverage": {
            "people": {
                "regular": 5, "occasional": 3, "newcomer": 2, "hidden": 1, "uncertain": 1,
                "unreachable": 1,
            },
            "posts": {"sent": 10, "too_recent": 1, "opens_not_recorded": 1},
            # 4 four, 3 three, 3 newcomer, 5 returner, 5 bounced, 4 leaver, 3 chosen, 4 timeless,
            # 3 late; p01 to p09 of the machine; 8 of the one who opens all
            "opens": {"person": 34, "machine": 9, "unknown": 8},
            "clicks": {"human": 4},
            # too recent: two sends of p10 and an open of it
            "signals": {"no_post": 1, "no_person": 1, "outside_standing": 1, "too_recent": 3},
        },
    },
    "2025-04-05": {
        "house": {
            "value": 6, "n": 8, "active_people": 11, "newcomers": 1, "uncertain": 1, "hidden": 1,
            "wrote_back": 1, "answered": 2, "posts_seen": 12,
        },
        "people": {
            "four": ("regular", 4, "p09"), "writer": ("regular", 4, "p09"),
            "late": ("regular", 4, "p09"), "chosen": ("regular", 4, "p10"),
            "returner": ("regular", 4, "p12"), "timeless": ("regular", 4, "p12"),
            "three": ("occasional", 3, None), "clicker": ("quiet", 3, "p11"),
            "newcomer": ("newcomer", 5, None), "machine": ("hidden", 0, None),
            "opensall": ("uncertain", 8, None),
        },
        "coverage": {
            "people": {
                "regular": 6, "occasional": 2, "newcomer": 1, "hidden": 1, "uncertain": 1,
                "left": 1, "unreachable": 1,
            },
            "posts": {"sent": 12, "opens_not_recorded": 1},
            # one more for four, returner, chosen, timeless; two for newcomer and late
            "opens": {"person": 42, "machine": 11, "unknown": 10},
            "clicks": {"human": 4, "unsubscribe": 1},
            "signals": {"no_post": 1, "no_person": 1, "outside_standing": 1},
        },
    },
}  # fmt: skip
STATES = "regular,fading,uncertain,quiet,hidden,not_measured,newcomer,occasional"


def _sent_at(post: str) -> int:
    """When an issue went out; p99, which nobody knows, counts as the first."""
    if post == "p99":
        return FIRST
    return FIRST + (int(post[1:]) - 1) * 7 * DAY


@dataclass(frozen=True)
class Row:
    """A line of signals.csv, and from when on it could have been known."""

    known_at: int
    text: str


def _rows() -> list[Row]:
    lines = [line.split() for line in GRID.strip().splitlines()]
    return [
        row
        for person, *marks in lines[1:]
        for post, mark in zip(lines[0][1:], marks, strict=True)
        for row in _rows_of(post, person, mark)
    ] + [Row(_sent_at(text[:3]) + 3 * DAY, text) for text in ODD_SIGNALS.splitlines()]


def _rows_of(post: str, person: str, mark: str) -> Iterator[Row]:
    sent = _sent_at(post)
    name = f"{post}-{person}"
    if mark in "sS":
        yield Row(sent, f"{post},{person},send,{to_iso(sent)},,,{name}-send,")
    if mark in ".s":
        return
    at = sent + (9 * DAY if mark == "l" else 2 * HOUR)
    kind, machine = KINDS.get(mark, "open"), MACHINES.get(mark, "")
    url = "https://example.org/story" if mark == "c" else ""
    when = "" if mark == "t" else to_iso(at)
    known = sent + 7 * DAY if mark == "t" else at
    yield Row(known, f"{post},{person},{kind},{when},{machine},{url},{name},")


def write_files(folder: Path, until: int = FIRST + 365 * DAY) -> None:
    """The three files as they could have been written at ``until``."""
    folder.mkdir(exist_ok=True)
    posts = [f"p{number:02d}" for number in range(1, 13)]
    sent = [post for post in posts if _sent_at(post) < until]
    _file(
        folder / "posts.csv",
        "id,title,sent_at,opens_tracked",
        [
            f"{post},Issue {post},{to_iso(_sent_at(post))},{str(post != 'p06').lower()}"
            for post in sent
        ]
        + ["p13,No time,soon,true"],
    )
    header, *people = PEOPLE.splitlines()
    _file(
        folder / "subscriptions.csv",
        header,
        [row for line in people for row in _as_known(line, until)],
    )
    _file(
        folder / "signals.csv",
        "post_id,subscription_id,kind,at,machine,url,id,text",
        [row.text for row in _rows() if row.known_at < until],
    )


def _as_known(line: str, until: int) -> Iterator[str]:
    """A line of subscriptions.csv as it stood at a moment: nobody knew of a later end."""
    key, email, joined, left, status, source = line.split(",")
    if from_iso(joined) >= until:
        return
    if left and from_iso(left) >= until:
        left, status = "", "active"
    yield ",".join((key, email, joined, left, status, source))


def _file(path: Path, header: str, rows: list[str]) -> None:
    path.write_text("\n".join([header, *rows]) + "\n")


@pytest.fixture(scope="module")
def importer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsletter]:
    """The command line at noon of 6 April 2025; nothing is asked of the provider."""
    with newsletter(tmp_path_factory.mktemp("by-hand"), World(1, subscribers=1, posts=2)) as made:
        made.clock.set(from_iso("2025-04-06T12:00:00Z"))
        yield made


def _import(importer: Newsletter, folder: Path, *words: str) -> Any:
    """The run of an import. It lacks p13, which has no time, as the first one did."""
    command = ("import", "files", str(folder / "csv"), "--publication", "by-hand", "--json")
    said = importer.run(folder, *command, *words)
    return said.json["runs"][0]


@pytest.fixture(scope="module")
def imported(importer: Newsletter) -> Path:
    """The whole folder, imported at once."""
    folder = _empty(importer, "at-once")
    write_files(folder / "csv")
    run = _import(importer, folder)
    aside = {stream["stream"]: stream["quarantined"] for stream in run["streams"]}
    assert aside == {"posts": 1, "subscriptions": 1, "signals": 2}
    return folder


def _empty(importer: Newsletter, name: str) -> Path:
    text = importer.settings_text().split("[[publications]]")[0]
    assert CONNECTION not in text
    return importer.folder(name, settings=text)


def _report(importer: Newsletter, folder: Path, name: str, day: str | None, *words: str) -> Any:
    dated = ("--as-of", day) if day else ()
    return importer.run(folder, "report", name, *dated, "--json", *words).json["result"]


def _people(importer: Newsletter, folder: Path, day: str | None) -> dict[str, Any]:
    result = _report(importer, folder, "regulars", day, "--set", f"state={STATES}")
    return {person["provider_id"]: person for person in result["people"]}


@pytest.mark.parametrize("day", ON_PAPER)
def test_house_as_on_paper(importer: Newsletter, imported: Path, day: str) -> None:
    house = _report(importer, imported, "house", day)
    expected = ON_PAPER[day]["house"]
    figure = house["by_rule"]
    assert house["rule"] == {"k": 4, "n": 8, "unit": "post"}
    assert (figure["value"], figure["low"], figure["high"]) == (expected["value"],) * 3
    assert figure["n"] == expected["n"]
    assert {name: house[name] for name in expected if name in house} == {
        name: value for name, value in expected.items() if name in house
    }
    assert house["cannot_tell"] == 0


@pytest.mark.parametrize("day", ON_PAPER)
def test_regulars_as_on_paper(importer: Newsletter, imported: Path, day: str) -> None:
    people = _people(importer, imported, day)
    expected = ON_PAPER[day]["people"]
    assert people.keys() == expected.keys()
    for name, (state, reads, post) in expected.items():
        person = people[name]
        evidence = person["evidence"]
        assert (name, person["rule_state"]) == (name, state)
        assert (name, evidence["reads_low"], evidence["reads_high"]) == (name, reads, reads)
        told = person["until" if state == "quiet" else "since"]
        assert (name, told) == (name, to_iso(_sent_at(post)) if post else None)
    assert people["returner"]["joined_at"] == "2025-01-20T00:00:00Z"
    assert people["writer"]["wrote_back"]
    assert people["writer"]["evidence"]["answers"] == 4
    assert people["clicker"]["evidence"] | {"opens": 0} == people["clicker"]["evidence"]


@pytest.mark.parametrize("day", ON_PAPER)
def test_coverage_as_on_paper(importer: Newsletter, imported: Path, day: str) -> None:
    seen = _report(importer, imported, "coverage", day)
    for topic, expected in ON_PAPER[day]["coverage"].items():
        counts = {item["code"]: item["count"] for item in seen[topic]}
        assert (topic, counts) == (topic, expected)
    limits = {(limit["stream"], limit["code"]): limit["count"] for limit in seen["limits"]}
    assert limits == {
        ("posts", "quarantined"): 1,
        ("subscriptions", "quarantined"): 1,
        ("signals", "quarantined"): 2,
    }


def test_same_folder_again_changes_nothing(importer: Newsletter, imported: Path) -> None:
    before, files = tables(imported), stored(imported)
    run = _import(importer, imported)
    assert run["state"] == "complete"
    assert [stream["written"] for stream in run["streams"]] == [0, 0, 0]
    assert tables(imported) == before
    after = stored(imported)
    assert after.keys() == files.keys()
    different = {name for name in files if after[name] != files[name]}
    journal = ("000001.log", "000001.index", "acknowledged")
    assert different == {f"data/journal/{name}" for name in journal}


def test_issue_by_issue_gives_the_same(importer: Newsletter, imported: Path) -> None:
    """The folder grows with every issue; what was said then is said afterwards of that day."""
    folder = _empty(importer, "issue-by-issue")
    end = importer.clock()
    now = [_sent_at(f"p{number:02d}") + 6 * DAY for number in range(1, 13)]
    now = [*now, from_iso("2025-03-13T00:00:01Z"), from_iso("2025-04-06T00:00:01Z")]
    said_then = {}
    for moment in sorted(now):
        importer.clock.set(moment)
        write_files(folder / "csv", moment)
        _import(importer, folder)
        for day in ON_PAPER:
            if moment - from_iso(day) in range(DAY, DAY + HOUR):
                said_then[day] = _figures(importer, folder, day)
    importer.clock.set(end)
    for day in ON_PAPER:
        assert (
            _figures(importer, folder, day) == _figures(importer, imported, day) == said_then[day]
        )


def _figures(importer: Newsletter, folder: Path, day: str) -> Any:
    """All three reports, without ids of our own (each store makes its own)."""
    people = _people(importer, folder, day)
    coverage = _report(importer, folder, "coverage", day)
    return (
        _report(importer, folder, "house", day),
        {name: person | {"id": None} for name, person in people.items()},
        {name: coverage[name] for name in ("people", "posts", "opens", "clicks", "signals")},
    )


def test_complete_removes(importer: Newsletter, imported: Path) -> None:
    folder = importer.folder("complete", like=imported)
    path = folder / "csv" / "subscriptions.csv"
    rows = [row for row in path.read_text().splitlines() if not row.startswith("unclear,")]
    path.write_text("\n".join(row for row in rows if not row.startswith("four,")) + "\n")
    shown = _people(importer, folder, None)
    _import(importer, folder)
    assert _people(importer, folder, None).keys() == shown.keys()  # a folder only adds
    run = _import(importer, folder, "--complete")
    assert all(stream["held_removals"] == 0 for stream in run["streams"])
    importer.clock.set(importer.clock() + HOUR)
    assert shown.keys() - _people(importer, folder, None).keys() == {"four"}
    assert _report(importer, folder, "house", None)["by_rule"]["value"] == 5
    assert _people(importer, folder, "2025-04-05").keys() == shown.keys()  # it was not so then


def test_many_removals_are_held_until_accepted(importer: Newsletter, imported: Path) -> None:
    folder = importer.folder("many", like=imported)
    path = folder / "csv" / "subscriptions.csv"
    gone = ("four,", "three,", "unclear,")
    rows = [row for row in path.read_text().splitlines() if not row.startswith(gone)]
    path.write_text("\n".join(rows) + "\n")
    shown = _people(importer, folder, None)
    run = _import(importer, folder, "--complete")
    held = {stream["stream"]: stream["held_removals"] for stream in run["streams"]}
    assert held["subscriptions"] == 2
    assert "2 removals wait" in importer.run(folder, "status").out
    importer.clock.set(importer.clock() + HOUR)
    assert _people(importer, folder, None).keys() == shown.keys()
    _import(importer, folder, "--complete", "--accept-removals")
    importer.clock.set(importer.clock() + HOUR)
    assert shown.keys() - _people(importer, folder, None).keys() == {"four", "three"}


def test_no_reply_text_is_kept(importer: Newsletter, imported: Path) -> None:
    folder = importer.folder("words", like=imported)
    shutil.rmtree(folder / "data")
    path = folder / "csv" / "signals.csv"
    path.write_text(path.read_text().replace("p03-writer,", "p03-writer,canary words"))
    _import(importer, folder)
    assert "canary words" not in str(tables(folder))
