"""The words of a post: its own lines, below a head that all posts share. All of it is invented."""

from __future__ import annotations

from .schedule import Post

SITE = "https://letters.example"
HEAD = "You get this invented letter because you subscribed to it at the harbour."


def link_in(post: Post) -> str:
    """The one link of a post."""
    return f"{SITE}/link/{post.slug}"


def lines_of(post: Post) -> tuple[str, ...]:
    """The text of a post, a line a paragraph."""
    notes = f"stands in the invented notes that belong to {post.slug} and to no other letter."
    return (
        HEAD,
        f"Invented text of “{post.title}”.",
        f"More about the subject of {post.slug} {notes}",
    )
