"""What sessions know of history: a conversation that begins or goes on, what is told of it, and its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from server.history.continuing import Continued, character_in, reopen
from server.history.keeping.keeper import Keeper
from server.history.keeping.kept import About, KeptConversation, Opened
from server.history.sound.recorder import Recorder
from server.identity.principal import Principal

Tell = Callable[[bool, str], None]
"""Is told whether a conversation is kept, and if not, why."""


@dataclass(frozen=True)
class History:
    """`keep`: whether conversations are kept at all."""

    keeper: Keeper
    recorder: Recorder
    keep: bool = True

    def why_not(self, principal: Principal, *, extensions: bool) -> str:
        """Why a session's conversation is not kept; empty if it is.

        Only what can be told to whoever talks is kept: stock clients know of no `kaikou.keeping`, and with a client secret
        somebody talks who is not the person that would own the conversation.
        """
        if not self.keep:
            return "off"
        if not extensions:
            return "stock_client"
        return "client_secret" if principal.kind == "client_secret" else ""

    def new(self, principal: Principal) -> Opened:
        """A conversation that begins now."""
        return self.keeper.new(principal.id)

    async def character_in(self, conversation_id: str, principal: Principal) -> str | None:
        """The id of the character of a conversation of the principal's; None where nothing of it is written.

        Raises `StorageError`.
        """
        return await character_in(self.keeper, conversation_id, principal.id)

    async def continued(self, conversation_id: str, principal: Principal, most_items: int) -> Continued:
        """A conversation of the principal's, and its newest items. Raises `NotFound`, `StorageError`."""
        return await reopen(self.keeper, conversation_id, principal.id, most_items)

    def begin(self, opened: Opened, about: Callable[[], About], tell: Tell) -> KeptConversation:
        """Keep it from now on, until `KeptConversation.end`."""
        return self.keeper.begin(opened, about, tell)
