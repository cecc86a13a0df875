"""Who keeps reading, counted once more in plain Python: one person and one post at a time.

Each function names the part of ``docs/explanation/what-counts-as-evidence.md`` whose rule it
applies. Standings come from ``spells_by_hand``, clicks from ``clicks_by_hand``, posts from
``mails_by_hand``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from support.clicks_by_hand import Click, verdicts
from support.exports_by_hand import Known
from support.mails_by_hand import Mail, Rule, mails_of, rule_of
from support.spells_by_hand import Key, Stretch, World, stretches

ZONE = ZoneInfo("Europe/Lisbon")
ANSWERS = ("reply", "comment", "poll", "survey", "feedback")
_HALF_YEAR = timedelta(days=182)
_NOTHING, _SENT, _MACHINE, _PLAIN, _OPEN, _CLICK, _ANSWER = range(-1, 6)
"""From no evidence to the strongest sign: "From the strongest sign to none"."""
Name = tuple[str, str]


class Sign(NamedTuple):
    """What a subscription shows about a post."""

    mail: Mail
    name: Name
    strength: int
    at: datetime


class Chance(NamedTuple):
    """A post, or a week of posts, that reached somebody. outcome: 1 judged, 0 machines, -1 not."""

    unit: Any
    sent_at: datetime
    outcome: int
    is_read: bool
    is_plain: bool
    acts: int


@dataclass
class Present:
    """Somebody who stands now, with the stretches of the present standing."""

    since: datetime
    is_dated: bool
    is_unsure: bool
    spells: list[tuple[Name, Stretch]] = field(default_factory=list)


@dataclass
class Answer:
    """What ``house`` and ``regulars`` should say: facts of each person by their subscriptions."""

    rule: Rule
    posts_seen: int
    people: dict[frozenset[Name], dict[str, Any]]

    def counts(self) -> Counter[str]:
        """How many people are in each state. The quiet ones are among the occasional."""
        states = (person["state"] for person in self.people.values())
        return Counter("occasional" if state == "quiet" else state for state in states)


def count_readers(known: dict[str, Known], as_of: datetime) -> Answer:
    """The whole count at a moment."""
    mails = [mail for mail in mails_of(known, as_of) if mail.sent_at < as_of]
    matured = [mail for mail in mails if mail.matured_at <= as_of]
    rule = rule_of(mails)
    signs = [sign for sign in _signs(known, matured) if sign.at < as_of]
    answers = [one for one in _answers(known, mails) if one[2] < as_of]
    found = {}
    everybody = list(_present(known, as_of))
    partly = {mail for mail in matured if _is_for_a_part(mail, [one for _, one in everybody])}
    for owned, present in everybody:
        chances = _chances(present, matured, signs, partly)
        chances = _weeks(chances) if rule.by_week else chances
        told = [one for one in answers if one[0] in owned]
        names = frozenset(name for name, _ in present.spells)
        found[names] = _judge(chances, rule, present, told, as_of)
    return Answer(rule, _units(matured, rule), found)


def _is_for_a_part(mail: Mail, everybody: Sequence[Present]) -> bool:
    """ "Whom a post was for": it went to clearly fewer than four fifths of those who were there."""
    there = sum(
        name[0] == mail.connection and _is_inside(mail.sent_at, stretch)
        for one in everybody
        for name, stretch in one.spells
    )
    return mail.reach is not None and 5 * (mail.reach + 2) < 4 * there


def _units(matured: Sequence[Mail], rule: Rule) -> int:
    issues = {mail.issue for mail in matured}
    return len({_week(mail.sent_at) for mail in matured}) if rule.by_week else len(issues)


def _week(at: datetime) -> tuple[int, int]:
    return at.replace(tzinfo=UTC).astimezone(ZONE).isocalendar()[:2]


def _signs(known: dict[str, Known], matured: Sequence[Mail]) -> Iterator[Sign]:
    """ "From the strongest sign to none"; one without a time counts from when its post matured."""
    by_id = {(mail.connection, mail.id): mail for mail in matured}
    for one in known.values():
        for signal in one.signals.values():
            mail = by_id.get((one.name, signal.post))
            if mail is None or signal.kind == "click":
                continue
            name = (one.name, signal.subscription)
            if signal.kind == "send":
                yield Sign(mail, name, _SENT, signal.at or mail.sent_at)
            else:
                strength = _strength(signal.kind, signal.machine, mail)
                yield Sign(mail, name, strength, _dated(signal.at, mail) or mail.matured_at)
        yield from _clicked(one, by_id)


def _dated(at: datetime | None, mail: Mail) -> datetime | None:
    """ "As of": a time more than a day before the post was sent is none."""
    return at if at is not None and at >= mail.sent_at - timedelta(days=1) else None


def _strength(kind: str, machine: bool | None, mail: Mail) -> int:
    if kind != "open":
        return _NOTHING if machine else _ANSWER
    if machine:
        return _MACHINE
    if not mail.is_measured:
        return _NOTHING
    return _PLAIN if machine is None else _OPEN


def _clicked(one: Known, by_id: dict[Name, Mail]) -> Iterator[Sign]:
    """ "When a click is a machine's"."""
    clicks, delivered = [], dict[tuple[str, str], datetime]()
    for signal in one.signals.values():
        key = (signal.subscription, signal.post)
        if (one.name, signal.post) not in by_id:
            continue
        if signal.kind == "click":
            at = _dated(signal.at, by_id[one.name, signal.post])
            clicks.append(Click(*key, at, signal.machine, signal.url))
        elif signal.kind == "send" and signal.at is not None:
            delivered[key] = min(signal.at, delivered.get(key, signal.at))
    strengths = {"human": _CLICK, "machine": _MACHINE, "unsubscribe": _NOTHING}
    for click, verdict in verdicts(clicks, delivered):
        mail = by_id[one.name, click.post]
        name = (one.name, click.subscription)
        yield Sign(mail, name, strengths[verdict], click.at or mail.matured_at)


def _answers(
    known: dict[str, Known], mails: Sequence[Mail]
) -> Iterator[tuple[Name, str, datetime]]:
    """Everything that somebody wrote themselves, also about posts that were never mailed."""
    matured_at = {(mail.connection, mail.id): mail.matured_at for mail in mails}
    for one in known.values():
        for signal in one.signals.values():
            at = signal.at or matured_at.get((one.name, signal.post))
            if signal.kind in ANSWERS and not signal.machine and at is not None:
                yield (one.name, signal.subscription), signal.kind, at


def _present(known: dict[str, Known], as_of: datetime) -> Iterator[tuple[set[Name], Present]]:
    """ "Who was there": everybody who stands, with all subscriptions that they ever had."""
    owned: dict[str, set[Name]] = defaultdict(set)
    keys = []
    for one in known.values():
        for (name, spell), key in one.keys.items():
            person = one.addresses.get(name) or f"{one.name}/{name}"
            owned[person].add((one.name, name))
            keys.append(Key(person, one.name, name, spell, key.words))
    told = stretches(_world(known, keys))
    for names in owned.values():
        spells = [(name, stretch) for name in names for stretch in told.get(name, [])]
        present = _standing(spells, as_of)
        if present is not None:
            yield names, present


def _world(known: dict[str, Known], keys: list[Key]) -> World:
    posts = {one.name: [post.sent_at for post in one.posts.values()] for one in known.values()}
    signs: dict[Name, set[datetime]] = defaultdict(set)
    for one in known.values():
        for signal in one.signals.values():
            post = one.posts.get(signal.post)
            at = post.sent_at if post else signal.at
            if at is not None:
                signs[one.name, signal.subscription].add(at)
    return World(keys, posts, dict(signs))


def _standing(spells: list[tuple[Name, Stretch]], as_of: datetime) -> Present | None:
    """Several subscriptions count together, as long as one follows directly on the other."""
    begun = [
        one for one in spells if one[1].starts_at <= as_of and one[1].starts_at < one[1].ends_at
    ]
    chain: list[tuple[Name, Stretch]] = []
    for one in sorted(begun, key=lambda one: (one[1][:2], one[0])):
        reach = max((stretch.ends_at for _, stretch in chain), default=None)
        if reach is not None and one[1].starts_at > _after(reach):
            chain = []
        chain.append(one)
    still = [stretch for _, stretch in chain if stretch.ends_at > as_of]
    if not still:
        return None
    is_unsure = all(one.unsure_at is not None and one.unsure_at <= as_of for one in still)
    first = chain[0][1]
    return Present(first.starts_at, first.is_dated, is_unsure, chain)


def _after(moment: datetime) -> datetime:
    """What a cut of seconds leaves between two is no gap."""
    return moment if moment.year == 9999 else moment + timedelta(minutes=1)


def _chances(
    present: Present, matured: Sequence[Mail], signs: Sequence[Sign], partly: set[Mail]
) -> list[Chance]:
    """ "Which posts can be asked about": each issue that reached somebody, with all evidence.

    One for a part of the people is measured for those who show a sign of it.
    """
    gathered: dict[int, list[Sign]] = defaultdict(list)
    reached = set()
    with_list = {sign.mail for sign in signs if sign.strength == _SENT}
    for name, stretch in present.spells:
        for sign in signs:
            if sign.name != name or sign.mail.sent_at >= stretch.ends_at:
                continue
            if sign.at >= stretch.starts_at:
                gathered[sign.mail.issue].append(sign)
                if _has_come(sign, stretch):
                    reached.add(sign.mail.issue)
        for mail in matured:
            is_there = mail.connection == name[0] and _is_inside(mail.sent_at, stretch)
            is_free = mail not in with_list and not _is_listed(mail, present, with_list)
            if is_there and is_free:
                shown = mail._replace(is_measured=mail.is_measured and mail not in partly)
                gathered[mail.issue].append(Sign(shown, name, _SENT, mail.sent_at))
                reached.add(mail.issue)
    return [_chance(issue, gathered[issue]) for issue in reached]


def _is_inside(at: datetime, stretch: Stretch) -> bool:
    return stretch.starts_at <= at < stretch.ends_at


def _has_come(sign: Sign, stretch: Stretch) -> bool:
    """A delivery counts if the post went out, or was handed over, while they were there."""
    inside = _is_inside(sign.mail.sent_at, stretch) or _is_inside(sign.at, stretch)
    return sign.strength == _SENT and inside


def _is_listed(mail: Mail, present: Present, with_list: set[Mail]) -> bool:
    """Whether a list of another connection decides about the issue for this person."""
    return any(
        other.issue == mail.issue and other.connection == name[0]
        for other in with_list
        for name, stretch in present.spells
        if _is_inside(other.sent_at, stretch)
    )


def _chance(issue: int, signs: list[Sign]) -> Chance:
    best = max(sign.strength for sign in signs)
    is_read = best >= _PLAIN
    if is_read:
        outcome = 1
    elif not any(sign.mail.is_measured for sign in signs):
        outcome = -1
    else:
        outcome = 0 if any(sign.strength == _MACHINE for sign in signs) else 1
    acts = any(sign.strength == _CLICK for sign in signs) + (best == _ANSWER)
    sent_at = min(sign.mail.sent_at for sign in signs)
    return Chance(issue, sent_at, outcome, is_read, best == _PLAIN, acts)


def _weeks(chances: Sequence[Chance]) -> list[Chance]:
    """Posts faster than every third day: a week with a post is read if any of its posts was."""
    weeks: dict[tuple[int, int], list[Chance]] = defaultdict(list)
    for chance in chances:
        weeks[_week(chance.sent_at)].append(chance)
    return [
        Chance(
            week,
            min(one.sent_at for one in of),
            max(one.outcome for one in of),
            any(one.is_read for one in of),
            all(one.is_plain for one in of if one.is_read),
            sum(one.acts for one in of),
        )
        for week, of in weeks.items()
    ]


def _judge(
    chances: list[Chance],
    rule: Rule,
    present: Present,
    told: Sequence[tuple[Name, str, datetime]],
    as_of: datetime,
) -> dict[str, Any]:
    """ "The rule" and "Where reading cannot be seen"."""
    newest = sorted(chances, key=lambda one: one.unit, reverse=True)
    judged = [one for one in newest[: 2 * rule.last] if one.outcome == 1][: rule.last]
    reads = [one for one in judged if one.is_read]
    since, until = _habit([one for one in newest if one.outcome == 1], rule)
    state = _state(newest, len(judged), len(reads), rule, present, [at for *_, at in told])
    if state == "occasional" and until is not None:
        state = "quiet"
    first = min((one.sent_at for one in reads), default=None)
    return {
        "state": state,
        "reads": len(reads),
        "of": len(judged),
        "since": (since or first) if state == "regular" else None,
        "until": until if state == "quiet" else None,
        "joined_at": present.since if present.is_dated else None,
        "wrote_back": any(kind == "reply" and at >= as_of - _HALF_YEAR for _, kind, at in told),
    }


def _state(
    newest: Sequence[Chance],
    judged: int,
    reads: int,
    rule: Rule,
    present: Present,
    answered: Sequence[datetime],
) -> str:
    seen = [one for one in newest if one.outcome >= 0][:26]
    machines = sum(one.outcome == 0 for one in seen)
    last_from = seen[25].sent_at if len(seen) == 26 else present.since
    answered = [at for at in answered if at >= last_from]
    acted = bool(answered) or any(one.acts or (one.is_read and not one.is_plain) for one in seen)
    seen_reads = sum(one.is_read for one in seen)
    if machines and 2 * machines >= len(seen):
        return "hidden"
    if len(newest) < rule.last:
        return "newcomer"
    if not acted and len(seen) >= 8 and not machines and 20 * seen_reads >= 19 * len(seen):
        return "uncertain"
    if reads >= rule.needed:
        return "cannot_tell" if present.is_unsure else "regular"
    return "not_measured" if judged < rule.last else "occasional"


def _habit(judged: Sequence[Chance], rule: Rule) -> tuple[datetime | None, datetime | None]:
    """Since when the rule was kept without a break, and when it last was; newest first."""
    since = until = None
    is_broken = False
    for place in range(len(judged) - rule.last + 1):
        window = judged[place : place + rule.last]
        if sum(one.is_read for one in window) >= rule.needed:
            until = until or window[0].sent_at
            since = since if is_broken else window[0].sent_at
        else:
            is_broken = True
    return since, until
