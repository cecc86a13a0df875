"""regulars notify: what you would be told now, and whether it would reach you."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .context import Call, own_store, verb
from .terminal import echo, print_json

if TYPE_CHECKING:
    from regulars.notices.step import Outlook, Trial
    from regulars.settings import Settings


@click.command(short_help="Show what you would be told, and test that it reaches you.")
@click.option("--test", "is_test", is_flag=True, help="Send a test message by every way.")
@verb
def notify(call: Call, is_test: bool) -> None:
    """Show what each way of [notices] would tell you now. Nothing is sent.

    While `regulars serve` runs, it says what is due, and you see what it has said.

    With --test, each way sends you a test message, and the command says how that went.

    \b
    Examples:
      regulars notify
      regulars notify --test
    """
    if is_test:
        _test(call)
    else:
        _show(call)


def _test(call: Call) -> None:
    from regulars.clock import real_runtime
    from regulars.notices.step import try_ways

    results = try_ways(call.settings(), real_runtime().clock)
    if call.as_json:
        print_json({"ways": [_result(one) for one in results]})
    elif not results:
        _say_no_way()
    for one in results if not call.as_json else ():
        went = one.trouble or "the message was taken."
        echo(f"{one.way} ({one.place}): {went}")
        if one.to_do:
            echo(f"    To do: {one.to_do}")
    if any(one.trouble for one in results):
        raise SystemExit(1)


def _result(one: Trial) -> dict[str, Any]:
    return {
        "way": one.way,
        "shape": one.shape,
        "place": one.place,
        "delivered": one.trouble is None,
        "trouble": one.trouble,
        "to_do": one.to_do,
    }


def _show(call: Call) -> None:
    settings = call.settings()
    is_served = call.server(settings) is not None
    outlooks = _remembered(settings) if is_served else _worked_out(call, settings)
    if call.as_json:
        print_json({"served": is_served, "ways": [outlook.facts() for outlook in outlooks]})
    elif not settings.notices.has_ways:
        _say_no_way()
    elif not outlooks:
        echo("There is no store yet, so nothing is to be said.")
    else:
        for outlook in outlooks:
            _say(outlook, is_served=is_served)


def _remembered(settings: Settings) -> list[Outlook]:
    from regulars.clock import real_runtime
    from regulars.notices.step import Notifier

    return Notifier(settings, real_runtime().clock, next_look=lambda *_: None).remembered()


def _worked_out(call: Call, settings: Settings) -> list[Outlook]:
    from regulars.clock import real_runtime
    from regulars.jobs.planner import Planner
    from regulars.notices.step import Notifier

    runtime = real_runtime()
    with own_store(call, settings, "notify") as store:
        if store is None:
            return []
        planner = Planner(store, settings, runtime)
        notifier = Notifier(settings, runtime.clock, next_look=planner.look_after)
        return notifier.outlook(store, runtime.clock())


def _say(outlook: Outlook, *, is_served: bool) -> None:
    said = f"{len(outlook.said)} said before"
    to_say = f"{len(outlook.notices)} to say now" if outlook.notices else "nothing to say now"
    told = said if is_served else f"{to_say}, {said}"
    echo(f"{outlook.way} ({outlook.place}): {told}.")
    for key in outlook.said:
        echo(f"    said: {key}")
    if outlook.trouble:
        echo(f"    It failed last: {outlook.trouble}")
    for words in outlook.words:
        echo(f"    {words.heading}. {words.happened} {words.to_do}")


def _say_no_way() -> None:
    from regulars.notices.messages import NO_WAY

    echo(NO_WAY())


COMMANDS = {"notify": notify}
