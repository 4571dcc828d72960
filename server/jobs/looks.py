"""When the queue is looked into: at once for a job that this process submits, twice a second for those of other processes.

DBOS's own threads ask for a queue's settings, for schedules, delays, time limits and messages several times a second,
whether there are any or not: idle, 1.7 % of a core, a third of it for the queue. Of them only the one that takes jobs
out of the queue is left, and it waits here.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread

from dbos import DBOS
from dbos._queue import queue_worker_thread

from server.errors import StorageError
from server.jobs.store import POLL_S, QUEUE

FREED_S = 0.05
"""How long DBOS may take to write down that a job ended, before the next can have its place."""


class Looks(Event):
    """What the thread that takes jobs waits on between two looks, and is ended with: the event that DBOS wants for that.

    `queued` tells whether there is anything to take, in one statement; it is asked every `poll_s`.
    """

    def __init__(self, queued: Callable[[], bool], poll_s: float = POLL_S) -> None:
        super().__init__()
        self._queued, self._poll_s = queued, poll_s
        self._woken, self._freed = Event(), False

    def wake(self) -> None:
        """A job was submitted here: let the thread look now."""
        self._woken.set()

    def freed(self) -> None:
        """A job ended here: let the thread look for the next in a moment."""
        self._freed = True
        self._woken.set()

    def set(self) -> None:
        """Let the thread end."""
        super().set()
        self._woken.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until a look is worth its while, however long DBOS would wait; whether the thread shall end."""
        while not self.is_set():
            woken = self._woken.wait(self._poll_s)
            self._woken.clear()
            if self._freed:
                self._freed, woken = False, super().wait(FREED_S)
            if woken or self._anything():
                break
        return self.is_set()

    def _anything(self) -> bool:
        try:
            return self._queued()
        except StorageError:  # whoever asks for jobs is told; here it is tried again
            return False


def look_only(dbos: DBOS, looks: Looks) -> None:
    """End the threads of a `dbos` that was launched, and begin the one that takes jobs, which ends with it."""
    for event in (*dbos.background_thread_stop_events, dbos._background_jobs_stop_event):
        event.set()
    dbos._sys_db._run_background_processes = False
    queue = dbos._sys_db.get_queue(QUEUE)
    assert queue is not None, "it was made before"
    thread = Thread(target=queue_worker_thread, args=(looks, dbos, queue), name="jobs-queue", daemon=True)
    dbos.background_thread_stop_events.append(looks)
    dbos._background_threads.append(thread)
    thread.start()
