"""The world is a pure function of its parameters and the instant asked about."""

from __future__ import annotations

from typing import Any

import pytest

from regulars_connectors.instants import DAY, SECOND
from regulars_connectors.simulator import World
from regulars_connectors.simulator.people import Person

HOUR = 3_600 * SECOND


def life(person: Person) -> tuple[Any, ...]:
    return (
        person.email,
        person.joined_s,
        person.sends.tobytes(),
        person.reads.tobytes(),
        person.opens.tobytes(),
        person.clicks.tobytes(),
        person.answers,
        person.letters,
        tuple(person.moves_s),
        tuple(person.statuses),
    )


def lives(world: World) -> dict[str, tuple[Any, ...]]:
    return {person.id: life(person) for person in world.people}


def test_the_same_seed_is_the_same_world(world: World) -> None:
    assert lives(World(5, subscribers=400, spike_size=200)) == lives(world)
    assert not lives(World(6, subscribers=400)).keys() & lives(world).keys()


def test_the_spike_changes_nobody_else(world: World) -> None:
    with_spike, without = lives(world), lives(World(5, subscribers=400, spike=False))
    assert with_spike.keys() - without.keys() == world.spike_ids
    assert all(with_spike[person] == acts for person, acts in without.items())


def test_a_larger_world_leaves_everybody_as_they_were(world: World) -> None:
    larger = lives(World(5, subscribers=450, spike_size=200))
    assert lives(world).items() <= larger.items()


@pytest.mark.parametrize("people", [0, 1, 2, 7, 640])
def test_a_world_of_a_size_has_exactly_that_many_at_its_end(people: int) -> None:
    world = World.of_size(3, people)
    assert world.at(world.ended_at).present == people
    assert len({person.email.casefold() for person in world.people}) == people


def test_posts_come_weekly_at_varying_hours(world: World) -> None:
    gaps = {b.sent_at - a.sent_at for a, b in zip(world.posts, world.posts[1:], strict=False)}
    assert len(world.posts) == 104
    assert len(gaps) > 20
    assert all(6.5 * DAY < gap < 7.5 * DAY for gap in gaps)


def test_the_spike_comes_for_one_post_and_goes(world: World) -> None:
    viral = world.viral_post
    assert viral is not None
    assert viral.number is not None
    assert 30 * 7 * DAY <= world.ended_at - viral.sent_at <= 40 * 7 * DAY
    assert len(world.posts) - viral.number > 14
    reads = [sum(map(bool, world.by_id[each].reads)) for each in world.spike_ids]
    assert set(reads) == {1, 2, 3}
    joined = [world.by_id[each].joined_s * SECOND for each in world.spike_ids]
    assert all(0 < at - viral.sent_at < 4 * DAY for at in joined)


def test_some_of_the_spike_fall_one_post_short_and_some_answer_the_poll() -> None:
    world = World(2, subscribers=0)
    viral = world.viral_post
    assert viral is not None
    assert viral.number is not None
    people = [world.by_id[each] for each in world.spike_ids]
    following = [bytes(map(bool, person.reads[:8])) for person in people]
    assert len(people) == 1_000
    assert sum(sum(reads) == 3 for reads in following) == 60
    answers = [person.answers for person in people if person.answers]
    assert len(answers) == 80
    assert {answer.post for given in answers for answer in given} == {viral.number + 1}


def test_reads_happen_after_delivery_and_a_few_come_late(world: World) -> None:
    delays = [
        read_s * SECOND - world.posts[number].sent_at
        for person in world.people
        for number, read_s in zip(person.sends, person.reads, strict=True)
        if read_s
    ]
    late = sum(delay > 4 * DAY for delay in delays) / len(delays)
    assert all(300 * SECOND < delay < 6.5 * DAY for delay in delays)
    assert 0.02 < late < 0.04
    assert sum(delay < DAY for delay in delays) > len(delays) / 2


def test_machine_openers_open_everything_and_click_nothing(world: World) -> None:
    machines = [person for person in world.people if person.sight == "machine"]
    assert len(machines) > 20
    assert all(len(person.opens) == len(person.sends) for person in machines)
    assert not any(len(person.clicks) or person.answers for person in machines)
    assert any(any(person.reads) for person in machines)


def test_blocked_people_leave_no_opens_but_now_and_then_a_click(world: World) -> None:
    blocked = [person for person in world.people if person.sight == "blocked"]
    assert not any(len(person.opens) for person in blocked)
    assert any(len(person.clicks) for person in blocked)
    assert not any(person.opens_recorded for person in blocked)


@pytest.mark.long
def test_channels_differ_in_how_people_stay() -> None:
    world = World(1, subscribers=4_000, spike=False)

    def staying(source: str) -> float:
        active = [p.statuses[-1] == "active" for p in world.people if p.channel.name == source]
        return sum(active) / len(active)

    assert staying("referral") > staying("boost") + 0.05


def test_one_poll_sits_in_several_posts_and_some_answers_carry_words(world: World) -> None:
    usual = world.schedule.polls[0]
    assert len(usual.posts) > 5
    assert any(answer.words for _, answer in world.answers)
    assert len({answer.post for _, answer in world.answers if answer.poll == 0}) > 3


def test_some_people_write_and_the_writer_answers_some(world: World) -> None:
    letters = [letter for person in world.people for letter in person.letters]
    assert any(letter.answered_s is None for letter in letters)
    assert all(letter.answered_s > letter.at_s for letter in letters if letter.answered_s)


def test_what_is_shown_never_falls_as_time_goes_on(world: World) -> None:
    before = dict.fromkeys(world.by_id, (0, 0, 0, 0, 0))
    for week in range(0, 105, 8):
        moment = world.at(world.started_at + week * 7 * DAY + HOUR)
        for person, _ in moment.people():
            counts = moment.counts(person)
            assert all(a <= b for a, b in zip(before[person.id], counts, strict=True))
            before[person.id] = counts


def test_nobody_gets_a_post_before_joining_or_after_leaving(world: World) -> None:
    for person in world.people:
        for number in person.sends:
            at_s = world.posts[number].sent_s
            assert at_s is not None
            assert world.status(person, at_s) == "active"


def test_a_world_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="two posts"):
        World(1, posts=1)
