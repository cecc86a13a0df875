"""Posts with their statistics, filters and contents."""

from __future__ import annotations

from typing import Any

from ..handler import Response
from ..issue_text import SITE, lines_of, link_in
from ..newsletter_lists import MAILED
from ..schedule import Post
from ..snapshot_view import PostCounts, SnapshotView
from .context import Context, list_id
from .envelope import check_page, slice_numbered
from .requests import ParsedRequest, answer, missing

_AUTHORS = ["The harbour office (invented)"]


class Posts:
    """The endpoints below ``/posts``."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def many(self, asking: ParsedRequest) -> Response:
        """The list, by numbered pages, a hundred of them at most."""
        check_page(asking.page or 1)
        moment = self.context.moment()
        order = asking.choice("order_by", ("created", "publish_date", "displayed_date"))
        posts = _filtered(moment.posts, asking)
        if order != "created":
            posts.sort(key=lambda post: (post.sent_s or 0, post.id))
        if asking.descending:
            posts.reverse()
        expand = asking.expand()
        return slice_numbered(posts, asking, lambda post: _row(moment, post, expand))

    def one(self, asking: ParsedRequest, post_id: str) -> Response:
        """One post by id."""
        moment = self.context.moment()
        for post in moment.posts:
            if post.id == post_id:
                return answer({"data": _row(moment, post, asking.expand())})
        raise missing("Post")

    def aggregate(self, asking: ParsedRequest) -> Response:
        """Statistics over all matching posts."""
        moment = self.context.moment()
        every = [moment.post_counts(post) for post in _filtered(moment.posts, asking)]
        total = PostCounts(*(sum(column) for column in zip(*every, strict=True))) if every else None
        stats = _stats(total or PostCounts(0, 0, 0, 0, 0, 0), None)
        computed_s = moment.at_s - self.context.quirks.statistics_lag_s
        return answer({"data": {"stats": stats, "computed_at": computed_s}})


def _filtered(posts: list[Post], asking: ParsedRequest) -> list[Post]:
    audience = asking.choice("audience", ("all", "free", "premium", "both"))
    platform = asking.choice("platform", ("all", "web", "email", "both"))
    status = asking.choice("status", ("all", "draft", "confirmed", "archived"))
    hidden = asking.choice("hidden_from_feed", ("all", "true", "false"))
    tags, slugs = asking.many("content_tags"), asking.many("slugs")
    authors = asking.many("authors")
    return [
        post
        for post in posts
        if audience in ("all", "free")
        and platform in ("all", post.platform)
        and status in ("all", _status(post))
        and hidden in ("all", str(_hidden(post)).lower())
        and (not tags or tags & set(_tags(post)))
        and (not slugs or post.slug in slugs)
        and (not authors or authors & set(_AUTHORS))
    ]


def _status(post: Post) -> str:
    """``confirmed`` covers what is planned and what has gone out."""
    return "draft" if post.sent_s is None else "confirmed"


def _hidden(post: Post) -> bool:
    return post.slug == "about"


def _tags(post: Post) -> list[str]:
    return ["weekly", "invented"] if post.number is not None else ["invented"]


def _row(moment: SnapshotView, post: Post, expand: frozenset[str]) -> dict[str, Any]:
    draft = post.sent_s is None
    row: dict[str, Any] = {
        "id": post.id,
        "title": post.title,
        "subtitle": "" if draft else "An invented letter",
        "authors": [] if draft else _AUTHORS,
        "created": post.created_s,
        "status": _status(post),
        "publish_date": post.sent_s,
        "displayed_date": None,
        "split_tested": False,
        "subject_line": "" if draft else post.subject,
        "preview_text": "",
        "slug": post.slug,
        "thumbnail_url": "",
        "web_url": "" if draft else f"{SITE}/p/{post.slug}",
        "audience": "free",
        "platform": post.platform,
        "content_tags": _tags(post),
        "hidden_from_feed": _hidden(post),
        "meta_default_title": None,
        "meta_default_description": None,
        "enforce_gated_content": False,
        "email_capture_popup": False,
        "reply_to_address": "harbour@example.org",
        "x_unannounced": [],
    }
    if post.number is not None:
        world = moment.world
        row["newsletter_list_id"] = list_id(world.seed, MAILED) if post.for_list else None
        row["recipient_count"] = moment.post_counts(post).recipients
    if "recipients" in expand:
        nobody: dict[str, list[str]] = {
            "tier_ids": [], "include_segment_ids": [], "exclude_segment_ids": []
        }  # fmt: skip
        row["recipients"] = {"web": {"tier_ids": []}, "email": nobody}
    if "stats" in expand and not draft:
        row["stats"] = _post_stats(moment, post)
    content = _content(post, expand)
    return row | ({"content": content} if content else {})


def _content(post: Post, expand: frozenset[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for tier, medium in (
        ("free", "web"),
        ("free", "email"),
        ("free", "rss"),
        ("premium", "web"),
        ("premium", "email"),
    ):
        if f"{tier}_{medium}_content" in expand:
            text = _text_of(post)
            found.setdefault(tier, {})[medium] = text
    return found


def _text_of(post: Post) -> str:
    """HTML whose words and links are this post's alone, below a head that all share."""
    head, *others = lines_of(post)
    linked = f'<a href="{link_in(post)}">{post.slug}</a>'
    paragraphs = (f"<p>{one.replace(f'of {post.slug} ', f'of {linked} ')}</p>" for one in others)
    return f"<div>{head}</div>{''.join(paragraphs)}"


def _post_stats(moment: SnapshotView, post: Post) -> dict[str, Any]:
    if post.platform == "web":
        return {"web": {"views": 55, "clicks": 0}}
    return _stats(moment.post_counts(post), link_in(post))


def _stats(counts: PostCounts, url: str | None) -> dict[str, Any]:
    """Raw clicks hold what scanners clicked; verified ones do not."""
    raw = counts.clicked + counts.scanned
    clicks = {
        "clicks": raw + counts.scanned,
        "unique_clicks": raw,
        "verified_clicks": counts.clicked,
        "unique_verified_clicks": counts.clicked,
    }
    email = {
        "recipients": counts.recipients,
        "delivered": counts.delivered,
        "opens": counts.opened * 9 // 5,
        "unique_opens": counts.opened,
        "open_rate": _percent(counts.opened, counts.delivered),
        **clicks,
        "click_rate": _percent(raw, counts.delivered),
        "unsubscribes": counts.unsubscribed,
        "spam_reports": 0,
    }
    links = [{"url": f"{url}?utm_source=letters", "base_url": url, "email": clicks}]
    return {
        "email": email,
        "web": {"views": counts.opened // 6, "clicks": counts.clicked // 10},
        "clicks": links if url and raw else [],
    }


def _percent(part: int, whole: int) -> float | int:
    return round(100 * part / whole, 2) if part and whole else 0
