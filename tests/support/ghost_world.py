"""What lives in the real Ghost of the tests: members and posts by its API, engagement by SQL.

Everything is decided by small rules over the number of the member and of the post, so that
figures can be worked out by hand. Each mailing is delivered within one second, as real ones
nearly are: walks that page by time alone lose most of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from support.ghost_server import GhostServer

MEMBERS = 300
POSTS = 12
FIRST_SEND = datetime(2026, 2, 2, 6, 0, tzinfo=UTC)
UNTRACKED = 5
"""The number of the post that was mailed with open tracking switched off."""
BODY = "<p>" + "An invented letter about tides and moorings. " * 20 + "</p>"


@dataclass
class GhostWorld:
    """A server and what was put into it. members and posts: their ids, by number."""

    server: GhostServer
    members: list[dict[str, str]] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)
    newsletter: str = ""
    made: int = 0

    def new_id(self) -> str:
        """24 hexadecimal digits that rise, as Ghost's ids do."""
        self.made += 1
        return f"69{self.made:022x}"

    def mail(self, number: int, *, late: bool = False) -> None:
        """Send post ``number`` to everybody subscribed; with ``late``, nobody has opened it yet."""
        email, batch, sent = self.new_id(), self.new_id(), sent_at(number)
        subscribed = self._subscribed()
        tracked = number != UNTRACKED
        recipients = [
            self._recipient(email, batch, member, number, tracked and not late)
            for member in self.members
            if member["id"] in subscribed
        ]
        self.server.insert("emails", [self._email(email, number, recipients, tracked)])
        facts = {"created_at": stamp(sent), "updated_at": stamp(sent)}
        self.server.insert(
            "email_batches",
            [{"id": batch, "email_id": email, "status": "submitted", "provider_id": "x", **facts}],
        )
        self.server.insert("email_recipients", recipients)
        self.server.change(
            "UPDATE posts SET newsletter_id = ? WHERE id = ?", self.newsletter, self.posts[number]
        )

    def respond(self, number: int) -> None:
        """Clicks, one-click answers and comments on post ``number``."""
        post, sent = self.posts[number], sent_at(number)
        facts = {"created_at": stamp(sent), "updated_at": stamp(sent)}
        links = [
            {
                "id": self.new_id(),
                "from": f"/r/{number}{link}",
                "to": f"https://example.org/{number}/{link}",
                "post_id": post,
                **facts,
            }
            for link in "ab"
        ]
        self.server.insert("redirects", links)
        opened = [member for member in self._there() if opens(int(member["number"]), number)]
        self.server.insert(
            "members_click_events",
            [
                {
                    "id": self.new_id(),
                    "member_id": member["id"],
                    "redirect_id": links[int(member["number"]) % 2]["id"],
                    # all within two seconds of an hour after sending
                    "created_at": stamp(
                        sent + timedelta(hours=1, seconds=int(member["number"]) % 2)
                    ),
                }
                for member in opened
                if int(member["number"]) % 2 == 0
            ],
        )
        self.server.insert("members_feedback", [*self._ratings(post, sent, number, opened)])
        self.server.insert("comments", [*self._comments(post, sent, number, opened)])

    def open_late(self, number: int, every: int = 3, after: timedelta = timedelta(hours=2)) -> int:
        """Some who had not opened post ``number`` turn out to have; how many."""
        where = (
            "opened_at IS NULL AND delivered_at IS NOT NULL"
            " AND email_id = (SELECT id FROM emails WHERE post_id = ?)"
            f" AND rowid % {every} = 0"
        )
        found = self.server.count(
            f"SELECT count(*) FROM email_recipients WHERE {where}", self.posts[number]
        )
        self.server.change(
            f"UPDATE email_recipients SET opened_at = ? WHERE {where}",
            stamp(sent_at(number) + after),
            self.posts[number],
        )
        return found

    def delete_post(self, number: int) -> str:
        """Delete a post by the API; its id."""
        post = self.posts[number]
        self.server.call("DELETE", f"/posts/{post}/")
        return post

    def delete_member(self, number: int) -> str:
        """Delete a member by the API; its id."""
        member = self.members[number]["id"]
        self.server.call("DELETE", f"/members/{member}/")
        return member

    def truth(self) -> dict[str, set[tuple[Any, ...]]]:
        """What Ghost's own database holds of each kind: id, member, post, time."""
        mailed = (
            "SELECT r.id, r.member_id, e.post_id, r.{0}"
            " FROM email_recipients r JOIN emails e ON e.id = r.email_id WHERE r.{0} IS NOT NULL"
        )
        questions = {
            "send": mailed.format("delivered_at"),
            "open": mailed.format("opened_at"),
            "click": (
                "SELECT c.id, c.member_id, l.post_id, c.created_at"
                " FROM members_click_events c JOIN redirects l ON l.id = c.redirect_id"
            ),
            "feedback": "SELECT id, member_id, post_id, created_at FROM members_feedback",
            # what was hidden or taken back stands while it has an answer that is shown
            "comment": (
                "SELECT id, member_id, post_id, created_at FROM comments"
                " WHERE member_id IS NOT NULL AND (status = 'published' OR id IN"
                " (SELECT parent_id FROM comments WHERE status = 'published'))"
            ),
        }
        return {kind: set(self.server.rows(sql)) for kind, sql in questions.items()}

    def _there(self) -> list[dict[str, str]]:
        known = {row[0] for row in self.server.rows("SELECT id FROM members")}
        return [member for member in self.members if member["id"] in known]

    def _subscribed(self) -> set[str]:
        return {row[0] for row in self.server.rows("SELECT member_id FROM members_newsletters")}

    def _email(
        self, email: str, number: int, recipients: list[dict[str, Any]], tracked: bool
    ) -> dict[str, Any]:
        moment = stamp(sent_at(number))
        return {
            "id": email,
            "post_id": self.posts[number],
            "uuid": f"00000000-0000-4000-8000-{number:012d}",
            "status": "submitted",
            "recipient_filter": "all",
            "email_count": len(recipients),
            "delivered_count": sum(row["delivered_at"] is not None for row in recipients),
            "opened_count": sum(row["opened_at"] is not None for row in recipients),
            "failed_count": sum(row["failed_at"] is not None for row in recipients),
            "subject": f"Letter {number}",
            "html": BODY,
            "plaintext": BODY,
            "source": BODY,
            "source_type": "html",
            "track_opens": int(tracked),
            "track_clicks": 1,
            "feedback_enabled": 1,
            "submitted_at": moment,
            "newsletter_id": self.newsletter,
            "created_at": moment,
            "created_by": "1",
            "updated_at": moment,
        }

    def _recipient(
        self, email: str, batch: str, member: dict[str, str], number: int, may_open: bool
    ) -> dict[str, Any]:
        person, sent = int(member["number"]), sent_at(number)
        failed = person % 50 == 49
        opened = may_open and opens(person, number) and not failed
        return {
            "id": self.new_id(),
            "email_id": email,
            "member_id": member["id"],
            "batch_id": batch,
            "processed_at": stamp(sent),
            "delivered_at": None if failed else stamp(sent + timedelta(seconds=5)),
            # a hundred and more within one second here, too
            "opened_at": stamp(sent + timedelta(minutes=30)) if opened else None,
            "failed_at": stamp(sent + timedelta(seconds=9)) if failed else None,
            "member_uuid": member["uuid"],
            "member_email": member["email"],
            "member_name": member["name"],
        }

    def _ratings(
        self, post: str, sent: datetime, number: int, people: list[dict[str, str]]
    ) -> Iterator[dict[str, Any]]:
        for member in people:
            if (int(member["number"]) + number) % 7 == 0:
                moment = stamp(sent + timedelta(hours=2))
                yield {
                    "id": self.new_id(),
                    "score": int(member["number"]) % 3 != 0,
                    "member_id": member["id"],
                    "post_id": post,
                    "created_at": moment,
                    "updated_at": moment,
                }

    def _comments(
        self, post: str, sent: datetime, number: int, people: list[dict[str, str]]
    ) -> Iterator[dict[str, Any]]:
        for member in people:
            if (int(member["number"]) + number) % 31 == 0:
                moment = stamp(sent + timedelta(hours=3))
                yield {
                    "id": self.new_id(),
                    "post_id": post,
                    "member_id": member["id"],
                    "status": "published",
                    "html": f"<p>Thanks for letter {number} &amp; more.</p><p>Till soon</p>",
                    "created_at": moment,
                    "updated_at": moment,
                }


def opens(person: int, number: int) -> bool:
    """Who opens what: one in five everything, one in five every sixth post, the rest nothing."""
    return person % 5 == 0 or (person % 5 == 1 and number % 6 == 0)


def sent_at(number: int) -> datetime:
    """A post a week."""
    return FIRST_SEND + timedelta(weeks=number)


def stamp(moment: datetime) -> str:
    """A time as Ghost's own columns hold it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def populate(server: GhostServer, members: int = MEMBERS, mailed: int = POSTS - 2) -> GhostWorld:
    """Members and posts, of which the first ``mailed`` were mailed; the others are written only."""
    world = GhostWorld(server)
    (letter,) = server.call("GET", "/newsletters/")["newsletters"]
    world.newsletter = letter["id"]
    _import_members(world, members)
    _write_posts(world)
    for number in range(mailed):
        world.mail(number)
        world.respond(number)
    return world


def _import_members(world: GhostWorld, members: int) -> None:
    rows = [
        # everybody was there before the first post; one in twenty takes no letters
        f"reader{n:03}@example.org,Reader {n},{'false' if n % 20 == 19 else 'true'},"
        f"{'harbour' if n % 4 == 0 else ''},2026-01-{1 + n % 28:02}T10:00:00.000Z"
        for n in range(members)
    ]
    table = "\n".join(["email,name,subscribed_to_emails,labels,created_at", *rows])
    files = {"membersfile": ("members.csv", table, "text/csv")}
    done = world.server.call("POST", "/members/upload/", files=files)
    assert done["meta"]["stats"]["imported"] == members
    found = world.server.rows("SELECT id, uuid, email, name FROM members ORDER BY email")
    world.members = [
        {"id": row[0], "uuid": row[1], "email": row[2], "name": row[3], "number": str(number)}
        for number, row in enumerate(found)
    ]
    world.server.change(
        "UPDATE members_created_events SET source = 'member', referrer_source = 'Harbour News',"
        " referrer_medium = 'web', referrer_url = 'https://example.org/harbour',"
        " attribution_type = 'url', attribution_url = '/tides/'"
        " WHERE member_id IN (SELECT id FROM members WHERE substr(email, 9, 1) IN ('0', '5'))"
    )


def _write_posts(world: GhostWorld) -> None:
    for number in range(POSTS):
        moment = sent_at(number).isoformat().replace("+00:00", ".000Z")
        row = {"title": f"Letter {number}", "status": "published", "published_at": moment}
        made = world.server.call("POST", "/posts/?source=html", json={"posts": [row]})
        world.posts.append(made["posts"][0]["id"])
