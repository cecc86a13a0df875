"""Dates as mail programs write them above a quote, in the reader's language and time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from .lines import numbers

_MONTHS = {
    1: "jan gen ene janv ian янв січ led sty tammi oca ιαν oca ledna led",
    2: "feb fév fev févr febr фев лют úno lut helmi şub φεβ ún",
    3: "mar mär mars maa märz mrz мар бер bře maalis μαρ brez",
    4: "apr avr abr апр кві dub kwi huhti nis απρ",
    5: "may mai maj mei mag maggio май мая тра kvě kve maj touko mayıs μαΐ μαι",
    6: "jun juin giu июн чер čvn cze kesä haz ιουν červn",
    7: "jul juil lug июл лип čvc lip heinä tem ιουλ červe",
    8: "aug aoû aou ago agos авг сер srp sie elo ağu αυγ",
    9: "sep set sept сен вер zář wrz syys eyl σεπ",
    10: "oct okt ott out окт жов říj paź loka eki οκτ",
    11: "nov ноя лис lis marras kas νοε",
    12: "dec déc dez dic dis дек гру pro gru joulu ara δεκ",
}
_BY_START = {start: month for month, starts in _MONTHS.items() for start in starts.split()}
_LONGEST_START = max(map(len, _BY_START))


def dates_in(text: str) -> list[tuple[datetime, bool]]:
    """What a line may say: each reading as an instant without zone (as UTC), and whether timed.

    Several readings where day and month are numbers, or the month's name is unknown.
    """
    runs = numbers(text)
    years = [int(run) for run in runs if len(run) == 4 and run[:2] in ("19", "20")]
    if not years:
        return []
    clock = _clock(text)
    rest = [int(run) for run in _without_clock(text, clock) if len(run) <= 2]
    named = _named_month(text)
    found: list[tuple[datetime, bool]] = []
    for day, month in _days(rest, named):
        for hour, minute in _hours(clock, text):
            try:
                found.append(
                    (datetime(years[0], month, day, hour, minute, tzinfo=UTC), bool(clock))
                )
            except ValueError:
                continue
    return list(dict.fromkeys(found))


def _days(rest: list[int], named: int | None) -> list[tuple[int, int]]:
    if not rest:
        return []
    if named:
        return [(rest[0], named)]
    if len(rest) == 1:
        return [(rest[0], month) for month in range(1, 13)]
    first, second = rest[:2]
    return list(dict.fromkeys([(first, second), (second, first)]))


def _clock(text: str) -> tuple[int, int] | None:
    for sign in (":", "h", "."):
        at = text.find(sign)
        while at > 0:
            before, after = text[max(0, at - 2) : at], text[at + 1 : at + 3]
            hour = before if before.isdecimal() else before[-1:]
            beside = text[at + 3 : at + 4]
            if (
                hour.isdecimal()
                and len(after) == 2
                and after.isdecimal()
                and not beside.isdecimal()
            ):
                is_time = int(hour) < 24 and int(after) < 60
                is_date = sign == "." and (
                    beside == "." or text[at - len(hour) - 1 : at - len(hour)] == "."
                )
                if is_time and not is_date:
                    return int(hour), int(after)
            at = text.find(sign, at + 1)
    return None


def _without_clock(text: str, clock: tuple[int, int] | None) -> list[str]:
    """The runs of digits without those of the clock."""
    runs = numbers(text)
    if clock is None:
        return runs
    for at, (hour, minute) in enumerate(pairwise(runs)):
        if len(hour) <= 2 and (int(hour), int(minute)) == clock:
            has_seconds = at + 2 < len(runs) and f":{runs[at + 2]}" in text
            return runs[:at] + runs[at + 2 + has_seconds :]
    return runs


def _hours(clock: tuple[int, int] | None, text: str) -> list[tuple[int, int]]:
    """The hour and minute; noon where there is none."""
    if clock is None:
        return [(12, 0)]
    hour, minute = clock
    words = [word.strip(",:()") for word in text.casefold().replace(".", "").split()]
    if any(_ends_hour(word, ("pm", "μμ")) for word in words):
        return [(hour % 12 + 12, minute)]
    if any(_ends_hour(word, ("am", "πμ")) for word in words):
        return [(hour % 12, minute)]
    return [(hour, minute)]


def _ends_hour(word: str, halves: tuple[str, ...]) -> bool:
    """Whether a word is the half of a day, alone or behind digits."""
    return word in halves or (word.endswith(halves) and word[:1].isdecimal())


def _named_month(text: str) -> int | None:
    for word in text.casefold().replace(".", " ").replace("/", " ").replace("-", " ").split():
        bare = word.strip(",()[]*'\"")
        if len(bare) < 3 or not bare.isalpha():
            continue
        for length in range(min(len(bare), _LONGEST_START), 2, -1):
            month = _BY_START.get(bare[:length])
            if month is not None and len(bare) <= length + 7:
                return month
    return None


def fits(sent_at: datetime, reading: datetime) -> bool:
    """Whether a post that went out may bear this date somewhere on earth."""
    return abs(sent_at - reading) <= timedelta(hours=26)


def fits_to_the_minute(sent_at: datetime, reading: datetime) -> bool:
    """Whether both differ by whole and half hours alone."""
    apart = abs(sent_at.replace(second=0, microsecond=0) - reading)
    return apart <= timedelta(hours=26) and not apart.total_seconds() % 1800
