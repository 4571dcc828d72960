"""One suite over every engine: see `tests.models.conformance` for the engines, `pipeline.conformance` for the checks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from pipeline.conformance import Check, Trial, checks
from pipeline.errors import EngineUnavailable
from tests.models.conformance import MARKS, SUBJECTS, role_of

CYCLES = 60
"""Sessions abandoned of each engine: more than the 40 in which the deliberate leaks of `tests.pipeline` are found."""
CANCEL_S = 0.5
"""More than the 0.1 s that engines are held to elsewhere: other tests run at the same time, on the same cores."""

CASES = [
    pytest.param(name, check, marks=MARKS.get(name, ()), id=f"{name}-{check.__name__}")
    for name in SUBJECTS
    for check in checks(role_of(name))
]


class Trials:
    """The trial of one engine at a time: made for the first of its checks, closed when another engine's turn comes.

    A parametrised fixture would not do: pytest sorts tests by all their parameters, and would make an engine anew for
    nearly every check.
    """

    def __init__(self) -> None:
        self._name = ""
        self._trial: Trial
        self._stack = ExitStack()

    def of(self, name: str) -> Trial:
        """Skips the test where this machine lacks what the engine needs."""
        if name != self._name:
            self.close()
            try:
                subject = replace(SUBJECTS[name](), cycles=CYCLES, cancel_s=CANCEL_S)
                self._trial = self._stack.enter_context(Trial(subject))
            except EngineUnavailable as error:
                pytest.skip(error.message)
            self._name = name
        return self._trial

    def close(self) -> None:
        self._name = ""
        self._stack.close()


@pytest.fixture(scope="module")
def trials() -> Iterator[Trials]:
    trials = Trials()
    yield trials
    trials.close()


@pytest.mark.parametrize(("name", "check"), CASES)
def test_engine(trials: Trials, name: str, check: Check) -> None:
    trials.of(name).run(check)
