"""What can be known of the images without building one."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.images import DOCKERFILES, ROOT, copied, images, instructions, sent_to_the_builder

PINNED = re.compile(r"[\w./-]+:\d+\.\d+[\w.-]*")
SECRET = re.compile(r"KEY|SECRET|TOKEN|PASSWORD", re.IGNORECASE)

each_dockerfile = pytest.mark.parametrize("name", DOCKERFILES)


def words(name: str, instruction: str) -> list[str]:
    return [each.rest for each in instructions(name) if each.name == instruction]


@each_dockerfile
def test_the_linter_has_nothing_to_say(name: str) -> None:
    linter = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if linter is None:
        pytest.skip("hadolint is not installed; requirements-dev.txt has it")
    # Pip's steps are layers of their own on purpose: a changed requirement leaves those before it in the cache.
    command = [linter, "--no-color", "--ignore", "DL3059", name]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert (told.returncode, told.stdout) == (0, "")


@each_dockerfile
def test_what_an_image_builds_on_is_pinned(name: str) -> None:
    assert list(images(name))
    assert all(PINNED.fullmatch(image) for image in images(name))


@each_dockerfile
def test_it_runs_as_nobody_special_and_says_how_it_is(name: str) -> None:
    last = {each.name: each for each in instructions(name)}

    assert last["USER"].rest == "10001"
    assert "/health" in last["HEALTHCHECK"].rest
    assert [each.name for each in instructions(name)].index("USER") > max(
        index for index, each in enumerate(instructions(name)) if each.name == "RUN"
    )


@each_dockerfile
def test_no_secret_is_baked_in(name: str) -> None:
    assert not [text for text in words(name, "ENV") + words(name, "ARG") if SECRET.search(text)]


@each_dockerfile
def test_all_that_is_copied_is_there_and_reaches_the_builder(name: str) -> None:
    paths = [path for sources, _ in copied(name) for source in sources for path in ROOT.glob(source)]

    assert all(list(ROOT.glob(source)) for sources, _ in copied(name) for source in sources)
    assert all(sent_to_the_builder(path.relative_to(ROOT).as_posix()) for path in paths)


@each_dockerfile
def test_the_whole_program_is_in_it_and_nothing_else(name: str) -> None:
    folders = {source for sources, _ in copied(name) for source in sources if (ROOT / source).is_dir()}

    assert folders == {"pipeline", "models", "server", "personas", "static"}
    assert all((sources, destination) == ([destination], destination) for sources, destination in copied(name)[1:])


@pytest.mark.parametrize(
    ("path", "through"),
    [
        ("requirements-gpu.txt", True),
        ("models/support/child_process.py", True),
        ("models/weights/funasr-paraformer/model.pt", False),
        ("server/__pycache__/app.cpython-311.pyc", False),
        (".env", False),
        (".git/config", False),
        ("kaikou.toml", False),
        ("tests/test_images.py", False),
    ],
)
def test_the_builder_is_sent_the_program_and_no_weights_or_keys(path: str, through: bool) -> None:
    assert sent_to_the_builder(path) is through


def test_each_image_installs_its_requirements() -> None:
    installed = {
        name: set(re.findall(r"requirements[\w-]*\.txt", " ".join(words(name, "RUN")))) for name in DOCKERFILES
    }
    cpu = {"requirements.txt", *(f"requirements-{kind}.txt" for kind in ("nodeps", "cpu", "models"))}

    assert installed == {"Dockerfile": cpu, "Dockerfile.gpu": {*cpu, "requirements-gpu.txt"}}


@each_dockerfile
def test_weights_and_data_are_kept_in_volumes_that_its_user_may_write_to(name: str) -> None:
    steps = " ".join(words(name, "RUN"))

    assert words(name, "VOLUME") == ["/app/models/weights /app/data"]
    assert "install -d -o kaikou models/weights" in steps
    assert "install -d -o kaikou -m 700 data" in steps


@each_dockerfile
def test_package_lists_do_not_stay_in_a_layer(name: str) -> None:
    updates = [step for step in words(name, "RUN") if "apt-get update" in step]

    assert updates
    assert all("rm -rf /var/lib/apt/lists/*" in step for step in updates)


def compose(name: str) -> dict[str, Any]:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed; requirements-dev.txt has it")
    read: dict[str, Any] = yaml.safe_load((ROOT / name).read_text("utf-8"))
    return read


def test_compose_starts_a_language_model_first_and_kaikou_talks_to_it() -> None:
    services = compose("compose.yaml")["services"]
    kaikou, model = services["kaikou"], services["language-model"]

    assert kaikou["environment"]["KAIKOU_LLM_BASE_URL"].endswith("http://language-model:11434/v1}")
    assert kaikou["depends_on"] == {"language-model-weights": {"condition": "service_completed_successfully"}}
    assert services["language-model-weights"]["depends_on"] == {"language-model": {"condition": "service_healthy"}}
    assert model["healthcheck"]["test"] == ["CMD", "ollama", "list"]
    assert all(PINNED.fullmatch(service["image"]) for service in services.values() if "build" not in service)


def test_compose_keeps_keys_in_the_environment_and_kaikou_on_this_machine() -> None:
    file = compose("compose.yaml")
    kaikou = file["services"]["kaikou"]
    keys = {name: value for name, value in kaikou["environment"].items() if SECRET.search(name)}

    assert set(keys) >= {"KAIKOU_LLM_API_KEY", "KAIKOU_API_KEYS", "KAIKOU_S3_SECRET_KEY"}
    assert keys == {name: f"${{{name}:-}}" for name in keys}
    assert kaikou["ports"] == ["${KAIKOU_PUBLISH:-127.0.0.1}:7210:7210"]
    assert kaikou["volumes"] == ["weights:/app/models/weights", "data:/app/data"]
    assert {"weights", "data"} <= set(file["volumes"])


def test_every_variable_of_compose_is_explained_in_the_example() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text("utf-8")))
    explained = set(re.findall(r"^#? ?(\w+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE))

    assert asked == explained


def test_every_variable_of_kaikou_is_a_setting() -> None:
    from server.settings.tree import SETTINGS

    named = set(compose("compose.yaml")["services"]["kaikou"]["environment"])
    baked = {part.partition("=")[0] for name in DOCKERFILES for text in words(name, "ENV") for part in text.split()}
    settings = {name for name in named | baked if name.startswith("KAIKOU_")}

    assert settings <= {setting.variable for setting in SETTINGS.values()}


def test_compose_for_a_gpu_takes_its_image_and_lends_it_the_gpu() -> None:
    services = compose("compose.gpu.yaml")["services"]

    assert services["kaikou"]["build"]["dockerfile"] == "Dockerfile.gpu"
    for service in services.values():
        assert service["deploy"]["resources"]["reservations"]["devices"][0]["capabilities"] == ["gpu"]


def test_what_every_start_installs_can_bind_what_is_added_later() -> None:
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()

    assert [line for line in lines if "[" in line.partition("#")[0]] == []  # pip refuses extras among constraints
