"""The package of docs/engines.md, taken from the page as it stands: built, installed, tried, and talked with."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.conformance import Subject, Trial, checks
from pipeline.engines import registry
from pipeline.engines.protocols import SynthesisRequest, VoiceChoice
from pipeline.errors import SettingError
from server.engines.loaded import LoadedEngines
from server.settings import load_settings
from tests.server.talking import talking
from tests.serving import serving

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "engines.md").read_text("utf-8")
VARIABLES = next(re.finditer(r"KAIKOU_ENGINES__.*", PAGE))[0]
FILES = dict(re.findall(r"```\w+\n# (\S+)\n(.*?)```", PAGE, re.DOTALL))


@dataclass(frozen=True)
class Installed:
    """Where the package's files are, and where pip installed it."""

    source: Path
    site: Path

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join(map(str, (ROOT, self.site)))
        environment = {**os.environ, "PYTHONPATH": path}
        return subprocess.run(
            [sys.executable, *arguments], cwd=self.source, env=environment, capture_output=True, text=True, timeout=80
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    source, site = tmp_path_factory.mktemp("kazoo"), tmp_path_factory.mktemp("site")
    for name, text in FILES.items() - {("kaikou.toml", FILES["kaikou.toml"])}:
        (source / name).write_text(text, "utf-8")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--target", str(site)]
    subprocess.run([*command, str(wheel_of(source))], check=True, capture_output=True, timeout=80)
    return Installed(source, site)


def wheel_of(source: Path) -> Path:
    """What a build backend makes of the package; done here, because building one must not need the network."""
    about = tomllib.loads((source / "pyproject.toml").read_text("utf-8"))
    name, version = about["project"]["name"].replace("-", "_"), about["project"]["version"]
    (group, points), *_ = about["project"]["entry-points"].items()
    info, wheel = f"{name}-{version}.dist-info", source / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for module in about["tool"]["setuptools"]["py-modules"]:
            archive.write(source / f"{module}.py", f"{module}.py")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        lines = [f"{point} = {target}" for point, target in points.items()]
        archive.writestr(f"{info}/entry_points.txt", "\n".join([f"[{group}]", *lines, ""]))
        archive.writestr(f"{info}/RECORD", "\n".join(f"{entry},," for entry in [*archive.namelist(), f"{info}/RECORD"]))
    return wheel


@pytest.fixture
def found(installed: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package can be found by this process, too."""
    monkeypatch.syspath_prepend(str(installed.site))


def test_the_engine_takes_under_sixty_lines() -> None:
    assert {"pyproject.toml", "kazoo.py", "test_kazoo.py", "kaikou.toml"} == set(FILES)
    assert FILES["kazoo.py"].count("\n") < 60


@pytest.mark.usefixtures("found")
def test_it_passes_through_the_suite_that_ours_pass_through() -> None:
    assert "kazoo" in registry.names("synthesizer")
    with Trial(Subject("synthesizer", lambda: registry.create("synthesizer", "kazoo"))) as trial:
        for check in checks("synthesizer"):
            trial.run(check)


@pytest.mark.usefixtures("found")
def test_a_setting_it_does_not_know_is_refused() -> None:
    with pytest.raises(SettingError, match="doors"):
        registry.create("synthesizer", "kazoo", {"doors": 2})


def test_the_command_of_the_page_tries_it_without_pytest(installed: Installed) -> None:
    done = installed.python("-m", "pipeline.conformance", "synthesizer", "kazoo")

    assert (done.returncode, done.stdout.count("ok ")) == (0, len(checks("synthesizer"))), done.stdout + done.stderr


def test_the_command_names_what_it_does_not_know(installed: Installed) -> None:
    unknown, nothing = (
        installed.python("-m", "pipeline.conformance", "synthesizer", "tuba"),
        installed.python("-m", "pipeline.conformance"),
    )

    assert (unknown.returncode, "no synthesizer called 'tuba'" in unknown.stdout) == (1, True)
    assert (nothing.returncode, "usage" in nothing.stdout) == (2, True)


def test_its_own_tests_run_as_the_page_says(installed: Installed) -> None:
    done = installed.python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "pyproject.toml", ".")

    assert done.returncode == 0, done.stdout
    assert f"{len(checks('synthesizer'))} passed" in done.stdout


@pytest.mark.usefixtures("found")
@pytest.mark.parametrize("by", ["table", "variable"])
async def test_its_option_can_be_set_as_the_page_says(by: str, tmp_path: Path) -> None:
    config, variables = tmp_path / "kaikou.toml", dict(re.findall(r"(KAIKOU_\w+)=(\w+)", VARIABLES))
    config.write_text(FILES["kaikou.toml"] if by == "table" else "", "utf-8")
    environment = {**(variables if by == "variable" else {}), "KAIKOU_ENGINES": "stub"}
    loaded = LoadedEngines(load_settings({"config": str(config)}, environment))
    spoken = list(loaded.members[-1].engine.speak(SynthesisRequest("Hum.", voice=VoiceChoice("kazoo/low"))))
    expected = list(
        registry.create("synthesizer", "kazoo", {"hertz": 110}).speak(
            SynthesisRequest("Hum.", voice=VoiceChoice("kazoo/low"))
        )
    )
    await loaded.close()

    assert [chunk.pcm.tolist() for chunk in spoken] == [chunk.pcm.tolist() for chunk in expected]


@pytest.mark.usefixtures("found")
def test_an_option_it_does_not_know_is_told_at_the_start() -> None:
    settings = load_settings({"engines": "stub", "synthesizer": "kazoo"}, {"KAIKOU_ENGINES__KAZOO__DOORS": "2"})
    with pytest.raises(SettingError, match="doors"):
        LoadedEngines(settings)


@pytest.mark.usefixtures("found")
async def test_a_server_speaks_with_it() -> None:
    async with serving(synthesizer="kazoo") as server, talking(server) as talk:
        await talk.configure(audio={"input": {"turn_detection": None}})
        await talk.write("Hello")
        assert (await talk.ask())["status"] == "completed"
        assert "response.output_audio.delta" in talk.types
