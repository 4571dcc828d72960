"""All sections together, and every setting by the name that it has without its section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import SecretStr

from server.settings.accounts import AccountSettings, MailSettings
from server.settings.conversations import AnswerSettings, CharacterSettings, SessionSettings, TurnSettings
from server.settings.engines import EngineLimits, EngineSettings, WeightSettings
from server.settings.keeping import FileSettings, HistorySettings, JobSettings, StorageSettings
from server.settings.section import EngineTables, Section
from server.settings.serving import AudioApiSettings, RateSettings, ServerSettings
from server.settings.sign_on import SignOnSettings

PREFIX = "KAIKOU_"


class Settings(Section):
    """Everything an operator can set, with its default."""

    server: ServerSettings = ServerSettings()
    sessions: SessionSettings = SessionSettings()
    turns: TurnSettings = TurnSettings()
    answers: AnswerSettings = AnswerSettings()
    characters: CharacterSettings = CharacterSettings()
    engines: EngineSettings = EngineSettings()
    engine_limits: EngineLimits = EngineLimits()
    weights: WeightSettings = WeightSettings()
    audio_api: AudioApiSettings = AudioApiSettings()
    rates: RateSettings = RateSettings()
    storage: StorageSettings = StorageSettings()
    history: HistorySettings = HistorySettings()
    files: FileSettings = FileSettings()
    jobs: JobSettings = JobSettings()
    accounts: AccountSettings = AccountSettings()
    mail: MailSettings = MailSettings()
    sign_on: SignOnSettings = SignOnSettings()


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. path: its sections and its field; name: what it is called without them; about: its docstring."""

    path: tuple[str, ...]
    name: str
    kind: Any
    default: Any
    about: str

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return PREFIX + self.name.upper()

    @property
    def is_list(self) -> bool:
        """Whether it takes several values."""
        return getattr(self.kind, "__origin__", None) is tuple

    def takes(self, kind: type) -> bool:
        """Whether its value is of that type, or is none."""
        choices = (self.kind, *get_args(self.kind))
        return any(
            kind is getattr(choice, "__origin__", choice) for choice in choices
        )  # also one with checks of its own

    @property
    def is_table(self) -> bool:
        """Whether it takes a table with any names."""
        return getattr(self.kind, "__origin__", None) is Mapping

    @property
    def is_secret(self) -> bool:
        """Whether its type hides it: such a setting comes from the environment only."""
        return self.takes(SecretStr)


def sections_of(section: type[Section], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], type[Section]]]:
    """A section and all within it, with where they are."""
    yield path, section
    for field, info in section.model_fields.items():
        if isinstance(info.annotation, type) and issubclass(info.annotation, Section):
            yield from sections_of(info.annotation, (*path, field))


def _settings_of(section: type[Section], path: tuple[str, ...]) -> Iterator[Setting]:
    for field, info in section.model_fields.items():
        kind = info.annotation
        if kind == EngineTables or (isinstance(kind, type) and issubclass(kind, Section)):
            continue
        name = section.flat_names.get(field, section.prefix + field)
        yield Setting((*path, field), name, kind, info.default, " ".join((info.description or "").split()))


SECTIONS: Mapping[tuple[str, ...], type[Section]] = dict(sections_of(Settings))
"""Every section, by where it is."""

SETTINGS: Mapping[str, Setting] = {
    setting.name: setting for path, section in SECTIONS.items() for setting in _settings_of(section, path)
}
"""Every setting, by its name without sections."""

AT: Mapping[tuple[str, ...], Setting] = {setting.path: setting for setting in SETTINGS.values()}
"""Every setting, by where it is."""
