"""What the routes of all domains share, made once at the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the folders of the domains import this one, which only names what they share
    from server.accounts.accounts import Accounts
    from server.api.limits import Limits
    from server.characters.catalogue import AllCharacters
    from server.engines.current import CurrentEngines
    from server.files.files import Files
    from server.history.exporting.job import ExportJob
    from server.identity.identity import Identity
    from server.jobs.jobs import Jobs
    from server.memory.memory import Memory
    from server.operations.metrics import Metrics
    from server.practice.practices import Practices
    from server.practice.report.reports import Reports
    from server.sessions.client_secrets import ClientSecrets
    from server.sessions.limits import DefaultsOf
    from server.sessions.sessions import Sessions
    from server.settings import Settings
    from server.starter.starter import Starter
    from server.storage.database import Database
    from server.storage.links import Links
    from server.storage.objects import Objects


@dataclass(frozen=True)
class Services:
    """The server's parts.

    `defaults`: what sessions begin with, by their engines; `language_model`: what the page calls the model.
    """

    settings: Settings
    database: Database
    objects: Objects
    jobs: Jobs
    links: Links
    files: Files
    exports: ExportJob
    identity: Identity
    limits: Limits
    accounts: Accounts
    engines: CurrentEngines
    characters: AllCharacters
    memory: Memory
    practices: Practices
    reports: Reports
    client_secrets: ClientSecrets
    metrics: Metrics
    sessions: Sessions
    defaults: DefaultsOf
    language_model: str
    starter: Starter
