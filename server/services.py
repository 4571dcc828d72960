"""What the routes of all domains share, made once at the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the folders of the domains import this one, which only names what they share
    from server.characters.catalogue import Characters
    from server.engines.current import CurrentEngines
    from server.operations.metrics import Metrics
    from server.sessions.client_secrets import ClientSecrets
    from server.sessions.limits import DefaultsOf
    from server.sessions.sessions import Sessions
    from server.settings import Settings
    from server.starter.starter import Starter


@dataclass(frozen=True)
class Services:
    """The server's parts.

    `defaults`: what sessions begin with, by their engines; `language_model`: what the page calls the model.
    """

    settings: Settings
    engines: CurrentEngines
    characters: Characters
    client_secrets: ClientSecrets
    metrics: Metrics
    sessions: Sessions
    defaults: DefaultsOf
    language_model: str
    starter: Starter
