"""`run.py models` as people run it: real processes, against a server on this machine."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from models.downloads.catalogue.entries import SHERPA
from models.downloads.store import Store
from server.cli.weights import GO_ON, main
from tests.models.hub_server import HubServer, archive, hub_server, sha

ROOT = Path(__file__).resolve().parents[3]
NAME = "piper-amy"
FOLDER = "vits-piper-en_US-amy-medium"
ASSET = f"{FOLDER}.tar.bz2"
FILES = {
    f"{FOLDER}/en_US-amy-medium.onnx": os.urandom(600_000),
    f"{FOLDER}/tokens.txt": b"a b c",
    f"{FOLDER}/espeak-ng-data/en_dict": b"hello",
}
PACKED = archive(FILES)


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with hub_server() as running:
        running.releases[f"{SHERPA}/tts-models"] = {ASSET: PACKED, "checksum.txt": f"{sha(PACKED)}  {ASSET}\n".encode()}
        yield running


@dataclass(frozen=True)
class Home:
    """An empty folder of weights, and commands that fill it from a hub."""

    folder: Path
    hub: HubServer

    @property
    def store(self) -> Store:
        return Store(self.folder / "weights")

    def begin(self, *arguments: str, stderr: int = subprocess.PIPE, at: str = "") -> subprocess.Popen[str]:
        ours = ("KAIKOU_", "MODELSCOPE_", "HF_", "HTTP", "ALL_PROXY")
        kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(ours)}
        mirrors = ",".join(f"{hub}={at or self.hub.address}" for hub in ("huggingface", "modelscope", "github"))
        caches = {"HF_HOME": str(self.folder / "hf"), "MODELSCOPE_CACHE": str(self.folder / "ms")}
        settings = {**caches, "KAIKOU_WEIGHTS": str(self.store.folder), "KAIKOU_MODELS_MIRROR": mirrors}
        return subprocess.Popen(
            [sys.executable, "-m", "server.cli.weights", *arguments],
            cwd=ROOT,
            env={**kept, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )

    def run(self, *arguments: str, at: str = "") -> tuple[int, str, str]:
        with self.begin(*arguments, at=at) as process:
            output, said = process.communicate(timeout=60)
        return process.returncode, output, said

    def wait_for_bytes(self, count: int) -> None:
        """Until so much of the archive lies on the disk."""
        deadline = time.monotonic() + 30
        while not any(half.stat().st_size >= count for half in self.store.part(NAME).glob(f".downloads/*/{ASSET}")):
            assert time.monotonic() < deadline, "nothing is fetched"
            time.sleep(0.01)


@pytest.fixture
def home(tmp_path: Path, hub: HubServer) -> Home:
    return Home(tmp_path, hub)


def test_a_pull_says_how_it_goes_and_what_is_used_from_now_on(home: Home) -> None:
    status, output, said = home.run("pull", NAME)

    assert status == 0, said
    lines = said.splitlines()
    assert lines[0] == f"Fetching {NAME}: about 67 MB."
    assert "\r" not in said
    assert f"  {NAME}: unpacking {ASSET}" in lines
    assert lines[-1] == f"  {NAME} is installed."
    assert output.splitlines() == [
        "",
        "From now on Kaikou hears with pocketsphinx and speaks with sherpa:piper-amy, embedded.",
        "Start with: python3 run.py",
    ]
    assert home.store.verify(NAME) == []


def test_what_is_used_from_now_on_is_not_offered_as_another_choice(home: Home) -> None:
    pytest.importorskip("sherpa_onnx", reason="requirements-cpu.txt")

    _, output, _ = home.run("pull", NAME, "--languages", "en")

    assert output.splitlines() == [
        "",
        "From now on Kaikou hears with pocketsphinx and speaks with sherpa:piper-amy, embedded.",
        "Start with: python3 run.py",
    ]
    assert f"fetched from github:{SHERPA}@tts-models" in home.run("list")[1]


def test_a_pull_that_is_killed_leaves_nothing_installed_and_the_next_goes_on(home: Home) -> None:
    home.hub.faults.slow_s[ASSET] = 0.01
    with home.begin("pull", NAME) as process:
        home.wait_for_bytes(50_000)
        process.send_signal(signal.SIGKILL)
    assert home.store.names() == []
    assert "-" in home.run("list")[1]

    home.hub.faults.slow_s.clear()
    status, _, said = home.run("pull", NAME)

    assert status == 0, said
    begun = home.hub.fetched(ASSET)
    assert begun[0] == 0
    assert begun[1] >= 50_000
    assert home.store.verify(NAME) == []


def test_a_pull_that_is_stopped_by_hand_says_that_it_can_go_on(home: Home) -> None:
    home.hub.faults.slow_s[ASSET] = 0.01
    with home.begin("pull", NAME) as process:
        home.wait_for_bytes(1)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)

    assert (process.returncode, said.splitlines()[-1]) == (130, "Stopped. The same command goes on from here.")


@pytest.mark.parametrize(
    ("name", "library", "repository", "files"),
    [
        (
            "zipformer-zh-en",
            "huggingface_hub",
            "csukuangfj/sherpa-onnx-streaming-zipformer-bilingual-zh-en-2023-02-20",
            ("encoder-1.int8.onnx", "decoder-epoch-99-avg-1.onnx", "joiner-1.int8.onnx", "tokens.txt"),
        ),
        (
            "funasr-sensevoice",
            "modelscope_hub",
            "iic/SenseVoiceSmall",
            ("model.pt", "config.yaml", "am.mvn", "x.bpe.model"),
        ),
    ],
)
def test_a_pull_through_a_hubs_library_can_be_stopped_at_once_and_gone_on_with(
    home: Home, name: str, library: str, repository: str, files: tuple[str, ...]
) -> None:
    pytest.importorskip(library, reason="requirements-models.txt")
    largest = files[0]
    home.hub.repositories[repository] = {file: file.encode() * 20_000 for file in files} | {"test_wavs/0.wav": b"x"}
    home.hub.faults.slow_s[largest] = 0.05
    with home.begin("pull", name) as process:
        deadline = time.monotonic() + 30
        while not home.hub.fetched(largest):
            assert time.monotonic() < deadline, "nothing is fetched"
            time.sleep(0.01)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said.splitlines()[-1]) == (130, "Stopped. The same command goes on from here.")
    assert time.monotonic() - began < 5.0
    assert home.store.names() == []

    home.hub.faults.slow_s.clear()
    status, _, said = home.run("pull", name)

    assert status == 0, said
    assert sorted(path.name for path in home.store.path(name).iterdir()) == sorted([*files, "manifest.json"])
    assert home.store.verify(name) == []


def test_two_pulls_at_once_are_one_download(home: Home) -> None:
    home.hub.faults.slow_s[ASSET] = 0.006
    with home.begin("pull", NAME) as first:
        home.wait_for_bytes(1)
        status, _, said = home.run("pull", NAME)
        first.communicate(timeout=60)

    assert (first.returncode, status) == (0, 0)
    assert f"  Another pull of {NAME} is under way ...\n  {NAME} was installed meanwhile.\n" in said
    assert home.hub.fetched(ASSET) == [0]


def test_on_a_terminal_the_progress_is_one_line_that_renews_itself(home: Home) -> None:
    home.hub.faults.slow_s[ASSET] = 0.002
    terminal, theirs = pty.openpty()
    with home.begin("pull", NAME, stderr=theirs) as process:
        os.close(theirs)
        said = b""
        with suppress(OSError):  # how a terminal says that its last process has ended
            while piece := os.read(terminal, 1 << 16):
                said += piece
        process.communicate(timeout=30)
    os.close(terminal)

    assert process.returncode == 0
    lines = said.decode().split("\r\n")
    assert [line.rsplit("\r")[-1] for line in lines if "installed" in line] == [f"  {NAME} is installed."]
    painted = [line for line in said.decode().split("\r") if line.startswith(f"  {NAME} [")]
    assert len(painted) > 2
    assert re.match(rf"  {NAME} \[=+ *\] +\d+ %  \d+ kB of \d+ kB  ", painted[-2])


def test_verify_tells_what_changed_and_remove_makes_room(home: Home) -> None:
    home.run("pull", NAME)
    assert home.run("verify") == (0, f"{NAME}: as it was\n", "")

    (home.store.path(NAME) / "tokens.txt").write_bytes(b"a b d")
    status, output, _ = home.run("verify", NAME)
    assert (status, output.splitlines()[0]) == (1, f"{NAME}: tokens.txt has other content")
    assert "models remove NAME" in output

    status, output, _ = home.run("remove", NAME)
    assert (status, output) == (0, f"{NAME} is removed; 601 kB are free again.\n")
    assert home.run("verify")[1] == "No weights are installed. See: python3 run.py models\n"


def test_what_cannot_be_fetched_is_told_and_the_rest_is_installed(home: Home) -> None:
    status, output, said = home.run("pull", "piper-huayan", NAME, "--from", "github")

    assert status == 1
    gone = "vits-piper-zh_CN-huayan-medium.tar.bz2"
    assert re.search(
        rf"  piper-huayan: There is no http://127\.0\.0\.1:\d+/{SHERPA}/releases/.+/{gone} \(any more\)\.", said
    )
    assert said.endswith("Not installed: piper-huayan; see above.\n")
    assert "speaks with sherpa:piper-amy" in output
    assert home.store.names() == [NAME]


def test_hubs_that_cannot_be_reached_are_told_one_by_one_and_what_to_do_once(home: Home) -> None:
    status, _, said = home.run("pull", NAME, "piper-huayan", "--from", "github", at="http://127.0.0.1:9")

    assert status == 1
    assert said.count("127.0.0.1 cannot be reached, or breaks off.\n") == 2
    assert said.endswith(f"Not installed: {NAME}, piper-huayan; see above.\n{GO_ON}\n")


def test_when_nothing_could_be_fetched_nothing_is_promised(home: Home) -> None:
    home.hub.releases.clear()

    status, output, _ = home.run("pull", NAME, "--from", "github")

    assert (status, output, home.store.names()) == (1, "", [])


# --- Without a process of their own -----------------------------------------------------------------------------------


def settings(folder: Path, more: str = "") -> list[str]:
    path = folder / "kaikou.toml"
    path.write_text(f"weights = {str(folder / 'weights')!r}\n{more}", "utf-8")
    return ["--config", str(path)]


def test_the_list_has_every_entry_and_marks_what_is_installed_and_recommended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "weights" / "kokoro").mkdir(parents=True)
    (tmp_path / "weights" / "my-voice").mkdir()

    assert main(["list", *settings(tmp_path), "--languages", "zh, en"]) == 0

    told = capsys.readouterr().out
    assert re.search(r"^. kokoro +installed +147 MB +speaks +zh en$", told, re.MULTILINE)
    assert re.search(r"^\* smart-turn +- +9 MB +turns +zh en ar bn da \+18$", told, re.MULTILINE)
    assert "Not in this version's list, and unused: my-voice." in told
    assert told.endswith("To get what is recommended: python3 run.py models pull recommended\n")


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (["pull", "smart-turn"], ["requirements-models.txt"]),
        (["pull", "kokoro", "funasr-vad"], ["requirements-models.txt", "requirements-cpu.txt", "requirements-gpu.txt"]),
        (["pull", "starter"], []),
        (["pull", "whisper-base", "--from", "huggingface"], ["requirements-models.txt"]),
        (["pull", "whisper-small"], ["requirements-models.txt"]),
        (["pull", "matcha-en"], ["requirements-cpu.txt"]),
        (["list"], []),
        (["verify"], []),
        ([], []),
    ],
)
def test_run_py_is_told_which_packages_a_command_needs(
    arguments: list[str], needed: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--needs", *arguments]) == 0
    assert capsys.readouterr().out.split() == needed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["pull", "koko"], "Kaikou: There are no weights called 'koko'. There are: whisper-base, "),
        (["--needs", "pull", "koko"], "Kaikou: There are no weights called 'koko'."),
        (["pull", "smart-turn", "--from", "gitlab"], "Kaikou: There is no hub 'gitlab', only huggingface, modelscope"),
        (["remove", "kokoro"], "Kaikou: kokoro is not installed."),
        (["remove", "../../etc"], "Kaikou: '../../etc' cannot be the name of weights."),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [argument for argument in arguments if argument != "--needs"]
    needs = ["--needs"] if "--needs" in arguments else []

    assert main([*needs, *command, *settings(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(said)


def test_a_mirror_that_is_not_https_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pull", "smart-turn", *settings(tmp_path, 'models_mirror = ["http://mirror.example"]')]) == 2
    assert "Weights come over https only" in capsys.readouterr().err
