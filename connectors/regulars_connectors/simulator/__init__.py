"""A simulated provider: an invented world, the APIs that show it, and faults on demand.

The world is a pure function of its parameters and the clock::

    world = World(7)                                # 1,500 people with habits, 1,000 of a spike
    world = World(7, spike=False)                   # the same 1,500, same ids, same acts
    world = World.of_size(7, 20_000)                # exactly 20,000 at its end, none ever deleted
    world.started_at, world.ended_at                # instants; two years apart
    world.posts                                     # the emailed ones; .sent_at, .id, .number
    world.viral_post, world.spike_ids               # who came for which post
    world.publication_id

What really happened, which providers hide::

    world.deed(subscription_id, post_id)            # was_sent, read_at, open_recorded_at, …
    world.really_regular(at, k, n)                  # ids; see its docstring for the rule
    world.really_sustained(at, reads, posts)        # ids: who will read that many of the next
    world.by_id[subscription_id].sight              # seen, machine, blocked or unshown
    world.by_id[subscription_id].letters            # replies, and when the writer answered
    world.at(instant)                               # a view: what a provider can show then

An API is a function from ``Request`` to ``Response``. Its clock is settable::

    clock = SimulatedClock(world.ended_at)
    api = with_faults(BeehiivApi(world, clock), ["torn-body"], quota=180)
    api(Request.from_target("GET", "/v2/publications", {"Authorization": "Bearer any"}))
    with serving(api) as url:                       # a thread, on loopback; url + "/v2"
        clock.set(world.posts[60].sent_at - 1)

Several publications of one organisation, under one key and one quota::

    apis = make_organisation(7, publications=3, subscribers=200, clock=clock)
    api = under_quota(Organisation(apis), 180, tick)

``FAULTS`` names all faults with a sentence each. ``run_beehiiv`` is `regulars simulate beehiiv`.
The connectors' parsing has its own code, so the two cannot agree on a mistake.
"""

from .beehiiv import (
    EVENTS,
    BeehiivApi,
    Organisation,
    Quirks,
    deliver,
    make_organisation,
    posts_csv,
    subscribers_csv,
)
from .clock import SimulatedClock
from .faults import FAULTS, Fault, troubled, under_quota, with_faults
from .handler import Handler, Request, Response
from .server import run_beehiiv, serving
from .snapshot_view import SnapshotView
from .world import Deed, World

__all__ = [
    "EVENTS",
    "FAULTS",
    "BeehiivApi",
    "Deed",
    "Fault",
    "Handler",
    "Organisation",
    "Quirks",
    "Request",
    "Response",
    "SimulatedClock",
    "SnapshotView",
    "World",
    "deliver",
    "make_organisation",
    "posts_csv",
    "run_beehiiv",
    "serving",
    "subscribers_csv",
    "troubled",
    "under_quota",
    "with_faults",
]
