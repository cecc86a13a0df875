"""Newsletter lists (beta) and who stands on them."""

from __future__ import annotations

from typing import Any

from ..handler import Response
from ..newsletter_lists import LISTS, NewsletterList, is_member, leaving
from ..people import Person
from ..randomness import some_uuid
from ..snapshot_view import SnapshotView
from .context import Context, list_id
from .envelope import slice_cursor, slice_numbered
from .requests import ParsedRequest, Refusal, answer, missing


class Lists:
    """The endpoints below ``/newsletter_lists``."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._ids = {one: list_id(context.world.seed, one) for one in LISTS}
        self._members: dict[NewsletterList, list[tuple[Person, str]]] = {}
        self._stood: tuple[
            SnapshotView, frozenset[str], dict[NewsletterList, list[dict[str, Any]]]
        ] = (
            context.moment(),
            frozenset(),
            {},
        )

    def many(self, asking: ParsedRequest) -> Response:
        """The lists, by numbered pages."""
        moment = self._moment()
        lists = LISTS[::-1] if asking.descending else LISTS
        return slice_numbered(lists, asking, lambda one: self._row(moment, one))

    def one(self, asking: ParsedRequest, list_id: str) -> Response:
        """One list by id."""
        moment = self._moment()
        return answer({"data": self._row(moment, self._find(list_id))})

    def subscriptions(self, asking: ParsedRequest, list_id: str) -> Response:
        """Who stands on a list, or stood: a cursor walk."""
        moment, found = self._moment(), self._find(list_id)
        rows = self._standings(moment, found)
        if asking.descending:
            rows = rows[::-1]
        return slice_cursor(self.context.quirks, rows, asking, dict)

    def subscription(self, asking: ParsedRequest, list_id: str, standing_id: str) -> Response:
        """One standing by id."""
        moment, found = self._moment(), self._find(list_id)
        for row in self._standings(moment, found):
            if row["id"] == standing_id:
                return answer({"data": row})
        raise missing("Newsletter list subscription")

    def _moment(self) -> SnapshotView:
        if not self.context.quirks.lists_allowed:
            raise Refusal(404, "No such path", "NOT_FOUND")
        return self.context.moment()

    def _find(self, list_id: str) -> NewsletterList:
        for one in LISTS:
            if self._ids[one] == list_id:
                return one
        raise missing("Newsletter list")

    def _row(self, moment: SnapshotView, one: NewsletterList) -> dict[str, Any]:
        standing = self._standings(moment, one)
        return {
            "id": self._ids[one],
            "name": one.name,
            "slug": one.slug,
            "description": "",
            "status": one.status,
            "auto_subscribe": False,
            "show_in_preference_center": True,
            "subscriber_count": sum(row["status"] == "active" for row in standing),
            "created_at": self.context.world.schedule.started_s,
            "updated_at": moment.at_s,
            "from_address": "harbour@example.org",
            "reply_to_address": "harbour@example.org",
        }

    def _standings(self, moment: SnapshotView, one: NewsletterList) -> list[dict[str, Any]]:
        """Every standing on a list now, made once for as long as the clock stands still."""
        if self._stood[0] is not moment or self._stood[1] is not self.context.hidden:
            self._stood = (moment, self.context.hidden, {})
        rows = self._stood[2]
        if one not in rows:
            rows[one] = [
                self._standing(moment, one, person, standing_id)
                for person, standing_id in self._people_of(one)
                if person.joined_s <= moment.at_s
                and self.context.status(moment, person) is not None
            ]
        return rows[one]

    def _people_of(self, one: NewsletterList) -> list[tuple[Person, str]]:
        """Who is on a list, or will be once they have joined, each with the standing's id."""
        if one not in self._members:
            seed = self.context.world.seed
            self._members[one] = [
                (person, some_uuid(seed, f"list/{one.slug}/{person.key}"))
                for person in self.context.world.people
                if is_member(person, one)
            ]
        return self._members[one]

    def _standing(
        self, moment: SnapshotView, one: NewsletterList, person: Person, standing_id: str
    ) -> dict[str, Any]:
        left_s = leaving(person, one, moment.at_s)
        return {
            "id": standing_id,
            "newsletter_list_id": self._ids[one],
            "subscription_id": person.id,
            "status": "active" if left_s is None else "inactive",
            "subscribed_at": person.joined_s,
            "unsubscribed_at": left_s,
            "created_at": person.joined_s,
        }
