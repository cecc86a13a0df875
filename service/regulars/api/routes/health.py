"""Health checks: whether the service runs, and whether it can answer."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from regulars.errors import UsageWrong
from regulars.store.mending import asked_again
from regulars.store.protocols import ReadableStore
from regulars.store.proven_backups import last_proven
from regulars_connectors.contract import Clock

from ..problems import NotReady

logger = logging.getLogger(__name__)
_NO_STORE = {"Cache-Control": "no-store"}
_DESPITE = frozenset({"disk"})
_WELL = b'{"status":"ok"}'


def health_routes(
    store: ReadableStore,
    folder: Path,
    clock: Clock,
    faults: Callable[[], Sequence[str]] = tuple,
) -> list[Route]:
    """/healthz shows that the process runs. /readyz also reads the store and checks the disk.

    faults: what else is wrong, such as a schedule that stands still.

    It tells how old the last proven backup of the store in ``folder`` is, and is ready all the
    same: a service without a backup still answers. With ``despite=disk`` a short disk is told the
    same way, for whoever would end or hold back a service that answers.
    """

    async def healthz(_: Request) -> Response:
        return _well()

    async def readyz(request: Request) -> Response:
        despite = _despite(request)
        broken = [*await anyio.to_thread.run_sync(_broken, store), *faults()]
        is_short = not await anyio.to_thread.run_sync(store.free_space_ok)
        if is_short and "disk" not in despite:
            broken.append("the disk has too little free space")
        if broken:
            raise NotReady(f"The service is not ready: {' and '.join(broken)}.")
        backup = await anyio.to_thread.run_sync(_backup, folder, clock)
        disk = {"status": "short" if is_short else "ok"}
        return Response(
            json.dumps({"status": "ok", "backup": backup, "disk": disk}),
            headers=_NO_STORE,
            media_type="application/json",
        )

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


def _well() -> Response:
    return Response(_WELL, headers=_NO_STORE, media_type="application/json")


def _despite(request: Request) -> list[str]:
    """What the request wants to be told in place of a 503. Raises UsageWrong."""
    despite = request.query_params.getlist("despite")
    if set(despite) - _DESPITE or set(request.query_params) - {"despite"}:
        raise UsageWrong(
            "`/readyz` takes `despite=disk` alone.", to_do="Leave the rest of the query out."
        )
    return despite


def _backup(folder: Path, clock: Clock) -> dict[str, Any]:
    proven = last_proven(folder)
    if proven is None:
        return {"status": "none yet"}
    now = clock()
    return {"status": "old" if proven.is_old(now) else "ok", "days_old": proven.days_old(now)}


def _broken(store: ReadableStore) -> list[str]:
    broken = []
    if not _store_answers(store):
        broken.append("the store fails to answer")
    elif not store.files_answer():
        broken.append("the files of the store cannot be read")
    return broken


@asked_again
def _store_answers(store: ReadableStore) -> bool:
    try:
        with store.read() as cursor:
            return cursor.execute("SELECT 1").fetchone() is not None
    except Exception:
        # Readiness reports every failure, whatever it was.
        logger.exception("the store does not answer")
        return False
