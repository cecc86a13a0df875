"""Addresses above a quote, as a letter keeps them: in text and in HTML."""

from __future__ import annotations

import pytest
from support.letters_folder import letter
from support.tied_store import KEY, WRITER, read_letters

from regulars_connectors.keyed import keyed

BLOCK = f"<b>From:</b> Ada &lt;{WRITER}&gt;<br><b>Sent:</b> Sunday, March 1, 2026 9:00 AM<br>"
BLOCK += "<b>To:</b> mara@example.org<br><b>Subject:</b> Bread and salt"


@pytest.mark.parametrize(
    "html",
    [
        f'<p>Yes.</p><div id="appendonsend"></div><hr><div id="divRplyFwdMsg">{BLOCK}</div>Rye.',
        f'<p>Yes.</p><div id="divRplyFwdMsg"><p>{BLOCK}</p></div><p>Rye.</p>',
        f"<p>Yes.</p><blockquote><p>{BLOCK}</p><p>Rye.</p></blockquote>",
        f'<p>Yes.</p><div style="border:none"><p>{BLOCK}</p></div><p>Rye.</p>',
    ],
)
def test_a_block_of_headers_in_html_names_whom_it_went_to(html: str) -> None:
    (found,) = read_letters([letter(1, text=html, Content_Type="text/html; charset=utf-8")])
    assert (found.kind, found.words) == ("human", 1)
    assert found.quoted_addresses == keyed("mara@example.org", KEY)
    assert found.quoted_dates is not None
