"""What all sections of the settings are: frozen, strict about names, each field with a line that says what it sets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

Positive = Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]
"""A time: at most what locks and timers take, which in seconds is 31 years."""
Count = Annotated[int, Field(ge=1, le=10**12)]
"""A number of things: at most what memory could hold, for queues take no more than 64 bits."""


def _from_json(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


Fields = Annotated[Mapping[str, Any], BeforeValidator(_from_json)]
"""A table; in the environment and on the command line it is written as JSON."""


def _key(value: SecretStr) -> SecretStr:
    written = value.get_secret_value()
    if not written.isascii() or " " in written:
        raise ValueError("a key has neither blanks nor characters beyond ASCII")
    return value


Key = Annotated[SecretStr, AfterValidator(_key)]
"""A key that a provider gave, which goes into a header."""

EngineTables: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Options by the name of their engine; an option that is called like a role holds those of that role alone."""


class Section(BaseModel):
    """One table of the settings file.

    Outside the file a setting goes by one name without its section: `prefix` and the field's name, or what `flat_names`
    says for the field. In capitals and after `KAIKOU_` that is its name in the environment.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    prefix: ClassVar[str] = ""
    flat_names: ClassVar[Mapping[str, str]] = {}
