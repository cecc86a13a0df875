"""Texts for people, each whole and with named parts, so that a translation can lie beside it.

``pages/messages.py``, ``widgets/messages.py`` and ``reports/messages.py`` hold them, one constant
for each. Whoever shows a text fills its parts and never joins pieces of a sentence; whole sentences
may follow each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import Formatter

from markupsafe import Markup

COUNT = "count"


@dataclass(frozen=True, slots=True)
class Text:
    """``text`` with parts such as ``{title}``; ``many`` where it is another for counts but one.

    A text with ``many`` takes ``count``, a number, which chooses the form and is written with its
    thousands parted.
    """

    text: str
    many: str | None = None

    def __call__(self, **parts: object) -> str:
        """The text with its parts. Raises KeyError where one is missing."""
        form, filled = self._chosen(parts)
        return form.format(**filled)

    def html(self, **parts: object) -> Markup:
        """The same for a page: parts are escaped unless they are markup. The text itself is not."""
        form, filled = self._chosen(parts)
        return Markup(form).format(**filled)  # noqa: S704 - a constant of a catalogue

    @property
    def forms(self) -> tuple[str, ...]:
        """The text, in both forms where it has two."""
        return (self.text,) if self.many is None else (self.text, self.many)

    @property
    def parts(self) -> frozenset[str]:
        """The names of what must be given."""
        named = {name for form in self.forms for _, name, _, _ in Formatter().parse(form) if name}
        return frozenset(named if self.many is None else named | {COUNT})

    def _chosen(self, parts: dict[str, object]) -> tuple[str, dict[str, object]]:
        if self.many is None:
            return self.text, parts
        count = parts[COUNT]
        if not isinstance(count, (int, float)):
            raise TypeError(f"count chooses between one and many; it is a number, not {count!r}")
        whole = round(count)
        return self.text if whole == 1 else self.many, parts | {COUNT: f"{whole:,}"}


class Sentence(Text):
    """One or more whole sentences: a capital or a part at the start, a full stop at the end."""

    __slots__ = ()


class Label(Text):
    """What is no sentence and stands alone: a heading, a cell, a link, the words of a badge."""

    __slots__ = ()


def in_a_row(*sentences: str) -> str:
    """Whole sentences one after the other; empty ones are left out."""
    return " ".join(sentence for sentence in sentences if sentence)
