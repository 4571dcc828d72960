"""Memory put together when the server starts: its store, its jobs, and the language model that reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.engines.protocols import ChatModel
from server.engines.current import CurrentEngines
from server.history.keeping.keeper import Keeper
from server.jobs.jobs import Jobs
from server.memory.forgetting import EVERY_S, Forgetting
from server.memory.learning import Learning
from server.memory.memory import Memory
from server.memory.store import FactStore
from server.storage.database import Database


def arranged_memory(database: Database, jobs: Jobs, keeper: Keeper, engines: CurrentEngines) -> Memory:
    """The memory of a server, with its jobs declared."""
    store = FactStore(database)

    @contextmanager
    def language_model() -> Iterator[ChatModel | None]:
        with engines.lease() as loaded:
            yield loaded.engines.chat_model if loaded.language_model_connected else None

    Learning(store, language_model).declare(jobs)
    jobs.every(EVERY_S, Forgetting(store).kind)
    return Memory(store, jobs, keeper.written)
