"""This process among those that do jobs on the same database: it says that it lives, and takes over the jobs of the dead."""

from __future__ import annotations

from collections.abc import Mapping

from server.jobs.store import JobStore

DEAD_AFTER = 5
"""Beats of ours in which another process did not beat once. Counting ours, not seconds, nobody is taken for dead because
this process or the whole machine stood still."""


LOST_AFTER = 15
"""Beats in which a job that this process took was not done here: its kind is not known, or its outcome cannot be written.
Each time counts as a start, of which a job has a bounded number."""


class Replica:
    """One process that does jobs. `beat` blocks."""

    def __init__(self, executor_id: str) -> None:
        self.executor_id = executor_id
        self._silent: dict[str, tuple[int, int]] = {}  # of each other process: its beat, and for how many of ours
        self._unaccounted: dict[str, int] = {}  # jobs that were taken and are not done, and for how many beats

    def beat(self, store: JobStore, running: set[str]) -> set[str]:
        """Say that this process lives and does the jobs `running`; which of them were cancelled or removed."""
        beats = store.beat(self.executor_id)
        for dead in self.dead(beats):
            store.remove_executor(dead)
        self._give_back_lost(store, running)
        return store.stopped(running)

    def dead(self, beats: Mapping[str, int]) -> list[str]:
        """The processes that did not beat for too long, going by their beats now."""
        others = {name: beat for name, beat in beats.items() if name != self.executor_id}
        silent = {name: self._silent.get(name, (beat, -1)) for name, beat in others.items()}
        self._silent = {
            name: (beat, silent[name][1] + 1 if silent[name][0] == beat else 0) for name, beat in others.items()
        }
        return [name for name, (_beat, ours) in self._silent.items() if ours >= DEAD_AFTER]

    def _give_back_lost(self, store: JobStore, running: set[str]) -> None:
        unaccounted = store.running(self.executor_id) - running
        self._unaccounted = {job_id: self._unaccounted.get(job_id, -1) + 1 for job_id in unaccounted}
        store.give_back(
            [job_id for job_id, beats in self._unaccounted.items() if beats >= LOST_AFTER], self.executor_id
        )
