"""Column maps: exports of other shapes without rewriting, and maps that are wrong."""

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError
from support.files_folder import NOW, everything, walk_of

from regulars_connectors.contract import Runtime
from regulars_connectors.errors import CursorExpired, InvalidFile
from regulars_connectors.files import FilesConnector, FilesSettings
from regulars_connectors.instants import from_iso
from regulars_connectors.records import Post, Quarantined, Record, Signal, Subscription
from regulars_connectors.validation_messages import describe

MAPS = Path(__file__).parents[4] / "docs" / "how-to" / "import-files-maps"


def connector_of(folder: Path, columns: str | dict[str, Any]) -> FilesConnector:
    values = tomllib.loads(columns) if isinstance(columns, str) else columns
    runtime = Runtime(clock=lambda: NOW, sleep=lambda _: None)
    return FilesConnector(FilesSettings(folder=folder, columns=values), runtime)  # type: ignore[arg-type]


def read(
    folder: Path, name: str, columns: str | dict[str, Any]
) -> tuple[list[Record], list[Quarantined]]:
    connector = connector_of(folder, columns)
    return everything(list(connector.pages(walk_of(connector, name))))


def provided(provider: str) -> dict[str, Any]:
    return tomllib.loads((MAPS / f"{provider}.toml").read_text())


def digest(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()[:32]


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)


# Exports in the shape of three providers; everybody in them is invented.


def test_a_mailchimp_audience(tmp_path: Path) -> None:
    header = "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LEID,EUID"
    write(
        tmp_path,
        subscribed_members_export_1a=f"{header}\n"
        'one@example.org,"O, ne",3,,2025-01-07 08:30:00,7,e7\n'
        "Two@Example.org,,2,2025-01-08 00:00:01,2025-01-09 00:00:00,8,e8\n",
        unsubscribed_members_export_1a=f"{header},UNSUB_TIME\n"
        "three@example.org,,2,2024-01-07 08:30:00,,9,e9,2024-06-01 12:00:00\n",
        cleaned_members_export_1a=f"{header},CLEAN_TIME\n"
        "four@example.org,,1,2024-02-07 08:30:00,,10,e10,2024-07-01 12:00:00\n",
    )
    records, quarantined = read(tmp_path, "subscriptions", provided("mailchimp"))
    assert quarantined == []
    people = [record for record in records if isinstance(record, Subscription)]
    assert [(p.email, p.status, p.joined_at, p.left_at) for p in people] == [
        ("one@example.org", "active", from_iso("2025-01-07T08:30:00Z"), None),
        ("Two@Example.org", "active", from_iso("2025-01-08T00:00:01Z"), None),
        ("three@example.org", "left", from_iso("2024-01-07T08:30Z"), from_iso("2024-06-01T12Z")),
        ("four@example.org", "bounced", from_iso("2024-02-07T08:30Z"), from_iso("2024-07-01T12Z")),
    ]
    assert people[1].id == digest("two@example.org")


def test_a_substack_zip(tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    write(
        tmp_path,
        posts="post_id,post_date,is_published,email_sent_at,type,audience,title,subtitle\n"
        "101.first-letter,2025-01-07T07:00:00Z,true,2025-01-07T07:00:05.123Z,newsletter,everyone,First,\n"
        "102.about,2025-01-01T07:00:00Z,true,2025-01-01T07:00:00Z,page,everyone,About,\n"
        "103.draft,,false,,newsletter,everyone,Draft,\n"
        "104.web-only,2025-01-09T07:00:00Z,true,,newsletter,everyone,Web only,\n",
    )
    (tmp_path / "email_list.field-notes.csv").write_bytes(
        b"\xef\xbb\xbfemail,active_subscription,expiry,plan,email_disabled,created_at\n"
        b"One@example.org,false,,other,false,2024-10-05T10:00:00.000Z\n"
        b"gone@example.org,false,,other,TRUE,2024-10-06T10:00:00.000Z\n"
    )
    event = "post_id,timestamp,email,post_type,post_audience,active_subscription"
    write(
        tmp_path / "posts",
        **{
            "101.first-letter.delivers": f"{event}\n"
            "101,2025-01-07T07:00:09Z,one@example.org,newsletter,everyone,false\n",
            "101.first-letter.opens": f"{event},country,user_agent\n"
            "101,2025-01-07T09:00:00Z,ONE@example.org,newsletter,everyone,false,PT,Mail\n"
            "101,2025-01-07T19:00:00Z,one@example.org,newsletter,everyone,false,PT,Mail\n",
        },
    )
    (tmp_path / "posts" / "101.first-letter.html").write_text("<p>Invented</p>")
    maps = provided("substack")
    posts, listed = read(tmp_path, "posts", maps)
    assert listed == []
    assert [(p.id, p.title, p.opens_tracked) for p in posts if isinstance(p, Post)] == [
        ("101", "First", None)
    ]
    people, _ = read(tmp_path, "subscriptions", maps)
    assert [(p.status, p.id) for p in people if isinstance(p, Subscription)] == [
        ("active", digest("one@example.org")),
        ("left", digest("gone@example.org")),
    ]
    signals, _ = read(tmp_path, "signals", maps)
    assert [(s.kind, s.post_id, s.subscription_id) for s in signals if isinstance(s, Signal)] == [
        ("send", "101", digest("one@example.org")),
        ("open", "101", digest("one@example.org")),
        ("open", "101", digest("one@example.org")),
    ]


def test_a_buttondown_export(tmp_path: Path) -> None:
    write(
        tmp_path,
        emails="id,secondary_id,subject,publish_date,source,email_type,slug\n"
        "em_1,1,First,2025-01-07T07:00:00+00:00,api,public,first\nem_2,2,Draft,,api,public,draft\n",
        subscribers="id,secondary_id,email,notes,subscriber_type,referrer_url,utm_source,"
        "creation_date,subscription_date,unsubscription_date,tags,metadata\n"
        "sub_1,1,one@example.org,,regular,,podcast,2024-10-05T10:00:00+00:00,"
        "2024-10-06T10:00:00+00:00,,a;b,\"{'town': 'Harbour'}\"\n"
        "sub_2,2,two@example.org,,unsubscribed,https://example.org/,,2024-10-05T10:00:00+00:00,,"
        "2025-02-01T00:00:00+00:00,,\n"
        "sub_3,3,three@example.org,,unactivated,,,2024-10-05T10:00:00+00:00,,,,\n",
        events="id,token,email_id,subscriber__email,event_type,timestamp,metadata\n"
        "ev_1,t,em_1,one@example.org,delivered,2025-01-07T07:01:00+00:00,\n"
        "ev_2,t,em_1,one@example.org,opened,2025-01-07T08:01:00+00:00,\n"
        "ev_3,t,em_1,one@example.org,bounced,2025-01-07T08:01:00+00:00,\n",
    )
    maps = provided("buttondown")
    posts, listed = read(tmp_path, "posts", maps)
    assert ([p.id for p in posts if isinstance(p, Post)], listed) == (["em_1"], [])
    people, listed = read(tmp_path, "subscriptions", maps)
    assert listed == []
    assert [(p.status, p.source, p.left_at) for p in people if isinstance(p, Subscription)] == [
        ("active", "podcast", None),
        ("left", "https://example.org/", from_iso("2025-02-01")),
    ]
    assert people[0].joined_at == from_iso("2024-10-06T10:00Z")  # type: ignore[union-attr]
    signals, listed = read(tmp_path, "signals", maps)
    assert ([(s.kind, s.id) for s in signals if isinstance(s, Signal)], listed) == (
        [("send", "ev_1"), ("open", "ev_2")],
        [],
    )
    assert {s.subscription_id for s in signals if isinstance(s, Signal)} == {people[0].id}


# What a map can say

PEOPLE = '[subscriptions]\nid = "No"\nemail = "Mail"\njoined_at = "Since"\nstatus = "State"\n'


def test_times_of_another_form_and_zone(tmp_path: Path) -> None:
    write(tmp_path, subscriptions="No,Mail,Since,State\n1,a@b,03/15/2025 08:30 AM,Active\n")
    maps = PEOPLE.replace(
        '"Since"', '{ column = "since ", format = "%m/%d/%Y %I:%M %p", zone = "America/New_York" }'
    )
    (person,), _ = read(tmp_path, "subscriptions", maps)
    assert isinstance(person, Subscription)
    assert person.joined_at == from_iso("2025-03-15T12:30:00Z")


def test_a_time_of_the_wrong_form_costs_its_row(tmp_path: Path) -> None:
    write(tmp_path, subscriptions="No,Mail,Since,State\n1,a@b,2025-03-15,Active\n")
    maps = PEOPLE.replace('"Since"', '{ column = "Since", format = "%d.%m.%Y" }')
    records, (only,) = read(tmp_path, "subscriptions", maps)
    assert records == []
    assert (only.reason, only.id) == ("joined_at is not a time like %d.%m.%Y", "1")


def test_an_hour_that_came_twice_is_the_earlier(tmp_path: Path) -> None:
    write(tmp_path, subscriptions="No,Mail,Since,State\n1,a@b,2025-10-26 02:30,active\n")
    maps = PEOPLE.replace('"Since"', '{ column = "Since", zone = "Europe/Berlin" }')
    (person,), _ = read(tmp_path, "subscriptions", maps)
    assert isinstance(person, Subscription)
    assert person.joined_at == from_iso("2025-10-26T00:30:00Z")


def test_parquet_takes_maps_too(tmp_path: Path) -> None:
    table = pa.table({"No": [1], "Mail": ["a@b"], "Since": [NOW], "State": [True]})
    table = table.set_column(2, "Since", table["Since"].cast(pa.timestamp("us")))
    pq.write_table(table, tmp_path / "list.parquet")
    maps = PEOPLE.replace("[subscriptions]", '[subscriptions]\nfile = "list.parquet"').replace(
        '"State"', '{ column = "State", words = { true = "active" } }'
    )
    (person,), _ = read(tmp_path, "subscriptions", maps)
    assert isinstance(person, Subscription)
    assert (person.id, person.status, person.joined_at) == ("1", "active", NOW)
    with pytest.raises(
        InvalidFile, match="joined_at has a format, but the column Since holds times"
    ):
        read(
            tmp_path,
            "subscriptions",
            maps.replace('"Since"', '{ column = "Since", format = "%d.%m.%Y" }'),
        )


def test_a_walk_over_several_files_goes_on_from_any_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FilesConnector, "page_rows", 2)
    maps = (
        '[signals]\nfile = "o/*.csv"\nsubscription_id = "who"\nkind = { value = "open" }\n'
        'post_id = "post"\n'
    )
    (tmp_path / "o").mkdir()
    for number in range(3):
        rows = "".join(f"p{number},s{row}\n" for row in range(number + 1)) + ",nobody\n"
        (tmp_path / "o" / f"{number}.csv").write_text(f"post,who\n{rows}")
    connector = connector_of(tmp_path, maps)
    walk = walk_of(connector, "signals")
    pages = list(connector.pages(walk))
    assert len(everything(pages)[0]) == 6
    assert len(list((tmp_path / "o").glob("*.rejected.csv"))) == 3
    for index, page in enumerate(pages[:-1]):
        assert list(connector.pages(walk, page.cursor)) == pages[index + 1 :]
    refused = [fact for page in pages for fact in page.unused if fact.why == "refused"]
    assert [(fact.name, fact.detail, fact.number) for fact in refused] == [
        (f"o/{number}.csv", "post_id is empty", 1) for number in range(3)
    ]
    (tmp_path / "o" / "9.csv").write_text("post,who\n")
    with pytest.raises(CursorExpired):
        list(connector.pages(walk, pages[0].cursor))


def test_one_broken_file_of_several_costs_itself(tmp_path: Path) -> None:
    maps = '[signals]\nfile = "*.opens.csv"\nkind = { value = "open" }\n'
    write(tmp_path, **{"1.opens": "post_id,subscription_id\np,s\n", "2.opens": "post_id\np\n"})
    connector = connector_of(tmp_path, maps)
    (page,) = connector.pages(walk_of(connector, "signals"))
    assert [(row.post_id, row.kind) for row in page.records] == [("p", "open")]
    (only,) = page.quarantined
    assert only.reason.startswith(
        "2.opens.csv: line 1: the header lacks the column subscription_id"
    )
    (notice,) = page.notices
    assert notice.startswith("2.opens.csv was left out: line 1: the header lacks")
    assert [f.verdict for f in connector.preflight().findings if "opens" in f.name] == [
        "ok",
        "error",
    ]


# Maps that are wrong


@pytest.mark.parametrize(
    ("maps", "header", "message"),
    [
        (
            PEOPLE,
            "No,Mail,State",
            "names Since (joined_at), which the file lacks. It has",
        ),
        (
            PEOPLE,
            "No,Mail,Since,State,Mail",
            "names Mail twice. It has No, Mail, Since",
        ),
        (
            PEOPLE.replace("]\n", ']\nskip = { Kind = ["x"] }\n', 1),
            "No,Mail,Since,State",
            "names Kind (skip), which the file lacks",
        ),
        (
            '[subscriptions]\nid = "No"\n',
            "No,Mail",
            "lacks the column email, joined_at, status. It",
        ),
    ],
)
def test_columns_that_are_not_in_the_file(
    tmp_path: Path, maps: str, header: str, message: str
) -> None:
    write(tmp_path, subscriptions=f"{header}\n")
    with pytest.raises(InvalidFile) as raised:
        read(tmp_path, "subscriptions", maps)
    assert message in raised.value.happened
    assert raised.value.happened.startswith("subscriptions.csv, line 1: ")


WRONG = {
    "no such table": ("[people]\n", "people is not a table of posts, subscriptions, signals"),
    "no such column": (
        '[posts]\nmood = "x"\n',
        "mood is not a column of posts: choose from id, title",
    ),
    "two taken from one": (
        '[subscriptions]\nid = "Mail"\nemail = "Mail"\n',
        "id and email are taken from one column",
    ),
    "neither column nor value": (
        "[posts]\nid = { }\n",
        "either the column of the file or",
    ),
    "column and value": ('[posts]\nid = { column = "a", value = "b" }\n', "either the column"),
    "unknown word": ('[posts]\nid = { columm = "a" }\n', "columm"),
    "format of no time": ('[posts]\nid = { column = "a", format = "%Y-%m-%d" }\n', "not a time"),
    "no format": (
        '[posts]\nsent_at = { column = "a", format = "%Q" }\n',
        "not a time format",
    ),
    "format without a day": ('[posts]\nsent_at = { column = "a", format = "%H:%M" }\n', "year"),
    "no zone": ('[posts]\nsent_at = { column = "a", zone = "Mars/Base" }\n', "not a time zone"),
    "outside the folder": ('[posts]\nfile = "../x.csv"\n', "a name in the folder"),
    "absolute": ('[posts]\nfile = "/etc/x.csv"\n', "a name in the folder"),
    "another kind of file": ('[posts]\nfile = "x.xlsx"\n', "end with .csv"),
    "otherwise alone": ('[posts]\nid = { column = "a", otherwise = "b" }\n', "otherwise is for"),
    "several without files": ("[[posts]]\n[[posts]]\n", "each must name its file"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_map_that_is_wrong_is_named(tmp_path: Path, case: str) -> None:
    text, message = WRONG[case]
    with pytest.raises(ValidationError) as raised:
        connector_of(tmp_path, text)
    assert message in describe(raised.value, FilesSettings)


def test_one_file_taken_twice(tmp_path: Path) -> None:
    write(tmp_path, a="id,title,sent_at\n")
    with pytest.raises(InvalidFile, match=r"takes a\.csv twice"):
        read(tmp_path, "posts", '[[posts]]\nfile = "a.csv"\n[[posts]]\nfile = "*.csv"\n')
