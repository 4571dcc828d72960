"""The folders that the settings name: whether they can be used, before anything is read from them."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.errors import SettingError
from server.settings import Settings

WEIGHTS, CHARACTERS, DATA = "weights (KAIKOU_WEIGHTS)", "personas (KAIKOU_PERSONAS)", "data (KAIKOU_DATA)"


def check_folders(settings: Settings) -> None:
    """Raise `SettingError`, which names the setting, where a folder cannot be used."""
    check_weights(settings)
    check_characters(settings)
    check_data(settings)


def check_characters(settings: Settings) -> None:
    """The same for the folder of characters alone."""
    characters = settings.characters.folder
    _check_path(CHARACTERS, characters)
    if not characters.is_dir():
        what = "is a file" if characters.exists() else "is not there"
        raise SettingError(
            f"{CHARACTERS}: the folder {characters} {what}. Without this setting it is the one of Kaikou."
        )
    _check_readable(CHARACTERS, characters)
    if not any(characters.glob("*.toml")):
        raise SettingError(f"{CHARACTERS}: there is no character in {characters}: each is a file NAME.toml.")


def check_weights(settings: Settings) -> None:
    """The same for the folder of weights alone, which need not be there yet."""
    _check_path(WEIGHTS, settings.weights.folder)
    above = _nearest(settings.weights.folder)
    if not above.is_dir():
        raise SettingError(
            f"{WEIGHTS}: {above} is a file. Name a folder, which is made when something is fetched into it."
        )
    _check_readable(WEIGHTS, above)


def check_data(settings: Settings) -> None:
    """The same for the folder of what is kept, which need not be there yet, but is written to."""
    _check_path(DATA, settings.storage.folder)
    above = _nearest(settings.storage.folder)
    if not above.is_dir():
        raise SettingError(f"{DATA}: {above} is a file. Name a folder, in which everything is kept; it is made.")
    if not os.access(above, os.R_OK | os.W_OK | os.X_OK):
        raise SettingError(f"{DATA}: {above} cannot be read and written. Which user runs this?")


def not_writable(settings: Settings) -> str:
    """A sentence where weights cannot be put into their folder, which may be meant so; else empty."""
    folder = settings.weights.folder
    above = _nearest(folder)
    if not above.is_dir() or os.access(above, os.W_OK | os.X_OK):  # a file is refused anyway
        return ""
    return (
        f"{WEIGHTS}: {folder} cannot be written to, so no weights are fetched, and what is learnt about language models is "
        "not kept. Let it name a folder of the user who runs this."
    )


def _nearest(folder: Path) -> Path:
    """The folder, or what of its path is there."""
    return next((path for path in (folder, *folder.absolute().parents) if os.path.lexists(path)), Path("/"))


def _check_path(setting: str, folder: Path) -> None:
    """Raise `SettingError` where not even whether the folder is there can be found out; it need not be there."""
    try:
        folder.exists()
    except OSError as error:  # a name that is too long, a folder above that is another user's
        raise SettingError(f"{setting}: {str(folder)[:200]} cannot be looked at: {error.strerror}.") from None


def _check_readable(setting: str, folder: Path) -> None:
    try:
        with os.scandir(folder) as entries:
            next(entries, None)
    except OSError as error:
        raise SettingError(f"{setting}: {folder} cannot be read: {error.strerror}. Which user runs this?") from None
