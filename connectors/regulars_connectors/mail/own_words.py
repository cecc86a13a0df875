"""The words that the writer of a mail added: without quote, attribution and signature.

One walk from the top of the text to its end. What was answered may stand above, below or between
the words, so the walk goes on after a quote, and stops where an unmarked mail of others begins.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import signatures
from .limits import MOST_LINES, MOST_TEXT
from .lines import ends_with_colon, is_rule, plain_lines
from .quotes import (
    LONGEST_DASHES,
    WIDEST,
    attribution_end,
    dashes_around,
    header_block_end,
    heads_in_one_line,
    is_quoted,
    is_separator,
    names_itself,
    opens_a_mail,
    without_marks,
)

_INDENT = "    "
_LONG_QUOTE = 60  # characters of a quoted line that a program may have broken
_LONGEST_INTRODUCTION = 6  # words above a mail that was passed on


@dataclass(frozen=True, slots=True)
class OwnWords:
    """A text taken apart. quoted: lines of others, without their marks; heads: what names them.

    is_forward: a mail of others begins before any own word. is_cut: more lines or characters
    stood there than are looked at.
    """

    text: str
    signature: str
    quoted: tuple[str, ...]
    heads: tuple[str, ...]
    is_forward: bool = False
    is_cut: bool = False


def own_words(text: str) -> OwnWords:
    """Take the text of a mail apart."""
    is_cut = len(text) > MOST_TEXT
    lines = plain_lines(text[:MOST_TEXT], MOST_LINES + 1)
    walk = _Walk(lines[:MOST_LINES])
    walk.down()
    return OwnWords(
        "\n".join(walk.own).strip("\n"),
        "\n".join(walk.signature).strip("\n"),
        tuple(walk.quoted),
        tuple(walk.heads),
        walk.is_forward,
        is_cut or len(lines) > MOST_LINES,
    )


class _Walk:
    """One walk down the lines of a mail. Each step tells whether it took lines."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.bare = [line.strip() for line in lines]
        self.own: list[str] = []
        self.has_own = False
        self.signature: list[str] = []
        self.quoted: list[str] = []
        self.heads: list[str] = []
        self.has_quoted = False  # more than a rule
        self.is_forward = False
        self.at = 0

    def down(self) -> None:
        steps = (self._quote, self._separator, self._headers, self._attribution, self._signature)
        while self.at < len(self.lines):
            if self.bare[self.at] and any(step() for step in steps):
                continue
            self.has_own = self.has_own or bool(self.bare[self.at])
            self.own.append(self.lines[self.at])
            self.at += 1

    def _quote(self) -> bool:
        text = self.bare[self.at]
        if not is_quoted(text) and not self._is_wrapped_quote():
            return False
        if self._quoted_headers():
            return True
        quoted = without_marks(text)
        self.has_quoted = self.has_quoted or bool(quoted and not is_rule(quoted, 1))
        if len(quoted) < WIDEST and attribution_end([quoted], 0):
            self.heads.append(quoted)  # HTML marks it as quoted too
        self.quoted.append(quoted)
        self.at += 1
        return True

    def _quoted_headers(self) -> bool:
        """A block of headers at the head of the quote, where HTML marks it as quoted too."""
        if self.heads or self.has_quoted:
            return False
        end = header_block_end(self.bare, self.at)
        lines = [without_marks(one) for one in self.bare[self.at : end] if is_quoted(one)]
        if lines:
            self.heads.append(" ".join(lines)[:WIDEST])
            self.quoted += lines
            self.at += len(lines)
        return bool(lines)

    def _is_wrapped_quote(self) -> bool:
        """A quoted line that a mail program broke: its rest stands without a mark."""
        at = self.at
        if not at or not is_quoted(self.bare[at - 1]):
            return False
        above, text = self.bare[at - 1], self.bare[at]
        if above.count("(") > above.count(")") and ")" in text:
            return True
        below = self.bare[at + 1] if at + 1 < len(self.bare) else ""
        if not is_quoted(below):
            return False
        return text.endswith(">") or (len(above) >= _LONG_QUOTE and len(text) < len(above))

    def _separator(self) -> bool:
        """-----Original Message----- and its like, in any language."""
        text = self.bare[self.at]
        if opens_a_mail(text):
            return self._mail_of_others(self.at + 1)
        if not is_separator(text):
            return False
        end = header_block_end(self.bare, self._next_text(self.at + 1))
        if not end and (not self.has_own or dashes_around(text) > LONGEST_DASHES):
            return False
        return self._mail_of_others(end or self.at + 1)

    def _headers(self) -> bool:
        """A block of headers, perhaps below a rule or below a few words and a colon."""
        text = self.bare[self.at]
        end = header_block_end(self.bare, self.at)
        if end:
            return self._mail_of_others(end)
        if not self.has_own and names_itself(text):
            return self._mail_of_others(self.at + 1)
        below_rule = is_rule(text, 3)
        if below_rule or (ends_with_colon(text) and len(text.split()) <= _LONGEST_INTRODUCTION):
            start = self._next_text(self.at + 1)
            end = header_block_end(self.bare, start)
            if not end and below_rule and heads_in_one_line(self.bare, start):
                end = start + 1
        return bool(end) and self._mail_of_others(end)

    def _mail_of_others(self, end: int) -> bool:
        """Its headers end at a line. Where a marked quote follows, the walk goes on after it."""
        self.is_forward = self.is_forward or not self.has_own
        self.heads.append(" ".join(self.bare[self.at : end])[:WIDEST])
        self.at = end
        return self._end_unless_quoted()

    def _end_unless_quoted(self) -> bool:
        follows = self._next_text(self.at)
        if follows < len(self.bare) and not is_quoted(self.bare[follows]):
            self.quoted += (without_marks(line) for line in self.bare[self.at :])
            self.at = len(self.lines)
        return True

    def _attribution(self) -> bool:
        end = attribution_end(self.bare, self.at)
        if not end:
            return False
        self.heads.append(" ".join(self.bare[self.at : end]))
        self.at = end
        self._indented_quote(self._next_text(end))
        return self._end_unless_quoted() if self.has_own else True

    def _indented_quote(self, at: int) -> None:
        """Some programs move what they quote to the right, in place of a mark on each line."""
        while at < len(self.lines) and (not self.bare[at] or self.lines[at].startswith(_INDENT)):
            if self.bare[at]:
                self.quoted.append(self.bare[at])
                self.at = at + 1
            at += 1

    def _signature(self) -> bool:
        end = signatures.end_of(self.bare, self.at, self._is_others)
        if not end:
            return False
        self.signature += self.lines[self.at : end]
        self.at = end
        return True

    def _is_others(self, at: int) -> bool:
        text = self.bare[at]
        return (
            is_quoted(text)
            or is_separator(text)
            or bool(attribution_end(self.bare, at))
            or bool(header_block_end(self.bare, at))
        )

    def _next_text(self, at: int) -> int:
        while at < len(self.bare) and not self.bare[at]:
            at += 1
        return at
