"""What may be asked of beehiiv, and with which parameters."""

from __future__ import annotations

from ..http import SEGMENT, Allowed, Params

_ONE = r"/publications/pub_[A-Za-z0-9-]+"
READS = (
    Allowed("GET", _ONE),
    Allowed("GET", _ONE + r"/(posts|subscriptions|polls|engagements|newsletter_lists)"),
    Allowed("GET", _ONE + r"/posts/[A-Za-z0-9_-]+"),  # aggregate_stats among them
    Allowed("GET", f"{_ONE}/polls/{SEGMENT}/responses"),
    Allowed("GET", f"{_ONE}/newsletter_lists/{SEGMENT}/subscriptions"),
    Allowed("GET", _ONE + r"/segments/[A-Za-z0-9_-]+(/results)?"),
    Allowed("GET", "/workspaces/permissions"),
)
_BY_AGE: Params = (("order_by", "created"), ("direction", "asc"))
_EXPAND_SUBSCRIPTIONS: Params = tuple(
    ("expand[]", part) for part in ("stats", "custom_fields", "tags", "referrals")
)
EXPAND_STATS: Params = (("expand[]", "stats"),)
_EXPAND_POSTS: Params = (*EXPAND_STATS, ("expand[]", "recipients"))
LIST_PARAMS: dict[str, Params] = {
    "posts": (("status", "all"), *_BY_AGE, *_EXPAND_POSTS),
    "subscriptions": (("status", "all"), *_BY_AGE, *_EXPAND_SUBSCRIPTIONS),
    "polls": (*_BY_AGE, *EXPAND_STATS),
    "responses": (*_BY_AGE, ("expand[]", "post")),
    "newsletter_lists": (("direction", "asc"),),
    "standings": (("direction", "asc"),),
    "results": (),
}
