"""Texts of posts, asked for where the publication has letters: their pages weigh megabytes."""

from __future__ import annotations

from msgspec import Raw, Struct

from ..contract import Stream
from ..http import Params
from ..loose import LooseDecoder
from ..mail.post_texts import post_text
from ..records import Record
from .reading import Reading, RowMapper
from .wire import Id, read_row

POST_TEXTS = Stream("post_texts", "state", "texts of posts")
LIMIT = 25
KIND = "texts of posts"
PARAMS: Params = (
    ("status", "confirmed"),
    ("order_by", "created"),
    ("direction", "asc"),
    ("expand[]", "free_email_content"),
)


class Contents(Struct, gc=False):
    """HTML of the mail."""

    email: str | None = None


class Content(Struct, gc=False):
    free: Contents | None = None


class TextRow(Struct, gc=False):
    """A post, asked for its text. Only some answers say where replies go."""

    id: Id
    title: str | None = None
    subject_line: str | None = None
    web_url: str | None = None
    from_address: str | None = None
    reply_to_address: str | None = None
    content: Content | None = None


_TEXT = LooseDecoder(TextRow)


def mapper(key: bytes) -> RowMapper:
    """From a row to what letters may show of the post. key: of the hashes."""

    def to_record(raw: Raw, reading: Reading) -> Record:
        row, _ = read_row(raw, _TEXT, reading.unread)
        free = row.content.free if row.content else None
        return post_text(
            row.id,
            key,
            subjects=(row.title, row.subject_line),
            html=(free.email if free else None) or "",
            links=(row.web_url,),
            sender=row.from_address,
            reply_address=row.reply_to_address,
        )

    return to_record
