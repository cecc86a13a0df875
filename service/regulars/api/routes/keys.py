"""Keys for programs: list them, make one, revoke one. The command line asks here."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from regulars.access.register import LONGEST_NAME, Register
from regulars.access.scopes import USUAL, Scope
from regulars.access.shown import shown_key
from regulars.settings import NAME
from regulars.store.actions.access import KeyRecord
from regulars_connectors.instants import from_datetime

from ..problems import problem_responses
from ..query_parameters import no_parameters

NO_STORE = "private, no-store"
_KEY: dict[str, Any] = {
    "id": "key_5f0c9a7be1d24688",
    "name": "the site's front page",
    "scopes": ["read:figures"],
    "publications": ["field-notes"],
    "made_at": "2026-11-22T05:15:00Z",
    "expires_at": None,
    "last_used_at": "2026-11-23T09:30:00Z",
    "revoked_at": None,
}
PublicationName = Annotated[str, Field(pattern=NAME)]


class ApiKey(BaseModel):
    """A key, without its text."""

    model_config = ConfigDict(json_schema_extra={"examples": [_KEY]})

    id: str
    name: str = Field(description="what you call it")
    scopes: list[Scope] = Field(description="what it may do")
    publications: list[str] | None = Field(description="those it is for (null for all)")
    made_at: datetime
    expires_at: datetime | None = Field(description="when it ends (null for never)")
    last_used_at: datetime | None = Field(description="noted once a day (null for not yet)")
    revoked_at: datetime | None


class ApiKeyList(BaseModel):
    """Every key, oldest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_KEY]}]})

    items: list[ApiKey]


class ApiKeyRequest(BaseModel):
    """A key that is wanted."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "the site", "publications": ["field-notes"]}]},
    )

    name: str = Field(min_length=1, max_length=LONGEST_NAME, description="what you call it")
    scopes: list[Scope] = Field(
        default=list(USUAL), min_length=1, max_length=20, description="what it may do"
    )
    publications: list[PublicationName] | None = Field(
        default=None, min_length=1, max_length=1000, description="those it is for, by default all"
    )
    expires_at: AwareDatetime | None = Field(default=None, description="when it ends")


class NewApiKey(ApiKey):
    """A key that was made just now, with its text: the one time that it is shown."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [_KEY | {"key": "rgl_…", "last_used_at": None}]}
    )

    key: str = Field(description="the text to send as Authorization: Bearer")


def keys_router(register: Register) -> APIRouter:
    """GET and POST /keys, DELETE /keys/{key_id}."""
    router = APIRouter(tags=["access"], dependencies=[no_parameters])

    @router.get(
        "/keys",
        operation_id="keys_list",
        summary="Every key, without its text",
        responses=problem_responses(400, 406, 421, 422, 500),
    )
    def list_keys(response: Response) -> ApiKeyList:
        response.headers["Cache-Control"] = NO_STORE
        return ApiKeyList(items=[as_model(one) for one in register.all_keys()])

    @router.post(
        "/keys",
        operation_id="key_add",
        summary="Make a key, and show its text this once",
        status_code=201,
        responses=problem_responses(400, 406, 413, 415, 421, 422, 500, 503),
    )
    def add_key(response: Response, wish: ApiKeyRequest) -> NewApiKey:
        ends = None if wish.expires_at is None else from_datetime(wish.expires_at)
        record, text = register.add_key(wish.name, wish.scopes, wish.publications, ends)
        response.headers["Cache-Control"] = NO_STORE
        return NewApiKey(**as_model(record).model_dump(), key=text)

    @router.delete(
        "/keys/{key_id}",
        operation_id="key_revoke",
        summary="End a key now",
        responses=problem_responses(400, 404, 406, 413, 415, 421, 422, 500, 503),
    )
    def revoke_key(
        key_id: Annotated[str, Path(description="id of the key, key_...")], response: Response
    ) -> ApiKey:
        response.headers["Cache-Control"] = NO_STORE
        return as_model(register.revoke_key(key_id))

    return router


def as_model(key: KeyRecord) -> ApiKey:
    """A key as the API shows it."""
    return ApiKey.model_validate(shown_key(key))
