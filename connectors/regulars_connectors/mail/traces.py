"""What ties a mail to a post: ids, subjects, links, and runs of words of what it quotes.

Runs of words leave as keyed hashes: whoever keeps them keeps no text.
"""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from .limits import MOST_LINKS, MOST_QUOTED_WORDS
from .own_words import OwnWords
from .parse import Mail
from .subjects import base_subjects, has_reply_prefix

RUN = 5  # words
_HEADS = 8
_LONGEST_HEAD = 420
_LONGEST_LINK = 500
# What mail programs and providers add to a link to count it.
_COUNTING = ("utm_", "mc_", "_bhlid", "ref", "fbclid", "gclid", "_hs", "r", "s", "publication_id")


class Traces(msgspec.Struct, frozen=True):
    """Facts of one mail that tie it to a post or to another mail.

    message_id, parents, returned: ids without brackets; the nearest parent last. subjects: as
    they are compared. sent_at: seconds since 1970 by the sender's clock. runs: hashes of five
    words each of what is quoted.
    """

    message_id: str = ""
    parents: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    has_reply_prefix: bool = False
    sent_at: float | None = None
    runs: tuple[int, ...] = ()
    links: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()


def traces_of(mail: Mail, words: OwnWords, key: bytes) -> Traces:
    """The traces of a mail. key: for the hashes, at most 64 bytes."""
    topic = mail.header("thread-topic")
    quoted = list(words.quoted)
    return Traces(
        message_id=mail.message_id,
        parents=tuple(mail.parents),
        returned=tuple(mail.returned),
        recipients=tuple(mail.recipients),
        subjects=tuple(base_subjects(mail.subject)),
        topics=tuple(base_subjects(topic)),
        has_reply_prefix=has_reply_prefix(mail.subject),
        sent_at=mail.sent_at.timestamp() if mail.sent_at else None,
        runs=tuple(runs_of("\n".join(quoted), key, MOST_QUOTED_WORDS)),
        links=tuple(links_of("\n".join(quoted), mail.links)),
        heads=tuple(head[:_LONGEST_HEAD] for head in words.heads[:_HEADS]),
    )


def words_of(text: str, most: int) -> list[str]:
    """The words that are compared: letters and digits in lower case, links left out."""
    found: list[str] = []
    for token in text.casefold().split():
        if "://" in token or "@" in token:
            continue
        word = token if token.isalnum() else "".join(sign for sign in token if sign.isalnum())
        if word:
            found.append(word)
            if len(found) >= most:
                break
    return found


def runs_of(text: str, key: bytes, most: int) -> list[int]:
    """Keyed hashes of each run of five words, in order, of at most ``most`` words."""
    words = [word.encode()[:64] for word in words_of(text, most)]
    found = []
    for at in range(len(words) - RUN + 1):
        run = b" ".join(words[at : at + RUN])
        found.append(int.from_bytes(blake2b(run, digest_size=8, key=key).digest()))
    return list(dict.fromkeys(found))


def links_of(text: str, more: list[str] | tuple[str, ...] = ()) -> list[str]:
    """The links of a text and others, as they are compared; each once, at most 200."""
    found: dict[str, None] = {}
    at = text.find("http")
    while at >= 0 and len(found) < MOST_LINKS:
        end = at
        while end < len(text) and end - at < _LONGEST_LINK and text[end] not in " \t\n<>\"'()[]{}|":
            end += 1
        if text.startswith(("http://", "https://"), at):
            found[plain_link(text[at:end])] = None
        at = text.find("http", max(end, at + 4))
    for link in more[:MOST_LINKS]:
        found[plain_link(link[:_LONGEST_LINK])] = None
    return [link for link in found if link][:MOST_LINKS]


def plain_link(link: str) -> str:
    """A link without scheme, ``www.``, fragment, closing signs and what counts its readers."""
    rest = link.strip().partition("://")[2].partition("#")[0].rstrip(".,;:!?*_ ")
    host, slash, path = rest.partition("/")
    path, _, query = path.partition("?")
    kept = [one for one in query.split("&") if one and not _counts(one.partition("=")[0])]
    host = host.lower().removeprefix("www.")
    plain = f"{host}{slash}{path}".rstrip("/")
    return f"{plain}?{'&'.join(kept)}" if kept else plain


def _counts(name: str) -> bool:
    name = name.lower()
    return name in _COUNTING or name.startswith(("utm_", "mc_", "_hs"))
