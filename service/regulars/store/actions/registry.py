"""How acts of the owner change the tables, by the kind of their journal entry.

An act is applied in its place among the entries, both when it is committed and at every rebuild.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ..journal import Entry
from . import access, forgetting, hooks, letters, looks, publications, replaced, widgets

if TYPE_CHECKING:
    import duckdb

Action = Callable[["duckdb.DuckDBPyConnection", Entry], None]

ACTIONS: Mapping[str, Action] = {
    publications.RENAMED: publications.rename_rows,
    replaced.REMOVED: publications.remove_rows,
    forgetting.FORGOTTEN: forgetting.do_nothing,
    forgetting.LIFTED: forgetting.do_nothing,
    replaced.ERASED: forgetting.do_nothing,
    replaced.GIVEN_UP: forgetting.do_nothing,
    looks.SET_ASIDE: looks.set_aside,
    letters.KIND: letters.apply,
    widgets.KIND: widgets.apply,
    access.KEY_ADDED: access.apply_key_added,
    access.KEY_USED: access.apply_key_used,
    access.KEY_REVOKED: access.apply_key_revoked,
    access.LINK_MADE: access.apply_link_made,
    access.SIGNED_IN: access.apply_signed_in,
    access.SESSION_ENDED: access.apply_session_ended,
    access.SESSIONS_ENDED: access.apply_sessions_ended,
}

WITHOUT_FIGURES = (widgets.KIND, hooks.KIND, hooks.SETTLED, *access.KINDS)
"""Kinds of entries that change no report, so cached ones stay valid."""
