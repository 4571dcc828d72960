from __future__ import annotations

import pytest

from pipeline.engines import registry
from pipeline.engines.protocols import Role
from pipeline.errors import SettingError

TYPED = {"openai", "stepfun", "minimax", "indextts", "realtime"}
"""Engines with a section of their own, which checks what they are told."""


@pytest.mark.parametrize(
    ("role", "name"),
    [(role, name) for role, names in registry.BUILT_IN.items() for name in names if name not in TYPED],
)
def test_an_engine_refuses_a_setting_that_it_does_not_know(role: Role, name: str) -> None:
    with pytest.raises(SettingError, match="doors"):
        registry.create(role, name, {"doors": 2})
