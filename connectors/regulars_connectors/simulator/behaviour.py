"""What people do: receiving, reading, clicking, answering, writing back, leaving, returning."""

from __future__ import annotations

from bisect import bisect_right
from random import Random

from .newsletter_lists import is_mailed
from .people import Answer, Letter, Person
from .randomness import uuid
from .schedule import DAY_S, HOUR_S, Schedule

_BOUNCE = 0.003
_RETURN = 0.06
_FEEDBACK = (
    "More about lighthouses, please. (invented)",
    "Bitte mehr davon 🙏 (invented)",
    "The map was hard to read on a small screen. (invented)",
    "Short letters suit me better. (invented)",
)


def live(person: Person, rng: Random, schedule: Schedule) -> None:
    """Let a resident live through the schedule, and fill in what the person did."""
    if person.statuses[-1] != "active":
        return
    gone_s = _spell(person, rng, schedule, person.moves_s[-1])
    if gone_s is not None:
        _leave(person, gone_s)
        if rng.random() < _RETURN:
            _come_back(person, rng, schedule, gone_s + rng.randrange(56, 140) * DAY_S)
    _record(person, schedule)


def _come_back(person: Person, rng: Random, schedule: Schedule, back_s: int) -> None:
    if back_s >= schedule.ended_s:
        return
    person.moves_s.append(back_s)
    person.statuses.append("active")
    gone_s = _spell(person, rng, schedule, back_s)
    if gone_s is not None:
        _leave(person, gone_s)


def _leave(person: Person, gone_s: int) -> None:
    person.moves_s.append(gone_s)
    person.statuses.append("inactive")
    person.left_s = (*person.left_s, gone_s)


def _spell(person: Person, rng: Random, schedule: Schedule, from_s: int) -> int | None:
    """Live from ``from_s`` on; returns when the person unsubscribed, if they did."""
    habit, random = person.habit, rng.random
    reading, gone_s = True, None
    sends, reads = person.sends, person.reads
    for number in range(bisect_right(schedule.sent_s, from_s), len(schedule.sent_s)):
        sent_s = schedule.sent_s[number]
        if sent_s >= person.deleted_s or (gone_s is not None and sent_s >= gone_s):
            break
        if schedule.emailed[number].for_list and not is_mailed(person, sent_s):
            continue
        if random() < _BOUNCE:
            person.bounced.append(number)
            continue
        sends.append(number)
        if reading and random() < habit.stop:
            reading = False
            if random() < habit.unsubscribe:
                gone_s = sent_s + 400 + int(random() * 30 * DAY_S)
        if reading and random() < habit.read * schedule.emailed[number].appeal:
            reads.append(_read(person, rng, schedule, number))
        else:
            reads.append(0)
    return gone_s


def _read(person: Person, rng: Random, schedule: Schedule, number: int) -> int:
    """Read post ``number``, perhaps click, answer its poll or write back; returns when."""
    habit, random = person.habit, rng.random
    read_s = schedule.sent_s[number] + _delay_s(rng)
    if person.sight != "machine":
        if random() < habit.click:
            _click(person, rng, number, read_s)
        poll = schedule.poll_in(number)
        if poll is not None and random() < habit.answer:
            _answer(person, rng, schedule, number, read_s)
    if random() < habit.write:
        _write(person, rng, number, read_s)
    return read_s


def _delay_s(rng: Random) -> int:
    """Mostly within the day, 3 % between four and six and a half days, never before delivery."""
    draw = rng.random()
    if draw < 0.03:
        return int(rng.uniform(4 * DAY_S, 6.4 * DAY_S))
    if draw < 0.78:
        return 310 + int(DAY_S * rng.random() ** 2)
    return DAY_S + int(3 * DAY_S * rng.random() ** 2)


def _click(person: Person, rng: Random, number: int, read_s: int) -> None:
    clicked_s = read_s + 5 + int(200 * rng.random())
    person.clicks.append(clicked_s)
    person.touched.append(number)
    person.raw_clicks.append(clicked_s)
    if rng.random() < 0.3:
        person.raw_clicks.append(clicked_s + 20)


def _answer(person: Person, rng: Random, schedule: Schedule, number: int, read_s: int) -> None:
    poll = schedule.poll_in(number)
    if poll is None:
        return
    words = rng.choice(_FEEDBACK) if rng.random() < 0.2 else None
    choice = rng.randrange(len(schedule.polls[poll].choices))
    answer = Answer(uuid(rng), poll, number, choice, read_s + 30 + rng.randrange(600), words)
    person.answers = (*person.answers, answer)


def _write(person: Person, rng: Random, number: int, read_s: int) -> None:
    at_s = read_s + 120 + rng.randrange(2 * HOUR_S)
    answered = rng.random() < 0.6
    answered_s = at_s + HOUR_S + rng.randrange(6 * DAY_S) if answered else None
    person.letters = (*person.letters, Letter(number, at_s, answered_s))


def pass_by(
    person: Person, rng: Random, schedule: Schedule, *, reads: int, within: int, answers: bool
) -> None:
    """Live as somebody who came for one post: read exactly ``reads`` of the next ``within``.

    Whoever answers the poll reads the first post, which carries it.
    """
    first = bisect_right(schedule.sent_s, person.joined_s)
    last = min(first + within, len(schedule.sent_s))
    wanted = set(rng.sample(range(first, last), min(reads, last - first)))
    if answers and first not in wanted:
        wanted = {first, *sorted(wanted)[1:]}
    gone_s = None
    if rng.random() < person.habit.unsubscribe:
        gone_s = schedule.sent_s[max(wanted)] + 7 * DAY_S + rng.randrange(60 * DAY_S)
    for number in range(first, len(schedule.sent_s)):
        if gone_s is not None and schedule.sent_s[number] >= gone_s:
            break
        if schedule.emailed[number].for_list and not is_mailed(person, schedule.sent_s[number]):
            continue
        person.sends.append(number)
        person.reads.append(
            _glance(person, rng, schedule, number, answers) if number in wanted else 0
        )
    if gone_s is not None and gone_s < schedule.ended_s:
        _leave(person, gone_s)
    _record(person, schedule)


def _glance(person: Person, rng: Random, schedule: Schedule, number: int, answers: bool) -> int:
    read_s = schedule.sent_s[number] + _delay_s(rng)
    if rng.random() < person.habit.click:
        _click(person, rng, number, read_s)
    if answers and schedule.poll_in(number) is not None and not person.answers:
        _answer(person, rng, schedule, number, read_s)
    return read_s


def _record(person: Person, schedule: Schedule) -> None:
    """What a provider can record of it: opens by what can be seen, clicks in order of time."""
    if person.sight == "seen":
        person.opens.extend(sorted(at for at in person.reads if at))
    elif person.sight == "machine":
        pace_s = person.fetch_pace_s
        person.opens.extend(schedule.sent_s[number] + pace_s for number in person.sends)
    order = sorted(range(len(person.clicks)), key=person.clicks.__getitem__)
    clicks, touched = list(person.clicks), list(person.touched)
    for place, at in enumerate(order):
        person.clicks[place], person.touched[place] = clicks[at], touched[at]
    raw = sorted(person.raw_clicks)
    for place, clicked_s in enumerate(raw):
        person.raw_clicks[place] = clicked_s
