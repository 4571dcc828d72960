"""One suite over every engine: see `tests.models.conformance` for the engines, `pipeline.conformance` for the checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pipeline.conformance import Check, Trial, checks
from pipeline.errors import EngineUnavailable
from tests.models.conformance import MARKS, SUBJECTS, role_of

CYCLES = 60
"""Sessions abandoned of each engine: more than the 40 in which the deliberate leaks of `tests.pipeline` are found."""

CASES = [
    pytest.param(name, check, marks=MARKS.get(name, ()), id=f"{name}-{check.__name__}")
    for name in SUBJECTS
    for check in checks(role_of(name))
]


@pytest.fixture(scope="module")
def trial(request: pytest.FixtureRequest) -> Iterator[Trial]:
    try:
        trial = Trial(replace(SUBJECTS[request.param](), cycles=CYCLES)).__enter__()
    except EngineUnavailable as error:
        pytest.skip(error.message)
    yield trial
    trial.__exit__(None, None, None)


@pytest.mark.parametrize(("trial", "check"), CASES, indirect=["trial"], scope="module")
def test_engine(trial: Trial, check: Check) -> None:
    trial.run(check)
