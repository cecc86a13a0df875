"""The truth that no provider shows, held against plain counting."""

from __future__ import annotations

import pytest

from regulars_connectors.instants import DAY, SECOND, Instant
from regulars_connectors.simulator import World
from regulars_connectors.simulator.people import Person


def matured_by(world: World, at: Instant) -> list[str]:
    """Ids of matured posts, counted by the sentence of the rule."""
    found = []
    for number, post in enumerate(world.posts):
        following = world.posts[number + 1].sent_at if number + 1 < len(world.posts) else None
        matured = post.sent_at + 7 * DAY
        if following is not None:
            matured = min(matured, following)
        if max(matured, post.sent_at + 2 * DAY) <= at:
            found.append(post.id)
    return found


def counted_by_hand(world: World, at: Instant, k: int, n: int) -> set[str]:
    matured = matured_by(world, at)
    found = set()
    for person in world.people:
        deeds = [world.deed(person.id, post) for post in matured]
        sent = [deed for deed in deeds if deed.was_sent][-n:]
        read = sum(deed.read_at is not None and deed.read_at < at for deed in sent)
        active = world.status(person, at // SECOND) == "active"
        if active and person.opens_recorded and len(sent) == n and read >= k:
            found.add(person.id)
    return found


@pytest.mark.parametrize("week", [3, 20, 60, 76, 104])
def test_regulars_are_those_found_by_hand(world: World, week: int) -> None:
    at = world.posts[week].sent_at - SECOND if week < 104 else world.ended_at
    assert world.really_regular(at, 4, 8) == counted_by_hand(world, at, 4, 8)


def test_the_spike_brings_no_regular(world: World) -> None:
    for post in world.posts[40:]:
        assert not world.really_regular(post.sent_at, 4, 8) & world.spike_ids


@pytest.mark.long
def test_regulars_fill_a_room() -> None:
    world = World(7)
    assert 200 <= len(world.really_regular(world.ended_at, 4, 8)) <= 400


def sustained_by_hand(world: World, at: Instant, reads: int, posts: int) -> set[str]:
    """By the sentences of the rule, deed by deed."""
    matured = matured_by(world, at)
    following = [post.id for post in world.posts[len(matured) :]][:posts]
    found = set()
    for person in world.people:
        active = world.status(person, at // SECOND) == "active"
        if not (active and person.opens_recorded):
            continue
        began = max(
            moved
            for moved, status in zip(person.moves_s, person.statuses, strict=True)
            if status == "active" and moved * SECOND <= at
        )
        past = [
            world.deed(person.id, post.id)
            for post in world.posts
            if post.id in matured and post.sent_at > began * SECOND
        ]
        sent = [deed for deed in past if deed.was_sent]
        read = [deed for deed in sent if deed.read_at is not None and deed.read_at < at]
        coming = [world.deed(person.id, post).read_at for post in following]
        is_established = (
            at - began * SECOND >= 56 * DAY and len(sent) >= max(posts, 6) and len(read) >= 3
        )
        if is_established and sum(moment is not None for moment in coming) >= reads:
            found.add(person.id)
    return found


@pytest.mark.parametrize(
    ("week", "reads", "posts"), [(3, 4, 8), (30, 4, 8), (70, 4, 8), (96, 4, 8), (96, 2, 4)]
)
def test_the_sustained_are_those_found_by_hand(
    world: World, week: int, reads: int, posts: int
) -> None:
    at = world.posts[week].sent_at - SECOND
    found = world.really_sustained(at, reads, posts)
    assert found == sustained_by_hand(world, at, reads, posts)
    assert bool(found) == (week > 8)


def test_reads_before_leaving_count_among_the_sustained(world: World) -> None:
    """Whoever unsubscribes within the next eight posts may have read four of them before."""
    leaving = set()
    for post in world.posts[20:96]:
        for subscription in world.really_sustained(post.sent_at, 4, 8):
            last = world.posts[(post.number or 0) + 7].sent_at // SECOND
            if world.status(world.by_id[subscription], last) == "inactive":
                leaving.add(subscription)
    assert leaving


def test_nobody_of_the_spike_is_among_the_sustained(world: World) -> None:
    assert world.viral_post is not None
    for post in world.posts[(world.viral_post.number or 0) :][:28]:
        assert not world.really_sustained(post.sent_at, 4, 8) & world.spike_ids


def test_a_future_that_the_world_does_not_hold_is_refused(world: World) -> None:
    assert world.really_sustained(world.posts[96].sent_at - SECOND, 4, 8)
    with pytest.raises(ValueError, match="fewer than 8 posts"):
        world.really_sustained(world.posts[98].sent_at, 4, 8)


def sighted(world: World, sight: str) -> Person:
    return next(p for p in world.people if p.sight == sight and any(p.reads) and not all(p.reads))


def test_a_seen_read_is_recorded_when_it_happens(world: World) -> None:
    person = sighted(world, "seen")
    deeds = [world.deed(person.id, world.posts[number].id) for number in person.sends]
    assert all(deed.open_recorded_at == deed.read_at for deed in deeds)


def test_a_machine_opens_what_nobody_reads(world: World) -> None:
    person = sighted(world, "machine")
    deeds = [world.deed(person.id, world.posts[number].id) for number in person.sends]
    assert all(deed.open_recorded_at is not None for deed in deeds)
    assert any(deed.read_at is None for deed in deeds)


def test_a_blocked_picture_leaves_no_trace(world: World) -> None:
    person = sighted(world, "blocked")
    deeds = [world.deed(person.id, world.posts[number].id) for number in person.sends]
    assert all(deed.open_recorded_at is None for deed in deeds)
    assert any(deed.read_at is not None for deed in deeds)


def test_clicks_and_answers_follow_a_read(world: World) -> None:
    clicked = answered = 0
    for person in world.people[:300]:
        for number in person.sends:
            deed = world.deed(person.id, world.posts[number].id)
            for act in (deed.clicked_at, deed.answered_at):
                assert act is None or (deed.read_at is not None and act > deed.read_at)
            clicked += deed.clicked_at is not None
            answered += deed.answered_at is not None
    assert clicked
    assert answered


def test_a_post_not_sent_to_somebody_has_no_deed(world: World) -> None:
    late = world.people[-1]
    deed = world.deed(late.id, world.posts[0].id)
    assert (deed.was_sent, deed.read_at, deed.open_recorded_at) == (False, None, None)
