"""What all sections of the settings are: frozen, strict about names, each field with a line that says what it sets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


def _from_json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


Fields = Annotated[Mapping[str, Any], BeforeValidator(_from_json)]
"""A table; in the environment and on the command line it is written as JSON."""

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
