"""Subscriptions: the cursor walk, single look-ups, and every expansion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeAlias

import msgspec

from ..handler import Response
from ..people import Person
from ..schedule import DAY_S, HOUR_S
from ..snapshot_view import Counts, SnapshotView
from .context import Context
from .envelope import DEPRECATED, check_page, cursor_page, numbered_page
from .requests import JSON, ParsedRequest, bad, missing

Test: TypeAlias = Callable[[Person, str], bool]

_STATUSES = ("all", "validating", "invalid", "pending", "active", "inactive")
_KEPT = frozenset({"custom_fields", "tags", "newsletter_lists", "subscription_premium_tiers"})
_KEPT_SETS = 4


class Subscriptions:
    """The endpoints below ``/subscriptions``."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._texts: dict[frozenset[str], list[tuple[str, str] | None]] = {}
        self._counted: tuple[int, dict[tuple[str, ...], int]] = (-1, {})

    # --- one -------------------------------------------------------------------------------

    def one(self, asking: ParsedRequest, subscription_id: str) -> Response:
        """By id. People who are deleted or invalid answer 404."""
        return self._show(asking, self._places.get(subscription_id))

    def by_email(self, asking: ParsedRequest, email: str) -> Response:
        """By address: exact, whatever its case."""
        return self._show(asking, self._places_by_email.get(email.casefold()))

    def _show(self, asking: ParsedRequest, place: int | None) -> Response:
        moment = self.context.moment()
        if place is None or place >= moment.joined:
            raise missing("Subscription")
        status = self.context.status(moment, self.context.world.people[place])
        if status in (None, "invalid"):
            raise missing("Subscription")
        row = self._rows(moment, [(place, status or "")], asking.expand())[0]
        return Response(200, f'{{"data":{row}}}'.encode(), (JSON,))

    @cached_property
    def _places(self) -> dict[str, int]:
        return {person.id: place for place, person in enumerate(self.context.world.people)}

    @cached_property
    def _places_by_email(self) -> dict[str, int]:
        people = self.context.world.people
        return {person.email.casefold(): place for place, person in enumerate(people)}

    # --- many ------------------------------------------------------------------------------

    def many(self, asking: ParsedRequest) -> Response:
        """The list: a cursor walk, or numbered pages with a warning."""
        moment = self.context.moment()
        test, key = _filters(asking)
        asking.choice("order_by", ("created",))
        total = self._total(moment, test, key)
        page, limit = asking.page, asking.limit
        if page is not None:
            check_page(page)
            found, _ = self._found(moment, asking.descending, None, page * limit, test)
            rows = self._rows(moment, found[(page - 1) * limit :], asking.expand())
            shown = numbered_page(rows, page=page, limit=limit, total=total)
            return shown.with_headers(*DEPRECATED)
        found, following = self._found(moment, asking.descending, asking.cursor(), limit, test)
        rows = self._rows(moment, found, asking.expand())
        return cursor_page(self.context.quirks, rows, limit=limit, following=following, total=total)

    def _found(
        self,
        moment: SnapshotView,
        descending: bool,
        start: int | None,
        limit: int,
        test: Test | None,
    ) -> tuple[list[tuple[int, str]], int | None]:
        """The next ``limit`` (place, status) from ``start`` on, and the place of the one after."""
        people, status_of = self.context.world.people, self.context.status
        step = -1 if descending else 1
        place = start if start is not None else (moment.joined - 1 if descending else 0)
        found: list[tuple[int, str]] = []
        while 0 <= place < moment.joined:
            status = status_of(moment, people[place])
            if status is not None and (test is None or test(people[place], status)):
                if len(found) == limit:
                    return found, place
                found.append((place, status))
            place += step
        return found, None

    def _total(self, moment: SnapshotView, test: Test | None, key: tuple[str, ...]) -> int:
        if test is None:
            return moment.present - len(self.context.hidden)
        if self._counted[0] != moment.at_s:
            self._counted = (moment.at_s, {})
        counts = self._counted[1]
        if key not in counts:
            counts[key] = sum(test(person, status) for person, status in moment.people())
        return counts[key]

    def of(self, asking: ParsedRequest, ids: Sequence[str]) -> Response:
        """The subscriptions with these ids, by numbered pages."""
        moment, expand = self.context.moment(), asking.expand()
        page, limit = asking.page or 1, asking.limit
        places = [self._places[one] for one in ids[(page - 1) * limit : page * limit]]
        people = self.context.world.people
        found = [(place, self.context.status(moment, people[place]) or "") for place in places]
        rows = self._rows(moment, found, expand)
        return numbered_page(rows, page=page, limit=limit, total=len(ids))

    # --- rows ------------------------------------------------------------------------------

    def _rows(
        self, moment: SnapshotView, found: Sequence[tuple[int, str]], expand: frozenset[str]
    ) -> list[str]:
        people, texts = self.context.world.people, self._kept_texts(expand & _KEPT)
        stats, referrals = "stats" in expand, "referrals" in expand
        rows = []
        for place, status in found:
            person = people[place]
            text = texts[place]
            if text is None:
                text = texts[place] = _texts(person, expand & _KEPT)
            more = self._referrals(moment, person) if referrals else ""
            if stats:
                more += self._stats(moment, person, status)
            if self.context.quirks.unannounced:
                more += _UNANNOUNCED
            rows.append(f"{text[0]}{status}{text[1]}{more}}}")
        return rows

    def _kept_texts(self, expand: frozenset[str]) -> list[tuple[str, str] | None]:
        """What of each row never changes, as JSON text, for one choice of expansions."""
        if expand not in self._texts:
            if len(self._texts) >= _KEPT_SETS:
                self._texts.clear()
            self._texts[expand] = [None] * len(self.context.world.people)
        return self._texts[expand]

    def _referrals(self, moment: SnapshotView, person: Person) -> str:
        brought = [
            {"id": other.id, "email": other.email, "status": status}
            for other in self._brought.get(person.key, ())
            if (status := self.context.status(moment, other)) is not None
        ]
        return f',"referrals":{msgspec.json.encode(brought).decode()}'

    @cached_property
    def _brought(self) -> dict[str, list[Person]]:
        found: dict[str, list[Person]] = {}
        for person in self.context.world.people:
            if person.referrer:
                found.setdefault(person.referrer, []).append(person)
        return found

    def _stats(self, moment: SnapshotView, person: Person, status: str) -> str:
        quirks = self.context.quirks
        if status == "invalid":
            return ',"stats":null'
        fresh = moment.at_s - person.joined_s < HOUR_S
        if fresh or person.sight == "unshown" or status in ("pending", "validating"):
            return ""
        mark = int(person.id[-4:], 16)
        if quirks.missing_stats and mark % 10 == 0:
            return ""
        counts = moment.counts(person)
        if quirks.recount and mark % 3 == 0:
            counts = Counts(*(max(0, count - quirks.recount) for count in counts))
        return _stats_text(counts, quirks.stats)


def _filters(asking: ParsedRequest) -> tuple[Test | None, tuple[str, ...]]:
    """The filters asked for as one test; None when nothing is filtered."""
    status = asking.choice("status", _STATUSES)
    tier = asking.choice("tier", ("all", "free", "premium"))
    email = (asking.one("email") or "").casefold()
    day = asking.one("creation_date") or ""
    start_s = _day_s(day)
    tiers = asking.many("premium_tiers") | asking.many("premium_tier_ids")
    key = (status, tier, email, day, *sorted(tiers))
    if key == ("all", "all", "", ""):
        return None, key

    def test(person: Person, now: str) -> bool:
        return (
            status in ("all", now)
            and (tier == "all" or person.premium == (tier == "premium"))
            and (not email or person.email.casefold() == email)
            and (start_s is None or 0 <= person.joined_s - start_s < DAY_S)
            and (not tiers or (person.premium and bool(tiers & {TIER["id"], TIER["name"]})))
        )

    return test, key


def _day_s(text: str) -> int | None:
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y/%m/%d").replace(tzinfo=UTC)
    except ValueError:
        raise bad("creation_date must be written YYYY/MM/DD") from None
    return int(day.timestamp())


_UNANNOUNCED = ',"x_unannounced":{"since":2026}'
TIER = {
    "id": "tier_00000000-0000-4000-8000-00000000face",
    "name": "Harbour friend",
    "status": "active",
}


def _texts(person: Person, expand: frozenset[str]) -> tuple[str, str]:
    """The row before its status and after it, as JSON text without the closing brace."""
    first = msgspec.json.encode({"id": person.id, "email": person.email}).decode()
    rest: dict[str, Any] = {
        "created": person.joined_s,
        "subscription_tier": "premium" if person.premium else "free",
        "subscription_premium_tier_names": [TIER["name"]] if person.premium else [],
        "stripe_customer_id": f"cus_invented{person.key}" if person.premium else None,
        "utm_source": person.channel.source,
        "utm_medium": person.channel.medium,
        "utm_channel": person.channel.name,
        "utm_campaign": "",
        "utm_term": "",
        "utm_content": "",
        "referring_site": person.channel.site,
        "referral_code": person.referral_code,
        **_kept(person, expand),
    }
    return f'{first[:-1]},"status":"', f'",{msgspec.json.encode(rest).decode()[1:-1]}'


def _kept(person: Person, expand: frozenset[str]) -> dict[str, Any]:
    number = int(person.key[1:])
    every: dict[str, tuple[str, Any]] = {
        "custom_fields": ("custom_fields", _custom_fields(person, number)),
        "tags": ("tags", ["early"] if number % 11 == 0 else []),
        "newsletter_lists": ("newsletter_list_ids", []),
        "subscription_premium_tiers": (
            "subscription_premium_tiers",
            [TIER] if person.premium else [],
        ),
    }
    return dict(every[name] for name in sorted(expand))


def _custom_fields(person: Person, number: int) -> list[dict[str, Any]]:
    if number % 3:
        return []
    return [
        {"name": "First Name", "kind": "string", "value": f"{person.word} {person.key}"},
        {"name": "Boats", "kind": "integer", "value": number % 4},
        {"name": "Topics", "kind": "list", "value": ["tides", "日本の港"]},
    ]


def _stats_text(counts: Counts, shape: str) -> str:
    sent, received, opened, clicked, clicks = (0,) * 5 if shape == "zero" else counts
    open_rate = _percent(opened, received)
    if shape == "documented":
        return (
            f',"stats":{{"emails_received":{received},"open_rate":{open_rate},'
            f'"click_through_rate":{_percent(clicked, received)}}}'
        )
    # Live, the click rate is of those who opened, not of those who received.
    return (
        f',"stats":{{"total_sent":{sent},"total_received":{received},'
        f'"total_unique_opened":{opened},"total_clicked":{clicks},'
        f'"total_unique_clicked":{clicked},"open_rate":{open_rate},'
        f'"click_rate":{_percent(clicked, opened)}}}'
    )


def _percent(part: int, whole: int) -> float | int:
    """A percentage with two decimals; zero of nothing is a bare zero."""
    return round(100 * part / whole, 2) if part and whole else 0
