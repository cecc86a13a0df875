"""Everybody's history, counted once more in plain Python: one standing and one post at a time.

It begins where ``exports_by_hand`` ends, with what files say, and shares standings, posts and
clicks with the other counts by hand. Each function names the part of
``docs/explanation/what-counts-as-evidence.md`` whose rule it applies, or of the measurement model.
Signals alone are counted here: files hold no running totals, so that there are no blocks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from support.clicks_by_hand import Click, verdicts
from support.exports_by_hand import Known
from support.mails_by_hand import Mail, Rule, mails_of, rule_of
from support.spells_by_hand import FOREVER, Key, Stretch, World, stretches

ANSWERS = ("reply", "comment", "poll", "survey", "feedback")
NOTHING, SENT, MACHINE, PLAIN, OPEN, CLICK, ANSWER = range(-1, 6)
"""From no evidence to the strongest sign: "From the strongest sign to none"."""
_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)
Name = tuple[str, str]
"""A subscription: its connection and id."""


class Sign(NamedTuple):
    """What a subscription shows about a post."""

    mail: Mail
    name: Name
    strength: int
    at: datetime


class Word(NamedTuple):
    """Something that a person wrote. at: when, or when it counts from.

    alive_at: when they were surely there. Without a time, that is when the post went out.
    """

    name: Name
    kind: str
    at: datetime
    alive_at: datetime


class Unit(NamedTuple):
    """A post, or a week of posts, that reached somebody.

    outcome: 1 it can be judged, 0 machines alone, -1 not measured. is_blind: its opens are not
    recorded, or it cannot be said whether it was for them, so that it is nobody's opportunity.
    is_plain: read by an open whose maker is unknown, and by nothing stronger.
    """

    number: int
    sent_at: datetime
    outcome: int
    is_read: bool
    is_plain: bool
    is_blind: bool
    opens: int
    clicks: int
    answers: int
    read_at: datetime | None


class Cell(NamedTuple):
    """What the model knows of a standing.

    x: reads. n: opportunities. t: how many of these lie up to the last read or proof of life.
    b: posts with unrecorded opens after the last opportunity and the last proof of life.
    """

    x: int
    t: int
    n: int
    b: int


@dataclass
class Standing:
    """One standing of a person, with what reached them in it, the newest first.

    names: all subscriptions that the person ever had. until: None while it lasts.
    """

    names: frozenset[Name]
    number: int
    since: datetime
    until: datetime | None
    end_kind: str
    is_dated: bool
    is_unsure: bool
    spells: list[tuple[Name, Stretch]]
    units: list[Unit] = field(default_factory=list)
    alive: list[int] = field(default_factory=list)
    """Units at which they are known to have been there: by a click, or by what they wrote."""

    def cell(self, left_out: Collection[int] = ()) -> Cell:
        """Measurement model, 1.4 and 1.5. left_out: units that are nobody's opportunity."""
        open_to = [
            unit
            for unit in self.units
            if unit.outcome == 1 and not unit.is_blind and unit.number not in left_out
        ]
        reads = [unit.number for unit in open_to if unit.is_read]
        last_alive = max([*reads, *self.alive], default=-1)
        last = max([*self.alive, *(unit.number for unit in open_to)], default=-1)
        return Cell(
            len(reads),
            sum(unit.number <= last_alive for unit in open_to),
            len(open_to),
            sum(
                unit.is_blind and unit.number > last and unit.number not in left_out
                for unit in self.units
            ),
        )


@dataclass
class Histories:
    """All standings that began by ``as_of``.

    sent: when every unit that can be judged went out first, wherever that was, by its number.
    going_on: the weeks of these that may still be read for the first time, or ended just now.
    """

    as_of: datetime
    rule: Rule
    sent: dict[int, datetime]
    going_on: frozenset[int]
    standings: list[Standing]
    words: list[Word]

    @property
    def numbers(self) -> list[int]:
        """Of all units that can be judged, the oldest first."""
        return sorted(self.sent)

    def present(self) -> list[Standing]:
        """Those of people who are there."""
        return [one for one in self.standings if one.end_kind == "open"]


def count_histories(known: Mapping[str, Known], as_of: datetime, zone: ZoneInfo) -> Histories:
    """The whole count at a moment, which lacks a zone and means UTC, as all moments here do."""
    mails = [mail for mail in mails_of(dict(known), as_of) if mail.sent_at < as_of]
    rule = rule_of(mails)
    matured = [mail for mail in mails if mail.matured_at <= as_of]
    standings = list(_standings(known, as_of))
    signs = [sign for sign in _signs(known, matured) if sign.at < as_of]
    by_name: dict[Name, list[Sign]] = defaultdict(list)
    for sign in signs:
        by_name[sign.name].append(sign)
    partly = {mail for mail in matured if _is_for_a_part(mail, standings)}
    with_list = {sign.mail for sign in signs if sign.strength == SENT}
    for one in standings:
        units = list(_posts(one, matured, by_name, partly, with_list))
        units = _weeks(units, zone) if rule.by_week else units
        one.units = sorted(units, key=lambda unit: unit.number, reverse=True)
    sent = [(_week(m.sent_at, zone) if rule.by_week else m.issue, m.sent_at) for m in matured]
    words = [word for word in _words(known, mails) if word.at < as_of]
    for one in standings:
        one.alive = list(_signs_of_life(one, words, sent))
    first = dict(sorted(sent, reverse=True))  # the last of equal keys stays
    weeks = first if rule.by_week else ()
    going_on = frozenset(week for week in weeks if _goes_on(week, zone, as_of))
    return Histories(as_of, rule, first, going_on, standings, words)


def _signs_of_life(
    one: Standing, words: Sequence[Word], sent: Sequence[tuple[int, datetime]]
) -> Iterator[int]:
    """Measurement model, 1.4: whoever writes at a moment is there for what was sent before it."""
    yield from (unit.number for unit in one.units if unit.clicks or unit.answers)
    for word in words:
        is_theirs = word.name in one.names and one.since <= word.at
        if is_theirs and (one.until is None or word.at < one.until):
            yield from (number for number, at in sent if at <= word.alive_at)


def _standings(known: Mapping[str, Known], as_of: datetime) -> Iterator[Standing]:
    """ "Who was there": spells that follow each other within a minute are one standing."""
    owned: dict[str, set[Name]] = defaultdict(set)
    keys = []
    for one in known.values():
        for (name, spell), key in one.keys.items():
            person = one.addresses.get(name) or f"{one.name}/{name}"
            owned[person].add((one.name, name))
            keys.append(Key(person, one.name, name, spell, key.words))
    told = stretches(_world(known, keys))
    for names in owned.values():
        spells = [
            (name, stretch)
            for name in names
            for stretch in told.get(name, [])
            if stretch.starts_at <= as_of and stretch.starts_at < stretch.ends_at
        ]
        for number, chain in enumerate(_chains(spells), 1):
            yield _standing(frozenset(names), number, chain, as_of)


def _world(known: Mapping[str, Known], keys: list[Key]) -> World:
    posts = {one.name: [post.sent_at for post in one.posts.values()] for one in known.values()}
    signs: dict[Name, set[datetime]] = defaultdict(set)
    for one in known.values():
        for signal in one.signals.values():
            post = one.posts.get(signal.post)
            at = post.sent_at if post else signal.at
            if at is not None:
                signs[one.name, signal.subscription].add(at)
    return World(keys, posts, dict(signs))


def _chains(spells: list[tuple[Name, Stretch]]) -> list[list[tuple[Name, Stretch]]]:
    chains: list[list[tuple[Name, Stretch]]] = []
    reach: datetime | None = None
    for one in sorted(spells, key=lambda one: (one[1][:2], one[0])):
        if reach is None or (reach < FOREVER and one[1].starts_at > reach + _MINUTE):
            chains.append([])
        chains[-1].append(one)
        reach = max(reach or one[1].ends_at, one[1].ends_at)
    return chains


def _standing(
    names: frozenset[Name], number: int, chain: list[tuple[Name, Stretch]], as_of: datetime
) -> Standing:
    first = chain[0][1]
    last = max((stretch for _, stretch in chain), key=lambda stretch: stretch.ends_at)
    still = [stretch for _, stretch in chain if stretch.ends_at > as_of]
    return Standing(
        names,
        number,
        first.starts_at,
        None if still else last.ends_at,
        "open" if still else last.end_kind or "",
        first.is_dated,
        bool(still) and all(one.unsure_at and one.unsure_at <= as_of for one in still),
        chain,
    )


def _signs(known: Mapping[str, Known], matured: Sequence[Mail]) -> Iterator[Sign]:
    """ "From the strongest sign to none"; one without a time counts from when its post matured."""
    by_id = {(mail.connection, mail.id): mail for mail in matured}
    for one in known.values():
        for signal in one.signals.values():
            mail = by_id.get((one.name, signal.post))
            if mail is None or signal.kind == "click":
                continue
            name = (one.name, signal.subscription)
            if signal.kind == "send":
                yield Sign(mail, name, SENT, signal.at or mail.sent_at)
            else:
                strength = _strength(signal.kind, signal.machine, mail)
                yield Sign(mail, name, strength, _dated(signal.at, mail) or mail.matured_at)
        yield from _clicked(one, by_id)


def _dated(at: datetime | None, mail: Mail) -> datetime | None:
    """ "As of": a time more than a day before the post was sent is none."""
    return at if at is not None and at >= mail.sent_at - _DAY else None


def _strength(kind: str, machine: bool | None, mail: Mail) -> int:
    if kind != "open":
        return NOTHING if machine else ANSWER
    if machine:
        return MACHINE
    if not mail.is_measured:
        return NOTHING
    return PLAIN if machine is None else OPEN


def _clicked(one: Known, by_id: Mapping[Name, Mail]) -> Iterator[Sign]:
    """ "When a click is a machine's"."""
    clicks, delivered = [], dict[tuple[str, str], datetime]()
    for signal in one.signals.values():
        mail = by_id.get((one.name, signal.post))
        key = (signal.subscription, signal.post)
        if mail is None:
            continue
        if signal.kind == "click":
            clicks.append(Click(*key, _dated(signal.at, mail), signal.machine, signal.url))
        elif signal.kind == "send" and signal.at is not None:
            delivered[key] = min(signal.at, delivered.get(key, signal.at))
    strengths = {"human": CLICK, "machine": MACHINE, "unsubscribe": NOTHING}
    for click, verdict in verdicts(clicks, delivered):
        mail = by_id[one.name, click.post]
        name = (one.name, click.subscription)
        yield Sign(mail, name, strengths[verdict], click.at or mail.matured_at)


def _words(known: Mapping[str, Known], mails: Sequence[Mail]) -> Iterator[Word]:
    """Everything that somebody wrote themselves, also about posts that were never mailed."""
    by_id = {(mail.connection, mail.id): mail for mail in mails}
    for one in known.values():
        for signal in one.signals.values():
            mail = by_id.get((one.name, signal.post))
            if signal.kind not in ANSWERS or signal.machine or not (signal.at or mail):
                continue
            at, alive_at = (signal.at,) * 2 if signal.at else (mail.matured_at, mail.sent_at)
            yield Word((one.name, signal.subscription), signal.kind, at, alive_at)


def _is_for_a_part(mail: Mail, standings: Sequence[Standing]) -> bool:
    """ "Whom a post was for": it went to clearly fewer than four fifths of those who were there.

    Who has left since counts for nothing here: there are never fewer than those who are left.
    """
    there = sum(
        name[0] == mail.connection and _is_inside(mail.sent_at, stretch)
        for one in standings
        if one.end_kind == "open"
        for name, stretch in one.spells
    )
    return mail.reach is not None and 5 * (mail.reach + 2) < 4 * there


def _is_inside(at: datetime, stretch: Stretch) -> bool:
    return stretch.starts_at <= at < stretch.ends_at


def _posts(
    one: Standing,
    matured: Sequence[Mail],
    by_name: Mapping[Name, Sequence[Sign]],
    partly: set[Mail],
    with_list: set[Mail],
) -> Iterator[Unit]:
    """ "Which posts can be asked about": each issue that reached somebody, with all evidence."""
    gathered: dict[int, list[Sign]] = defaultdict(list)
    reached = set()
    for name, stretch in one.spells:
        for sign in by_name.get(name, ()):
            if sign.mail.sent_at < stretch.ends_at and sign.at >= stretch.starts_at:
                gathered[sign.mail.issue].append(sign)
                inside = _is_inside(sign.mail.sent_at, stretch) or _is_inside(sign.at, stretch)
                if sign.strength == SENT and inside:
                    reached.add(sign.mail.issue)
        for mail in matured:
            is_there = mail.connection == name[0] and _is_inside(mail.sent_at, stretch)
            if is_there and mail not in with_list and not _is_listed(mail, one, with_list):
                shown = mail._replace(is_measured=mail.is_measured and mail not in partly)
                gathered[mail.issue].append(Sign(shown, name, SENT, mail.sent_at))
                reached.add(mail.issue)
    return (_unit(issue, gathered[issue]) for issue in reached)


def _is_listed(mail: Mail, one: Standing, with_list: set[Mail]) -> bool:
    """Whether a list of another connection decides about the issue for this person."""
    return any(
        other.issue == mail.issue and other.connection == name[0]
        for other in with_list
        for name, stretch in one.spells
        if _is_inside(other.sent_at, stretch)
    )


def _unit(issue: int, signs: Sequence[Sign]) -> Unit:
    """An issue with all that a person shows of it. The strongest sign decides."""
    strengths = {sign.strength for sign in signs}
    is_measured = any(sign.mail.is_measured for sign in signs)
    is_recorded = any(sign.mail.is_measured for sign in signs if sign.strength == SENT)
    best = max(strengths)
    outcome = 1
    if best < PLAIN and not is_measured:
        outcome = -1
    elif best < PLAIN and MACHINE in strengths:
        outcome = 0
    return Unit(
        issue, min(sign.mail.sent_at for sign in signs), outcome, best >= PLAIN, best == PLAIN,
        not is_recorded, int(bool(strengths & {PLAIN, OPEN})), int(CLICK in strengths),
        int(best == ANSWER), max((s.at for s in signs if s.strength >= PLAIN), default=None),
    )  # fmt: skip


def _week(at: datetime, zone: ZoneInfo) -> int:
    """The number of the week in the publication's zone; Mondays begin it."""
    day = at.replace(tzinfo=UTC).astimezone(zone).date()
    return (day.toordinal() - 1) // 7


def _goes_on(week: int, zone: ZoneInfo, as_of: datetime) -> bool:
    """Whether a week has not been over for two days."""
    ends_at = datetime.fromordinal(7 * (week + 1) + 1).replace(tzinfo=zone).astimezone(UTC)
    return ends_at + timedelta(days=2) > as_of.replace(tzinfo=UTC)


def _weeks(posts: Sequence[Unit], zone: ZoneInfo) -> list[Unit]:
    """Posts faster than every third day: a week with a post is read if any of its posts was."""
    weeks: dict[int, list[Unit]] = defaultdict(list)
    for post in posts:
        weeks[_week(post.sent_at, zone)].append(post)
    return [
        Unit(
            week, min(one.sent_at for one in of), max(one.outcome for one in of),
            any(one.is_read for one in of), all(one.is_plain for one in of if one.is_read)
            and any(one.is_read for one in of), all(one.is_blind for one in of),
            max(one.opens for one in of), max(one.clicks for one in of),
            max(one.answers for one in of), max((o.read_at for o in of if o.read_at), default=None),
        )
        for week, of in weeks.items()
    ]  # fmt: skip
