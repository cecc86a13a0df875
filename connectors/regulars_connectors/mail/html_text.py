"""From HTML to lines of text. Nothing is rendered, fetched or run.

Blocks make lines. What mail programs mark as a quote gets the mark of a quote on each line, so
that one set of rules takes text and HTML apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from .limits import MOST_HTML_DEPTH, MOST_LINKS, MOST_TAG

_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3",
    "h4", "h5", "h6", "header", "hr", "html", "legend", "li", "main", "nav", "ol", "p", "pre",
    "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
# A paragraph stands apart from what is around it.
_PARAGRAPHS = frozenset({
    "p", "ul", "ol", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "table",
})  # fmt: skip
_SAME_LINE = frozenset({"td", "th"})
_DROPPED = frozenset({
    "script", "style", "title", "head", "template", "noscript", "iframe", "object", "svg", "math",
    "select", "textarea",
})  # fmt: skip
_CLOSE_THEMSELVES = frozenset({
    "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "optgroup",
    "colgroup", "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta",
    "param", "source", "track", "wbr", "html", "head", "body",
})  # fmt: skip
_QUOTE_CLASSES = frozenset({
    "gmail_quote", "gmail_quote_container", "gmail_attr", "yahoo_quoted", "moz-cite-prefix",
    "protonmail_quote", "tutanota_quote", "zmail_extra", "ydp_quoted",
})  # fmt: skip
_SIGNATURE_CLASSES = frozenset({
    "gmail_signature", "moz-signature", "protonmail_signature_block", "tutanota_signature",
})  # fmt: skip
_QUOTE_IDS = frozenset({"olk_src_body_section", "yahoo_quoted"})
# What follows one of these is the mail that was answered.
_QUOTE_BEGINS = frozenset({"appendonsend", "stopspelling", "divrplyfwdmsg"})


@dataclass(slots=True)
class HtmlText:
    """Text of an HTML mail, and where the links in quotes and outside of them lead."""

    text: str
    links: list[str] = field(default_factory=list)
    is_cut: bool = False


def html_text(html: str) -> HtmlText:
    """The text of an HTML mail: quoted lines begin with ``> ``."""
    html, is_cut = _shallow(html)
    body = LexborHTMLParser(html).body
    walk = _Walk()
    if body is not None:
        walk.over(body)
    return HtmlText(walk.text(), walk.links, is_cut)


def _shallow(html: str) -> tuple[str, bool]:
    """The HTML up to where tags stand too deep, without attributes of tags that are too long.

    The parser looks through all open tags at each tag, and through all attributes at each.
    """
    depth, at, done = 0, html.find("<"), 0
    pieces: list[str] = []
    is_cut = False
    while 0 <= at < len(html) - 1:
        end = html.find(">", at + 1, at + MOST_TAG)
        if html[at + 1] == "/":
            depth -= depth > 0
        elif html[at + 1].isalpha():
            name = _tag_name(html, at + 1)
            if end < 0:
                pieces += (html[done:at], f"<{name}>")
                done = html.find(">", at + 1) + 1 or len(html)
                end, is_cut = done - 1, True
            if name not in _CLOSE_THEMSELVES:
                depth += 1
            if depth > MOST_HTML_DEPTH:
                return "".join([*pieces, html[done:at]]), True
        at = html.find("<", max(end, at) + 1)
    return "".join([*pieces, html[done:]]), is_cut


def _tag_name(html: str, start: int) -> str:
    end = start
    while end < len(html) and end < start + 16 and html[end].isalnum():
        end += 1
    return html[start:end].lower()


class _Walk:
    """Down and up the tree once, without recursion."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.words: list[str] = []
        self.links: list[str] = []
        self.quotes = 0
        self.has_begun = False  # the mail that was answered
        self.preformatted = 0

    def text(self) -> str:
        self._end_line()
        return "\n".join(self.lines)

    def over(self, top: LexborNode) -> None:
        stack: list[tuple[LexborNode, tuple[str, bool]]] = []
        node: LexborNode | None = top
        while node is not None:
            opened = self._enter(node)
            child = node.first_child if opened is not None else None
            if opened is not None and child is not None:
                stack.append((node, opened))
                node = child
                continue
            if opened is not None:
                self._leave(opened)
            following = node.next
            while following is None and stack:
                parent, opened = stack.pop()
                self._leave(opened)
                following = parent.next if stack else None
            node = following

    def _enter(self, node: LexborNode) -> tuple[str, bool] | None:
        """What ends with the node: its tag, and whether it quotes. None: passed over."""
        tag = node.tag or ""
        if tag == "-text":
            self._add(node.text_content or "")
            return None
        if tag in _DROPPED or tag.startswith(("-", "!")):
            return None
        if tag == "br":
            self._end_line(keep_empty=True)
            return None
        if tag == "hr":
            self._end_line()
            self._marks(tag, node.attributes)
            self._put("-" * 10)
            return None
        if tag in _BLOCKS and tag not in _SAME_LINE:
            self._end_line()
            self._paragraph(tag)
        elif tag in _SAME_LINE:
            self.words.append(" ")
        self.preformatted += tag == "pre"
        attributes = node.attributes if tag in _WITH_MARKS else {}
        quotes = self._marks(tag, attributes)
        if quotes:
            self._end_line()
            self.quotes += 1
        return tag, quotes

    def _marks(self, tag: str, attributes: dict[str, str | None]) -> bool:
        """Whether a quote begins with the tag."""
        if tag == "blockquote":
            return not _is_indent(attributes)
        if not attributes:
            return False
        identity = (attributes.get("id") or "").casefold()
        classes = (attributes.get("class") or "").casefold().split()
        if tag == "a":
            self._link(attributes.get("href"))
        if any(identity.endswith(mark) for mark in _QUOTE_BEGINS):
            self._end_line()
            self.has_begun = True
        if _SIGNATURE_CLASSES.intersection(classes):
            self._end_line()
            self._put("-- ")
        return identity in _QUOTE_IDS or bool(_QUOTE_CLASSES.intersection(classes))

    def _leave(self, opened: tuple[str, bool]) -> None:
        tag, quotes = opened
        if (tag in _BLOCKS and tag not in _SAME_LINE) or quotes:
            self._end_line()
            self._paragraph(tag)
        self.preformatted -= tag == "pre"
        self.quotes -= quotes

    def _link(self, target: str | None) -> None:
        if target and len(self.links) < MOST_LINKS and target[:4].lower() == "http":
            self.links.append(target)

    def _add(self, text: str) -> None:
        if self.preformatted:
            *whole, last = text.split("\n")
            for line in whole:
                self.words.append(line)
                self._end_line(keep_empty=True)
            self.words.append(last)
        else:
            self.words.append(text)

    def _end_line(self, *, keep_empty: bool = False) -> None:
        line = "".join(self.words)
        self.words.clear()
        line = line.rstrip() if self.preformatted else " ".join(line.split())
        if line or keep_empty:
            self._put(line)

    def _paragraph(self, tag: str) -> None:
        if tag in _PARAGRAPHS and self.lines and self.lines[-1].strip("> "):
            self._put("")

    def _put(self, line: str) -> None:
        self.lines.append(f"> {line}" if self.quotes or self.has_begun else line)


_WITH_MARKS = frozenset({
    "a", "blockquote", "div", "span", "section", "article", "table", "td", "p", "hr", "body",
})  # fmt: skip


def _is_indent(attributes: dict[str, str | None]) -> bool:
    """Whether a blockquote moves text to the right, as editors write it."""
    style = (attributes.get("style") or "").replace(" ", "").casefold()
    return "type" not in attributes and "border:none" in style and "margin:000" in style
