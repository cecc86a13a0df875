"""What a letter keeps of a mail beside its traces, found before its words are dropped."""

from __future__ import annotations

from itertools import chain

import msgspec

from ..keyed import keyed
from .headers import addresses, instant_of
from .limits import MOST_POST_WORDS
from .lines import addresses_in
from .own_words import OwnWords
from .parse import Mail
from .quoted_dates import dates_in
from .traces import links_of, runs_of

_RESULTS = ("authentication-results", "arc-authentication-results")
_MOST_QUOTED = 32  # dates and addresses above quotes


class Facts(msgspec.Struct, frozen=True):
    """Facts of one mail.

    received_at: seconds since 1970 by the topmost Received. results: the topmost
    Authentication-Results. addressed: addresses in To and Cc. digest: keyed hash of the text as a
    whole. quoted_dates: seconds since 1970 above a quote of the writer's, and whether with a time.
    own_runs, own_links: of the text itself, where it is the writer's.
    """

    received_at: float | None = None
    results: str = ""
    addressed: tuple[str, ...] = ()
    has_attachment: bool = False
    digest: str = ""
    quoted_dates: tuple[tuple[float, bool], ...] = ()
    quoted_addresses: tuple[str, ...] = ()
    own_runs: tuple[int, ...] = ()
    own_links: tuple[str, ...] = ()


def gather_facts(
    mail: Mail, words: OwnWords, own: frozenset[str], key: bytes, *, is_own: bool
) -> Facts:
    """The facts of a mail. own: the writer's addresses, folded. is_own: the writer sent it."""
    read = is_own and not mail.returned
    return Facts(
        received_at=_received_at(mail),
        results=next((value for name in _RESULTS if (value := mail.root.first(name))), ""),
        addressed=_addressed(mail),
        has_attachment=mail.has_attachment,
        digest=keyed(" ".join(mail.body.split()), key),
        quoted_dates=_quoted_dates(words, own),
        quoted_addresses=_quoted_addresses(words),
        own_runs=tuple(runs_of(mail.body, key, MOST_POST_WORDS)) if read else (),
        own_links=tuple(links_of(mail.body, mail.links)) if read else (),
    )


def _received_at(mail: Mail) -> float | None:
    value = mail.root.first("received")
    when = instant_of(value.rpartition(";")[2].strip()) if value else None
    return when.timestamp() if when else None


def _addressed(mail: Mail) -> tuple[str, ...]:
    values = (value for name in ("to", "cc") for value in mail.root.all(name))
    found = (one.address for value in values for one in addresses(value))
    return tuple(dict.fromkeys(found))


def _quoted_dates(words: OwnWords, own: frozenset[str]) -> tuple[tuple[float, bool], ...]:
    of_the_writer = (head for head in words.heads if any(one in head.casefold() for one in own))
    found = chain.from_iterable(dates_in(head) for head in of_the_writer)
    dated = dict.fromkeys((when.timestamp(), timed) for when, timed in found)
    return tuple(dated)[:_MOST_QUOTED]


def _quoted_addresses(words: OwnWords) -> tuple[str, ...]:
    found = chain.from_iterable(addresses_in(head) for head in words.heads)
    return tuple(dict.fromkeys(found))[:_MOST_QUOTED]
