"""Which clicks are a machine's, worked out once more in plain Python, one click at a time.

The rules are those of "When a click is a machine's" in
``docs/explanation/what-counts-as-evidence.md``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

_TEN = timedelta(seconds=10)
_MINUTE = timedelta(minutes=1)


class Click(NamedTuple):
    """A click of a subscription on a link of a post. at: None if the time is unknown."""

    subscription: str
    post: str
    at: datetime | None
    machine: bool | None
    url: str


def verdicts(
    clicks: Sequence[Click], delivered: Mapping[tuple[str, str], datetime]
) -> Iterator[tuple[Click, str]]:
    """Each click with human, machine or unsubscribe. delivered: by subscription and post."""
    scans = {click: _scans(click, clicks, delivered) for click in clicks}
    scanners = _scanners(scans)
    for click in clicks:
        is_scan = click.machine is None and (scans[click] or click.subscription in scanners)
        if click.machine or is_scan:
            yield click, "machine"
        elif "unsubscribe" in click.url.lower():
            yield click, "unsubscribe"
        else:
            yield click, "human"


def _scans(
    click: Click, clicks: Sequence[Click], delivered: Mapping[tuple[str, str], datetime]
) -> bool:
    """Too early, too near to another link, or in a sweep. One without a time escapes all three."""
    at = click.at
    if at is None:
        return False
    came = delivered.get((click.subscription, click.post))
    if came is not None and at < came + _TEN:
        return True
    own = [(one.at, one.url) for one in clicks if one[:2] == click[:2] and one.at is not None]
    if any(url != click.url and abs(moment - at) <= _TEN for moment, url in own):
        return True
    links = len({one.url for one in clicks if one.post == click.post})
    return links >= 3 and _is_in_sweep(at, own, links)


def _is_in_sweep(at: datetime, own: Sequence[tuple[datetime, str]], links: int) -> bool:
    """At least 80 % of the post's links within a minute that this click lies in."""
    for begin, _ in own:
        inside = {url for moment, url in own if begin <= moment <= begin + _MINUTE}
        if begin <= at <= begin + _MINUTE and 5 * len(inside) >= 4 * links:
            return True
    return False


def _scanners(scans: Mapping[Click, bool]) -> set[str]:
    """Whoever clicked like a machine in half of the posts in which they clicked."""
    posts: dict[str, dict[str, bool]] = defaultdict(dict)
    for click, is_scan in scans.items():
        if click.machine is None:
            of = posts[click.subscription]
            of[click.post] = of.get(click.post, False) or is_scan
    return {
        name for name, of in posts.items() if any(of.values()) and 2 * sum(of.values()) >= len(of)
    }
