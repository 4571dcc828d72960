"""What a route of `/api` is: a value. Its handler's signature and docstring say most of it.

    async def rename(self, call: Call[Nothing, Rename]) -> Conversation:
        '''Give a conversation another title.'''

takes no query, a body of the model `Rename`, and answers a `Conversation`. What is not in the signature stands beside it:

    Endpoint("PATCH", "/api/conversations/{id}", history.rename, (NotFound, PreconditionFailed))
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property
from inspect import getdoc
from typing import Any, Generic, Literal, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypeVar

from pipeline.errors import KaikouError
from server.identity.principal import Principal, Role

OF_ONE_DOMAIN = {"practices": "practice"}
"""Addresses that begin otherwise than those of their domain: what is made of it, in the plural."""

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]


class Described(BaseModel):
    """Base of all models of the API: the line under a field describes it in the document."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Nothing(Described):
    """The query of a route that takes none."""


class Body(Described):
    """Base of what is sent: a name that nobody knows is an error, for it is most likely misspelt."""

    model_config = ConfigDict(extra="forbid")


QueryT = TypeVar("QueryT", bound=BaseModel, default=Nothing)
BodyT = TypeVar("BodyT", default=None)


@dataclass(frozen=True)
class Call(Generic[QueryT, BodyT]):
    """One request, read and checked. What is set on `reply` (headers, cookies) goes out with the answer."""

    request: Request
    principal: Principal
    query: QueryT
    body: BodyT
    reply: Response

    @property
    def path(self) -> Mapping[str, Any]:
        """The parameters in the path, by name."""
        return self.request.path_params


@dataclass(frozen=True)
class Endpoint:
    """A method of a path, and the handler that does it.

    errors: those that the handler raises; what the layer itself raises is added in the document.
    sends: media types, where the handler answers a `Response` of its own.
    receives: where the handler reads `call.request` itself: the media type and the JSON schema of what is sent.
    enveloped: whether the answer comes in the envelope.
    open: whether nobody is asked who they are.
    role: the least that whoever asks must be.
    scopes: what a key must have been made for; if empty, `files:read` or `files:write`, by domain and method.
    secret: whether a password, a key or a token is sent or answered, so that nothing of it is kept for an `Idempotency-Key`.
    costly: whether it costs so much that it has a lower rate of its own.
    also: further statuses that come with the same answer, and what they mean; the handler sets them on `reply`.
    longest_parameter: characters of a parameter in the path; ids are shorter.
    etag: whether the answer has an ETag, so that a client that has it already is told 304.
    described: whether the document has it; what follows a specification of its own would only be told worse there.
    """

    method: Method
    path: str
    handler: Callable[[Call[Any, Any]], Awaitable[Any]]
    errors: tuple[type[KaikouError], ...] = ()
    _: KW_ONLY
    status: int = 200
    sends: tuple[str, ...] = ()
    receives: tuple[str, Mapping[str, Any]] | None = None
    enveloped: bool = True
    open: bool = False
    role: Role = "guest"
    scopes: tuple[str, ...] = ()
    secret: bool = False
    costly: bool = False
    also: Mapping[int, str] = field(default_factory=dict)
    longest_parameter: int = 128
    etag: bool = False
    described: bool = True

    @cached_property
    def signature(self) -> tuple[Any, Any, Any]:
        """The types of query, body (`type(None)` without one) and answer."""
        hints = get_type_hints(self.handler)
        query, body = get_args(hints["call"]) or (Nothing, type(None))
        return query, type(None) if body is None else body, hints["return"]

    @cached_property
    def query(self) -> type[BaseModel]:
        """The model of what stands behind the question mark."""
        model: type[BaseModel] = self.signature[0]
        return model

    @cached_property
    def body(self) -> TypeAdapter[Any] | None:
        """The model of the JSON that is sent; None if none is."""
        kind = self.signature[1]
        return None if kind is type(None) else TypeAdapter(kind)

    @cached_property
    def answer(self) -> TypeAdapter[Any]:
        """The model of what is answered."""
        return TypeAdapter(type(None) if self.sends else self.signature[2])

    @property
    def changes(self) -> bool:
        """Whether it is more than reading."""
        return self.method not in ("GET", "HEAD")

    @property
    def takes_idempotency_key(self) -> bool:
        """Whether sending it again with the same `Idempotency-Key` does it once: every POST that can be answered again."""
        return self.method == "POST" and not (self.open or self.secret or self.sends)

    @property
    def needs(self) -> tuple[str, ...]:
        """The scopes that a key must have."""
        return self.scopes or (f"{self.tag}:{'write' if self.changes else 'read'}",)

    @property
    def tag(self) -> str:
        """What the document groups it under: the domain."""
        first = self.path.strip("/").removeprefix("api/").split("/")[0].partition(".")[0]
        return OF_ONE_DOMAIN.get(first, first)

    @property
    def description(self) -> str:
        """The handler's docstring."""
        return getdoc(self.handler) or ""
