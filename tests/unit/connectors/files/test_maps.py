"""What a column map can say, on invented exports of the shapes that providers write.

The right values are worked out by hand beside each export.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from support.mapped_files import pages, records, write

from regulars_connectors.errors import InvalidFile
from regulars_connectors.instants import from_iso
from regulars_connectors.records import Post, SignalKind, Subscription

MAPS = Path(__file__).parents[4] / "docs" / "how-to" / "import-files-maps"


def provided(provider: str) -> dict[str, Any]:
    return tomllib.loads((MAPS / f"{provider}.toml").read_text())


def unused(folder: Path, stream: str, columns: str | Mapping[str, Any]) -> list[Any]:
    return [fact for page in pages(folder, stream, columns) for fact in page.unused]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


# Machines, by words and forms

AGENTS = {
    "Mozilla/5.0": True,
    "mozilla/5.0": True,
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)": (
        None
    ),
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/42.0.2311.135 Safari/537.36"
    " Edge/12.246 Mozilla/5.0": True,
    '"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"': (
        None
    ),
    "": None,
}


def test_user_agents_of_machines(tmp_path: Path) -> None:
    rows = "".join(
        f"7,2025-01-07T09:0{number}:00Z,r{number}@example.org,{agent}\n"
        for number, agent in enumerate(AGENTS)
    )
    write(tmp_path, {"posts/7.opens.csv": f"post_id,timestamp,email,user_agent\n{rows}"})
    found = records(tmp_path, "signals", provided("substack"))
    assert [signal.machine for signal in found] == list(AGENTS.values())


def test_an_older_export_lacks_the_user_agent(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"posts/7.opens.csv": "post_id,timestamp,email\n7,2025-01-07T09:00:00Z,a@example.org\n"},
    )
    (signal,) = records(tmp_path, "signals", provided("substack"))
    assert (signal.kind, signal.machine) == ("open", None)


def test_machines_in_words_of_another_export(tmp_path: Path) -> None:
    write(tmp_path, {"o.csv": "p,s,bot\n1,a,apple\n1,b,generic\n1,c,human\n1,d,\n1,e,robot 7\n"})
    maps = """
        [signals]
        file = "o.csv"
        post_id = "p"
        subscription_id = "s"
        kind = { value = "open" }
        [signals.machine]
        column = "bot"
        words = { apple = "true", generic = "true", human = "false" }
        like = { "robot *" = "true" }
        otherwise = ""
    """
    found = records(tmp_path, "signals", maps)
    assert [signal.machine for signal in found] == [True, True, False, None, True]


# A post whose time of mailing is missing


def substack_posts(tmp_path: Path, rows: str, files: Mapping[str, str]) -> Path:
    header = "post_id,post_date,is_published,email_sent_at,type,title\n"
    return write(tmp_path, {"posts.csv": header + rows, **files})


def test_a_mailed_post_without_its_time_has_that_of_its_first_delivery(tmp_path: Path) -> None:
    # 11 was mailed, the first time at 07:00:03; 12 says its time; 13 has no delivery, so it was
    # not mailed; the file of 14 is a header only, and that of 15 is empty.
    substack_posts(
        tmp_path,
        "11.one,2025-01-07T07:00:00Z,true,,newsletter,One\n"
        "12.two,2025-01-14T07:00:00Z,true,2025-01-14T07:00:05Z,newsletter,Two\n"
        "13.web,2025-01-15T07:00:00Z,true,,newsletter,Web\n"
        "14.three,2025-01-21T07:00:00Z,true,,newsletter,Three\n"
        "15.four,2025-01-28T07:00:00Z,true,,newsletter,Four\n"
        "16.about,2025-01-28T07:00:00Z,true,,page,About\n",
        {
            "posts/11.one.delivers.csv": "post_id,timestamp,email\n"
            "11,2025-01-07T07:00:09Z,a@example.org\n11,2025-01-07T07:00:03Z,b@example.org\n",
            "posts/14.delivers.csv": "post_id,timestamp,email\n",
            "posts/15.delivers.csv": "",
            # another post's, whose id begins alike
            "posts/131.delivers.csv": "post_id,timestamp,email\n13,2025-01-15T07:00:00Z,a@e.org\n",
        },
    )
    found = records(tmp_path, "posts", provided("substack"))
    assert [(post.id, post.sent_at) for post in found] == [
        ("11", from_iso("2025-01-07T07:00:03Z")),
        ("12", from_iso("2025-01-14T07:00:05Z")),
    ]
    facts = unused(tmp_path, "posts", provided("substack"))
    assert [(f.detail, f.number) for f in facts if f.why == "passed_over"] == [
        ("sent_at is empty", 3),
        ("type is page", 1),
    ]


# The post named by the file, or by its title

CAMPAIGNS = (
    "Title,Subject,Send Date,Successful Deliveries,Unique Id\n"
    'Tide & time: a letter,Tide,"Mar 05, 2024 07:00 am","1,002",c1\n'
    'Second letter,Second,"Mar 12, 2024 07:30 pm","12,345",c2\n'
)


def test_a_post_named_by_the_file(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "campaigns.csv": CAMPAIGNS,
            "granular_activity/opens/81_-tide-time-a-letter.csv": "Timestamp,Email,IP\n"
            "2024-03-05 08:10:11,A@example.org,192.0.2.1\n",
            "granular_activity/opens/82_-second-letter.csv": "Timestamp,Email,IP\n"
            "2024-03-12 20:00:00,a@example.org,192.0.2.1\n",
            "granular_activity/clicks/82_-second-letter.csv": "Timestamp,Email,Url\n"
            '2024-03-12 20:01:00,a@example.org,"https://example.org/a?x=1,2"\n',
        },
    )
    posts = records(tmp_path, "posts", provided("mailchimp"))
    assert [(p.id, p.sent_at, p.delivered) for p in posts] == [
        ("c1", from_iso("2024-03-05T07:00:00Z"), 1002),
        ("c2", from_iso("2024-03-12T19:30:00Z"), 12345),
    ]
    found = records(tmp_path, "signals", provided("mailchimp"))
    assert [(s.kind, s.post_id, s.subscription_id, s.url) for s in found] == [
        ("open", "c1", digest("a@example.org"), None),
        ("open", "c2", digest("a@example.org"), None),
        ("click", "c2", digest("a@example.org"), "https://example.org/a?x=1,2"),
    ]


def test_the_number_in_a_files_name_may_be_the_post(tmp_path: Path) -> None:
    write(tmp_path, {"opens/4711_-x.csv": "who\ns1\n", "opens/no number.csv": "who\ns1\n"})
    maps = """
        [signals]
        file = "opens/*.csv"
        post_id = { file_name = "{}_*.csv" }
        subscription_id = "who"
        kind = { value = "open" }
    """
    (signal,) = records(tmp_path, "signals", maps)
    assert signal.post_id == "4711"
    facts = unused(tmp_path, "signals", maps)
    assert [f.name for f in facts if f.why == "unmatched"] == ["opens/no number.csv"]


def test_a_title_of_two_posts_or_of_none_costs_the_row(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "broadcasts.csv": 'Subject,Date,Recipients\nNews,2025-01-07,"1,566"\n'
            "News,2025-02-07,9\nOnce,2025-03-07,60.0\n",
            "News - Opened subscribers.csv": "id,email\n101,a@example.org\n",
            "Once - Opened subscribers.csv": "id,email\n101,a@example.org\n",
            "Never - Opened subscribers.csv": "id,email\n101,a@example.org\n",
        },
    )
    posts = records(tmp_path, "posts", provided("kit"))
    assert [(post.title, post.delivered) for post in posts] == [
        ("News", 1566),
        ("News", 9),
        ("Once", 60),
    ]
    assert len({post.id for post in posts}) == 3
    (signal,) = records(tmp_path, "signals", provided("kit"))
    assert (signal.post_id, signal.subscription_id, signal.id) == (posts[2].id, "101", None)
    facts = [f for f in unused(tmp_path, "signals", provided("kit")) if f.why == "refused"]
    assert {(f.name, f.detail) for f in facts} == {
        (
            "News - Opened subscribers.csv",
            "post_id may be several of the posts, which have the same Subject",
        ),
        (
            "Never - Opened subscribers.csv",
            "post_id is in none of the posts of the folder, by Subject",
        ),
    }


def test_the_title_of_a_post_may_be_its_id(tmp_path: Path) -> None:
    write(tmp_path, {"list.csv": "Subject,Date\nSpring,2026-02-17\n", "o.csv": "id\n101\n"})
    maps = """
        [posts]
        file = "list.csv"
        id = "Subject"
        title = "Subject"
        sent_at = "Date"
        [signals]
        file = "o.csv"
        post_id = { value = "Spring" }
        subscription_id = "id"
        kind = { value = "open" }
    """
    (post,) = records(tmp_path, "posts", maps)
    (signal,) = records(tmp_path, "signals", maps)
    assert (post.id, signal.post_id, signal.subscription_id) == ("Spring", "Spring", "101")


def test_a_value_can_be_digested_and_looked_up(tmp_path: Path) -> None:
    write(tmp_path, {"list.csv": "Subject,Date\nSpring,2026-02-17\n", "o.csv": "id\n101\n"})
    maps = """
        [posts]
        file = "list.csv"
        id = { column = "Subject", digest = true }
        title = "Subject"
        sent_at = "Date"
        [signals]
        file = "o.csv"
        post_id = { value = "SPRING", VALUE }
        subscription_id = "id"
        kind = { value = "open" }
    """
    for key in ("digest = true", 'by = "Subject"'):
        (signal,) = records(tmp_path, "signals", maps.replace("VALUE", key))
        assert signal.post_id == digest("spring")


def test_all_files_of_buttondown(tmp_path: Path) -> None:
    # Of nine events three say nothing of reading and one is a welcome without a post; the comment
    # names its post by the subject and its reader, s-1, whose id here comes of an address.
    write(
        tmp_path,
        {
            "emails.csv": "id,subject,publish_date\ne-1,First light,2025-01-07T07:00:00+00:00\n"
            "e-2,Draft,\n",
            "subscribers.csv": "id,email,subscriber_type,referrer_url,utm_source,creation_date,"
            "subscription_date,unsubscription_date\n"
            "s-1,one@example.org,regular,,,2024-10-05T10:00:00+00:00,,\n"
            "s-2,two@example.org,unactivated,,,2024-10-05T10:00:00+00:00,,\n",
            "events.csv": "id,email_id,subscriber__email,event_type,timestamp\n"
            "v1,e-1,one@example.org,attempted,2025-01-07T07:00:00+00:00\n"
            "v2,e-1,one@example.org,delivered,2025-01-07T07:01:00+00:00\n"
            "v3,e-1,one@example.org,opened,2025-01-07T08:01:00+00:00\n"
            "v4,,one@example.org,delivered,2025-01-07T08:01:00+00:00\n"
            "v5,,one@example.org,subscribed,2025-01-07T08:01:00+00:00\n"
            "v6,e-1,one@example.org,shrugged,2025-01-07T08:01:00+00:00\n",
            "surveys.csv": "survey__identifier,subscriber__email,answer,email_id,automation_id\n"
            'tea,one@example.org,"Green, please",e-1,\n',
            "comments.csv": "id,email,subscriber_id,creation_date\n"
            "k-1,First light,s-1,2025-01-08T15:31:12+00:00\n"
            "k-2,First light,s-9,2025-01-08T15:31:12+00:00\n",
        },
    )
    maps = provided("buttondown")
    one = digest("one@example.org")
    found = records(tmp_path, "signals", maps)
    assert sorted((s.kind, s.id, s.post_id, s.subscription_id, s.answer) for s in found) == [
        ("comment", "k-1", "e-1", one, None),
        ("open", "v3", "e-1", one, None),
        ("send", "v2", "e-1", one, None),
        ("survey", None, "e-1", one, "Green, please"),
    ]
    facts = [(f.why, f.detail, f.number) for f in unused(tmp_path, "signals", maps) if f.number]
    assert sorted(facts) == [
        ("passed_over", "event_type is attempted", 1),
        ("passed_over", "event_type is subscribed", 1),
        ("passed_over", "post_id is empty", 1),
        ("refused", f"kind must be one of {', '.join(get_args(SignalKind))}", 1),
        ("refused", "subscription_id is in none of the subscriptions of the folder, by id", 1),
    ]  # fmt: skip
    columns = [f for f in unused(tmp_path, "subscriptions", maps) if f.why == "columns"]
    assert columns == []  # id is read: a comment names its reader by it


# People whose joining nobody knows, and their names


def test_sendy_without_times_of_joining(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "all.csv": '"Name","Email","Joined","Added via","Status"\n'
            '"Ada","Ada@example.org","2023/04/19","App","Active"\n'
            '"Bo","bo@example.org","","App","Active"\n'
            '"Cy","cy@example.org","2023-04-19 07:30:00","App","Unsubscribed"\n'
            '"Di","di@example.org","1681889400","App","Bounced"\n'
            '"Ed","ed@example.org","some day","App","Marked as spam"\n'
            '"Fi","fi@example.org","2023/04/19","App","Unconfirmed"\n'
        },
    )
    (page,) = pages(tmp_path, "subscriptions", provided("sendy"))
    people = [p for p in page.records if isinstance(p, Subscription)]
    day, morning = from_iso("2023-04-19"), from_iso("2023-04-19T07:30:00Z")
    assert [(p.name, p.status, p.joined_at, p.spell) for p in people] == [
        ("Ada", "active", day, "2023-04-19T00:00:00Z"),
        ("Bo", "active", None, ""),
        ("Cy", "left", morning, "2023-04-19T07:30:00Z"),
        ("Di", "bounced", morning, "2023-04-19T07:30:00Z"),
    ]
    assert [row.reason for row in page.quarantined] == [
        "joined_at is not a time like %Y/%m/%d or %Y/%m/%d %H:%M or iso or epoch_seconds"
    ]


def test_a_list_without_any_time_of_joining_says_so(tmp_path: Path) -> None:
    write(tmp_path, {"subscriptions.csv": "id,email,status\n1,a@example.org,active\n"})
    maps = '[subscriptions]\njoined_at = { value = "" }\n'
    (person,) = records(tmp_path, "subscriptions", maps)
    assert (person.joined_at, person.spell) == (None, "")
    with pytest.raises(InvalidFile, match="lacks the column joined_at"):
        records(tmp_path, "subscriptions", "[subscriptions]\n")


def test_a_contact_that_never_opted_in(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"subscribed_x.csv": "Email Address,OPTIN_TIME,CONFIRM_TIME\na@example.org,,\n"},
    )
    (person,) = records(tmp_path, "subscriptions", provided("mailchimp"))
    assert (person.status, person.joined_at) == ("active", None)


def test_listmonk(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "subscribers.csv": "uuid,email,name,attributes,status,created_at\n"
            "u-1,a@example.org,Ada,{},enabled,2024-02-01 10:11:12.123456 +0000 UTC\n"
            "u-2,b@example.org,Bo,{},disabled,2024-02-03 15:41:12.12 +0530 IST\n"
            "u-3,c@example.org,Cy,{},blocklisted,2024-02-04 10:11:12 +0100 +01\n",
            "campaigns.csv": "uuid,subject,started_at\nc-1,First,2024-03-01 07:00:00 +0000 UTC\n"
            "c-2,Never sent,\n",
            "campaign_views.csv": "campaign_uuid,subscriber_uuid,created_at\n"
            "c-1,u-1,2024-03-01 08:00:00.5 +0000 UTC\nc-1,,2024-03-01 08:01:00 +0000 UTC\n",
            "link_clicks.csv": "campaign_uuid,subscriber_uuid,url,created_at\n"
            "c-1,u-1,https://example.org/,2024-03-01 08:02:00 +0000 UTC\n",
        },
    )
    maps = provided("listmonk")
    people = records(tmp_path, "subscriptions", maps)
    assert [(p.name, p.status, p.joined_at) for p in people] == [
        ("Ada", "active", from_iso("2024-02-01T10:11:12.123456Z")),
        ("Bo", "left", from_iso("2024-02-03T10:11:12.12Z")),
        ("Cy", "removed", from_iso("2024-02-04T09:11:12Z")),
    ]
    assert [post.id for post in records(tmp_path, "posts", maps)] == ["c-1"]
    found = records(tmp_path, "signals", maps)
    assert [(s.kind, s.post_id, s.subscription_id, s.at) for s in found] == [
        ("open", "c-1", "u-1", from_iso("2024-03-01T08:00:00.5Z")),
        ("click", "c-1", "u-1", from_iso("2024-03-01T08:02:00Z")),
    ]


# Whole numbers


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("1,003", 1003), ("12,345,678", 12345678), ("1.003", 1003), ("1 003", 1003), ("60.0", 60),
        ("7", 7), ("1,00", None), ("1,003.5", None), ("", None), ("n/a", None), ("1,003.417", None),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(tmp_path: Path, cell: str, number: int | None) -> None:
    write(tmp_path, {"posts.csv": f'id,title,sent_at,delivered\np,A,2025-01-07,"{cell}"\n'})
    (post,) = records(tmp_path, "posts", None)
    assert isinstance(post, Post)
    assert post.delivered == number
