"""What the routes of all domains share, made once at the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the folders of the domains import this one, which only names what they share
    from server.characters.catalogue import Characters
    from server.engines.loaded import LoadedEngines
    from server.operations.metrics import Metrics
    from server.protocol.session_object import Defaults
    from server.sessions.client_secrets import ClientSecrets
    from server.sessions.sessions import Sessions
    from server.settings import Settings


@dataclass(frozen=True)
class Services:
    """The server's parts. `defaults`: what sessions begin with; `language_model`: what the page calls the model."""

    settings: Settings
    loaded: LoadedEngines
    characters: Characters
    client_secrets: ClientSecrets
    metrics: Metrics
    sessions: Sessions
    defaults: Defaults
    language_model: str
