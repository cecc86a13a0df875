"""What letters may show of a post: its subjects, words and links, as keyed hashes."""

from __future__ import annotations

from collections.abc import Sequence

from ..addresses import fold_address
from ..keyed import all_keyed, keyed, runs_as_text
from ..records import PostText
from .html_text import html_text
from .limits import MOST_POST_WORDS, MOST_TEXT
from .subjects import base_subjects
from .traces import links_of, plain_link, runs_of


def post_text(
    post_id: str,
    key: bytes,
    *,
    subjects: Sequence[str | None],
    text: str = "",
    html: str = "",
    links: Sequence[str | None] = (),
    sender: str | None = None,
    reply_address: str | None = None,
) -> PostText:
    """The hashes of a post. text or html: of the mail; html counts where there is no text."""
    more: list[str] = []
    if not text.strip() and html.strip():
        text, more = _read(html)
    found = links_of(text[: 4 * MOST_TEXT], more)
    found += [plain_link(link) for link in links if link]
    compared = (one for subject in subjects if subject for one in base_subjects(subject))
    return PostText(
        id=post_id,
        subjects=all_keyed(compared, key),
        sender=_address(sender, key),
        reply_address=_address(reply_address, key),
        links=all_keyed((link for link in found if link), key),
        runs=runs_as_text(runs_of(text[: 4 * MOST_TEXT], key, MOST_POST_WORDS)),
    )


def _read(html: str) -> tuple[str, list[str]]:
    try:
        read = html_text(html[: 4 * MOST_TEXT])
    except Exception:  # noqa: BLE001 - a post without words is still known by its subject
        return "", []
    return read.text, read.links


def _address(address: str | None, key: bytes) -> str | None:
    return keyed(fold_address(address), key) if address and "@" in address else None
