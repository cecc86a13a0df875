"""Requests wait for a report without a thread, in order, as long as somebody wants the answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import duckdb
import pytest

from regulars.api.problems import TooManyWaiting
from regulars.api.report_queue import ClientGone, ReportQueue
from regulars.reports.engine.cancellable import Abandoned, CancellableRun
from regulars.reports.engine.query import Run

FOR_EVER = "SELECT count(*) FROM range(1_000_000_000_000) AS t(n) WHERE n % 7 = 3"


class Client:
    """One who asked, and may go."""

    def __init__(self) -> None:
        self.has_gone = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        await self.has_gone.wait()
        return {"type": "http.disconnect"}


class Rig:
    """A queue whose computations wait at a gate, and a way to ask it."""

    def __init__(self, most_waiting: int = 1_000) -> None:
        self.queue = ReportQueue(self._compute, most_waiting)
        self.gate = threading.Event()
        self.begun: list[str] = []

    def _compute(self, name: str, *_: Any, **__: Any) -> Any:
        self.begun.append(name)
        assert self.gate.wait(30)
        return name

    def ask(
        self, name: str, client: Client, *, is_page: bool = False, found: str | None = None
    ) -> asyncio.Task[Any]:
        def work(run: Run) -> Any:
            return run(name, None)

        asked: Awaitable[Any] = self.queue.compute(
            name, lambda: found, work, client.receive, is_page=is_page
        )
        return asyncio.ensure_future(asked)  # type: ignore[return-value]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not condition():
                await asyncio.sleep(0.001)


async def _ask_200(rig: Rig) -> None:
    first = rig.ask("first", Client())
    await rig.until(lambda: rig.begun == ["first"])
    before = threading.active_count()
    asked = [rig.ask(f"question {n}", Client()) for n in range(200)]
    await rig.until(lambda: rig.queue.waiting == 200)
    page = rig.ask("page", Client(), is_page=True)
    await rig.until(lambda: rig.queue.waiting == 201)
    assert threading.active_count() <= before  # some of earlier tests may end
    rig.gate.set()
    assert await first == "first"
    assert await asyncio.gather(*asked) == [f"question {n}" for n in range(200)]
    assert await page == "page"
    assert rig.begun == ["first", "page", *(f"question {n}" for n in range(200))]
    assert rig.queue.waiting == 0


def test_200_wait_without_a_thread_in_order_and_pages_go_first() -> None:
    asyncio.run(_ask_200(Rig()))


def test_one_that_another_made_meanwhile_is_computed_no_more() -> None:
    async def asking(rig: Rig) -> None:
        first = rig.ask("first", Client())
        await rig.until(lambda: bool(rig.begun))
        second = rig.ask("second", Client(), found="found")
        await rig.until(lambda: rig.queue.waiting == 1)
        rig.gate.set()
        assert (await first, await second) == ("first", "found")
        assert rig.begun == ["first"]

    asyncio.run(asking(Rig()))


def test_a_question_whose_client_has_gone_is_never_computed() -> None:
    async def asking(rig: Rig) -> None:
        first = rig.ask("first", Client())
        await rig.until(lambda: bool(rig.begun))
        clients = [Client() for _ in range(20)]
        asked = [rig.ask(f"question {n}", one) for n, one in enumerate(clients)]
        await rig.until(lambda: rig.queue.waiting == 20)
        for one in clients[:-1]:
            one.has_gone.set()
        await rig.until(lambda: rig.queue.waiting == 1)
        rig.gate.set()
        results = await asyncio.gather(first, *asked, return_exceptions=True)
        assert [type(one) for one in results[1:-1]] == [ClientGone] * 19
        assert rig.begun == ["first", "question 19"]

    asyncio.run(asking(Rig()))


def test_beyond_the_bound_a_question_is_refused_and_a_page_is_not() -> None:
    async def asking(rig: Rig) -> None:
        asked = [rig.ask("first", Client())]
        await rig.until(lambda: bool(rig.begun))
        asked += [rig.ask(f"question {n}", Client()) for n in range(3)]
        await rig.until(lambda: rig.queue.waiting == 3)
        with pytest.raises(TooManyWaiting, match="3 requests wait"):
            await rig.ask("one too many", Client())
        asked.append(rig.ask("page", Client(), is_page=True))
        await rig.until(lambda: rig.queue.waiting == 4)
        rig.gate.set()
        assert len(await asyncio.gather(*asked)) == 5

    asyncio.run(asking(Rig(most_waiting=3)))


def test_a_task_that_is_cancelled_leaves_the_line() -> None:
    async def asking(rig: Rig) -> None:
        first = rig.ask("first", Client())
        await rig.until(lambda: bool(rig.begun))
        second, third = rig.ask("second", Client()), rig.ask("third", Client())
        await rig.until(lambda: rig.queue.waiting == 2)
        second.cancel()
        rig.gate.set()
        assert (await first, await third) == ("first", "third")

    asyncio.run(asking(Rig()))


class Counting:
    """Computes for ever, in DuckDB."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.ended: list[type[Exception]] = []
        self.connection = duckdb.connect()

    def __call__(self, _report: object, cursor: duckdb.DuckDBPyConnection) -> Any:
        self.begun.set()
        try:
            return cursor.execute(FOR_EVER).fetchall()
        except duckdb.Error as error:
            self.ended.append(type(error))
            raise


async def _asked_by(counting: Counting, clients: list[Client]) -> list[asyncio.Task[Any]]:
    queue = ReportQueue(counting)  # type: ignore[arg-type]

    def work(run: Run) -> Any:
        with counting.connection.cursor() as cursor:
            return run("report", cursor)

    asked = [
        asyncio.ensure_future(queue.compute("key", lambda: None, work, one.receive))
        for one in clients
    ]
    async with asyncio.timeout(30):
        while not (counting.begun.is_set() and queue.waiting == len(clients) - 1):
            await asyncio.sleep(0.001)
    return asked


def test_a_computation_ends_with_its_only_client() -> None:
    async def asking(counting: Counting) -> None:
        client = Client()
        (asked,) = await _asked_by(counting, [client])
        client.has_gone.set()
        with pytest.raises(ClientGone):
            await asyncio.wait_for(asked, 10)
        assert counting.ended == [duckdb.InterruptException]

    asyncio.run(asking(Counting()))


def test_a_computation_that_another_client_wants_goes_on() -> None:
    async def asking(counting: Counting) -> None:
        first, second = Client(), Client()
        asked = await _asked_by(counting, [first, second])
        first.has_gone.set()
        done, _ = await asyncio.wait(asked, timeout=0.3)
        assert not done
        assert not counting.ended
        second.has_gone.set()
        results = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(one) for one in results] == [ClientGone, ClientGone]

    asyncio.run(asking(Counting()))


def test_a_run_that_is_cancelled_before_it_begins_computes_nothing() -> None:
    run = CancellableRun(lambda *_: pytest.fail("it was computed"))
    run.cancel()
    with pytest.raises(Abandoned):
        run("report", duckdb.connect())
