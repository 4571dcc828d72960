"""From files to roles and scenes: one check for files, the form and the API, which tells what is wrong by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from pipeline.errors import SettingError
from server.characters.file_format import wrong
from server.characters.reading import faults_in, first_problem, read_toml
from server.errors import FieldFault, TooLarge, ValidationFailed
from server.practice.templates.file_format import RoleFile, SceneFile, TemplateFile

FOLDERS = {"interviews": "interview", "scenes": "language"}
"""Where the files of each kind lie."""

LARGEST = 200_000
"""Bytes of a file as JSON."""

OWN = "own"
"""The `id` in files of people's own, which are known by their row's."""

KINDS: Mapping[str, type[RoleFile] | type[SceneFile]] = {"interview": RoleFile, "language": SceneFile}


def load_templates(folder: Path) -> Mapping[str, tuple[TemplateFile, Mapping[str, Any]]]:
    """All of `folder` by id, each with what its file says; nothing where there is no such folder.

    Raises `SettingError` naming the file and the field: a built-in one must be right, in both languages, and be called
    like its file.
    """
    found: dict[str, tuple[TemplateFile, Mapping[str, Any]]] = {}
    for name, kind in FOLDERS.items():
        for path in sorted((folder / name).glob("*.toml")):
            template, data = read_toml(path, lambda _content, data: (parse_template(data), data))
            _check_built_in(path, template, kind)
            if template.id in found:
                raise SettingError(f"{path.name}: the id {template.id!r} is taken by another file.")
            found[template.id] = template, data
    return found


def _check_built_in(path: Path, template: TemplateFile, kind: str) -> None:
    if template.id != path.stem:
        raise SettingError(f"{path.name}: `id` must be {path.stem!r}, as the file is called.")
    if template.kind != kind:
        raise SettingError(f"{path.name}: `kind` must be {kind!r} in the folder {path.parent.name!r}.")
    if len(template.languages) < 2:
        raise SettingError(f"{path.name}: `en` and `zh` must both be there.")


def parse_template(data: Mapping[str, Any]) -> TemplateFile:
    """A role or a scene from untrusted data. Raises `InvalidRequest` whose `param` is the path of what is wrong."""
    try:
        return _validated(data)
    except ValidationError as error:
        raise first_problem(error) from None


def problems_of(data: Mapping[str, Any]) -> Sequence[FieldFault]:
    """All that is wrong with untrusted data, by the dotted paths of its fields; nothing if it is right."""
    try:
        _validated(data)
    except ValidationError as error:
        return faults_in(error)
    return ()


def checked(data: Mapping[str, Any]) -> tuple[dict[str, Any], TemplateFile]:
    """A file of somebody's own that may be kept, and what it is. It needs no `id`.

    Raises `ValidationFailed` with all that is wrong, `TooLarge`.
    """
    file = {**data, "id": OWN}
    if problems := problems_of(file):
        raise ValidationFailed([FieldFault(f"file.{one.field}", one.code, one.message) for one in problems])
    if len(orjson.dumps(file)) > LARGEST:
        raise TooLarge(f"A role or a scene has at most {LARGEST // 1000} kB.")
    return file, _validated(file)


def _validated(data: Mapping[str, Any]) -> TemplateFile:
    """Raises `ValidationError`."""
    kind = data.get("kind")
    if kind is None:
        raise wrong("kind", "is missing")
    if not isinstance(kind, str) or kind not in KINDS:
        raise wrong("kind", f"must be {' or '.join(KINDS)}")
    return KINDS[kind].model_validate(data)
