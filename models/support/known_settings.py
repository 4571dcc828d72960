"""Refuses what an engine would leave unread: a setting that somebody wrote is to do something, or to be an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.errors import SettingError


def check_known(engine: str, settings: Mapping[str, Any], *known: str) -> None:
    """Raises `SettingError` for settings of `engine` beside those that are `known`."""
    if unknown := sorted(settings.keys() - set(known)):
        there = f"known: {', '.join(known)}" if known else "it has none"
        raise SettingError(f"{engine}: there is no setting {', '.join(unknown)}; {there}.")
