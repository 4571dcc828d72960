#!/usr/bin/env python3
"""The one door: makes Kaikou's own environment, then hands over to it.

Theory of operation. The environment is a folder with a stamp in it, which names the Python and the content of every
requirement file that is installed completely. The stamp is true at every moment, so a start may be killed anywhere:

    it names all that is wanted   hand over at once: no lock, no process
    it says "installing"          a set-up was stopped while it wrote files: make the environment anew
    anything else                 make it anew if its Python does not answer, then let pip bring it up to date

Engines need packages beyond that, and the environment itself knows which: `models` asks it, installs them and then notes
their files beside the stamp; from then on every command wants them, like its own.

Only the standard library, and no grammar younger than Python 3.7, so that an old Python can say what it lacks.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, NamedTuple, NoReturn

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

ROOT = Path(__file__).resolve().parent
OLDEST_PYTHON = (3, 11)
PYTHON = f"python {sys.implementation.cache_tag}"
STAMP, LOCK, EXTRAS = "kaikou-stamp", "kaikou-lock", "kaikou-extras"
INSTALLING = "installing"
LOCK_WAIT_S = 600


class Step(NamedTuple):
    """One call of pip: files that have to agree with each other are installed together."""

    files: tuple[str, ...]
    options: tuple[str, ...] = ()


NO_DEPENDENCIES = Step(("requirements-nodeps.txt",), ("--no-deps",))
TO_SERVE = (Step(("requirements.txt",)), NO_DEPENDENCIES)
TO_DEVELOP = (Step(("requirements.txt", "requirements-dev.txt", "requirements-models.txt")), NO_DEPENDENCIES)
AS_PINNED = ("--constraint", "requirements.txt")  # what the command itself has installed stays
TORCH = Step(("requirements-gpu.txt",), AS_PINNED)

IN_PARALLEL = ("-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder")
"""Some processes of pytest's. Tests of a file share servers and stay together; files keep their order. `-n 0` undoes it."""


class Command(NamedTuple):
    """The module that a command runs, what has to be installed for that, and its own arguments before the user's."""

    module: str
    steps: tuple[Step, ...]
    arguments: tuple[str, ...] = ()


COMMANDS = {
    "serve": Command("server", TO_SERVE),
    "models": Command("server.cli.weights", TO_SERVE),
    "doctor": Command("server.cli.doctor", TO_SERVE),
    "backup": Command("server.cli.backup", TO_SERVE, ("backup",)),
    "restore": Command("server.cli.backup", TO_SERVE, ("restore",)),
    "test": Command("pytest", TO_DEVELOP, IN_PARALLEL),
    "test-heavy": Command("pytest", (*TO_DEVELOP, TORCH), ("-m", "heavy")),
    "bench": Command("benchmarks", TO_DEVELOP),
}
EXTRA = re.compile(r"requirements-\w+\.txt")

HELP = """\
python3 run.py [serve] [options]   start the server (what happens without a command)
python3 run.py models [list]       what better engines there are; pull NAME, verify and remove NAME
python3 run.py doctor              what each engine lacks here; with --model, what the language model is like
python3 run.py backup FILE         all that is kept as one file, also while it serves; restore FILE puts it back
python3 run.py test [options]      run the tests, on all cores; options are pytest's, -n 0 runs one after the other
python3 run.py test-heavy          run those that need torch (2.5 GB), weights or other Pythons, with all of it
python3 run.py bench [options]     measure

Options of serve; paths are relative to where you stand, ~ is your home:
  --host ADDRESS         address to listen on
  --port NUMBER          port to listen on
  --engines SET          auto (the best that is installed) or embedded
  --config FILE          settings file; without it kaikou.toml here, else beside run.py
  --weights FOLDER       where downloaded weights lie
  --ssl-certfile FILE    certificate; with --ssl-keyfile the page is served over https,
  --ssl-keyfile FILE     which browsers ask for before they lend the microphone to another machine
  --open                 open the page in the browser

The first start makes an environment in .venv (KAIKOU_VENV names another folder); later starts reuse it."""

OLD_PYTHON = """\
Kaikou needs Python {needed} or newer; this is {present}. To install one:
  Debian, Ubuntu   sudo apt install python3.11 python3.11-venv
  macOS            brew install python
  Windows          winget install Python.Python.3.12
  elsewhere        https://www.python.org/downloads/
Then start with its name, for example: python3.11 run.py"""

NO_VENV = """\
This Python comes without its {missing} module, which makes environments.
On Debian and Ubuntu: sudo apt install python{version}-venv
Elsewhere, install Python from https://www.python.org/downloads/ and start again."""

VENV_ADVICE = "Is there room for 850 MB? KAIKOU_VENV=/another/folder puts the environment elsewhere."
PIP_ADVICE = "These are pip's words. The next start goes on from here: what was downloaded is kept."
DISK_FULL = "The disk is full. Kaikou needs 850 MB, with the tests' tools 1600, and pip room for temporary files."
NOT_WRITABLE = "That place cannot be written to. Keep Kaikou in a folder of yours, or set KAIKOU_VENV to one."
IN_USE = "Files of the environment are in use. End the Kaikou that runs, then start again."
DAMAGED = """\
What came is not what the package index promised: a mirror or a proxy keeps a damaged copy. Start again; should that not
help, with PIP_NO_CACHE_DIR=1, or with PIP_INDEX_URL=https://… of another index."""
NO_WHEEL = """\
There is no ready-made package of this for {machine}, and it cannot be made here. None is needed with Python
3.11 to 3.14 on Linux (x86_64 and aarch64, with glibc), macOS 14 or newer, and Windows (x86_64): python3.12 run.py"""
OTHER_VERSIONS = "pip's own settings ask for other versions: see `python3 -m pip config list`, and PIP_CONSTRAINT."
PROXY_LOGIN = "The proxy asks for a login: HTTPS_PROXY=http://name:password@host:port"
CERTIFICATE = """\
The package index's certificate is not trusted: something on the way, such as a company's proxy, shows its own.
PIP_CERT=/path/to/certificates.pem names those to trust. A clock that is wrong does this too."""
BROKE_OFF = """\
The connection is slow, or broke off. Start again: what was downloaded is kept. PIP_DEFAULT_TIMEOUT=60 waits longer for an
answer, and PIP_INDEX_URL=https://… names a package index that is nearer."""
UNREACHABLE = """\
The package index cannot be reached. Without a connection, start again once there is one. Behind a proxy, set
HTTPS_PROXY=http://host:port: pip knows no SOCKS. Where the index is blocked, set PIP_INDEX_URL to a mirror."""
NOT_OFFERED = """\
The package index has no such package for {machine}, or does not hand it out. PIP_INDEX_URL, or a pip.conf, names the
index: a mirror may be down, want a login, or be behind. Try another one, or none. Packages are there for Python 3.11 to
3.14 on Linux (x86_64 and aarch64, with glibc), macOS 14 or newer, and Windows (x86_64)."""

ADVICE = (
    (r"\[Errno 28\]|\[WinError 112\]", DISK_FULL),
    (r"\[WinError 32\]", IN_USE),
    (r"\[Errno (?:13|30)\]|\[WinError 5\]", NOT_WRITABLE),
    (r"DO NOT MATCH THE HASHES|BadZipFile|has an invalid wheel", DAMAGED),
    (r"ResolutionImpossible|conflicting dependencies|--require-hashes", OTHER_VERSIONS),
    (r"subprocess-exited|metadata-generation|not a supported wheel", NO_WHEEL),
    (r"(?i:failed building|could not build) wheel", NO_WHEEL),
    (r"\b407 Proxy", PROXY_LOGIN),
    (r"CERTIFICATE_VERIFY_FAILED|confirming the ssl certificate", CERTIFICATE),
    (r"HTTP error 4\d\d|4\d\d Client Error", NOT_OFFERED),
    (r"(?i)connect timeout|ConnectTimeout|SOCKS support|proxy URL", UNREACHABLE),
    (r"(?i)timed out|incomplete-?(?:download|read)|connection (?:broken:|aborted|reset)|whl is invalid", BROKE_OFF),
    (r"Max retries|Retry\(total=0|ConnectionError|ProxyError|name resolution|Failed to (?:resolve|parse)", UNREACHABLE),
    (r"No matching distribution found", NOT_OFFERED),
)
"""What pip or the system says, and what to do: the first row that fits, for that nothing is found follows from much else."""

TRIED_AGAIN = re.compile(r"Retry\(total=[1-9]")
JUDGED_LINES, SHOWN_LINES = 40, 8  # of what a failed command said last
PAUSES_S = (1.0, 5.0)
"""How long to wait before pip is started again after the connection broke off. Old ones give up a download at once."""


class SetupError(Exception):
    """The environment cannot be made; the message says what to do."""


def main(arguments: list[str]) -> None:
    """Run one command; leaves the process rather than return."""
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115 - None where it was closed
    try:
        require_python(sys.version_info[:2])
        name, rest = parse(arguments)
        command = COMMANDS[name]
        if command.steps == TO_SERVE:  # it stays where one stands, and finds its modules all the same
            os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        else:
            os.chdir(ROOT)
        named = os.environ.get("KAIKOU_VENV", "").strip(" \t\r\n\"'\ufeff")  # what files of variables leave around it
        venv = Path(named or ROOT / ".venv").expanduser().absolute()
        prepare(venv, command.steps)
        if name == "models" and "pull" in rest:
            install_extras(venv, command.steps, needs(python_of(venv), rest))
        hand_over([*starts(python_of(venv), command), *command.arguments, *rest])
    except SetupError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{error}\n{advice_on(str(error))}".rstrip())
    except KeyboardInterrupt:
        print("Stopped. The next start goes on from here.", file=sys.stderr)
        sys.exit(130)


def require_python(version: tuple[int, ...]) -> None:
    """Raise `SetupError` for a Python that is too old."""
    if version < OLDEST_PYTHON:
        raise SetupError(OLD_PYTHON.format(needed=dotted(OLDEST_PYTHON), present=dotted(version)))


def dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def parse(arguments: list[str]) -> tuple[str, list[str]]:
    """The command and its own arguments."""
    named = bool(arguments) and not arguments[0].startswith("-")
    command, rest = (arguments[0], arguments[1:]) if named else ("serve", arguments)
    if command not in COMMANDS:
        raise SetupError(f"There is no command {command!r}, only {', '.join(COMMANDS)}. See: python3 run.py --help")
    if command == "serve" and {"-h", "--help"} & set(rest):
        print(HELP)
        sys.exit()
    return command, rest


def prepare(venv: Path, steps: tuple[Step, ...]) -> None:
    """Bring the environment to what `steps` ask for; when it is there already, that takes reading a few small files."""
    steps = (*steps, *(Step((name,), AS_PINNED) for name in extras(venv)))
    wanted = {PYTHON}.union(*map(contents, steps))
    if is_ready(venv, wanted):
        return
    claim(venv)
    with locked(venv) as lock:
        if not is_ready(venv, wanted):  # another start may have done it while we waited
            set_up(venv, steps, lock)


def extras(venv: Path) -> list[str]:
    """Files of packages that were asked for beside the commands' own; none that are no longer among ours."""
    try:
        noted = (venv / EXTRAS).read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return []
    return [name for name in noted if EXTRA.fullmatch(name) and (ROOT / name).is_file()]


def install_extras(venv: Path, steps: tuple[Step, ...], names: list[str]) -> None:
    """Install the packages of these files, and note that they are wanted from now on; not before they could be got."""
    for name in names:
        if not (ROOT / name).is_file():
            raise SetupError(f"{name}, which lists the packages for this, is missing. Get Kaikou's files anew.")
    prepare(venv, (*steps, *(Step((name,), AS_PINNED) for name in names)))
    wanted = sorted({*extras(venv), *names})
    if wanted != extras(venv):
        (venv / EXTRAS).write_text("".join(f"{name}\n" for name in wanted), "utf-8")


def needs(python: Path, arguments: list[str]) -> list[str]:
    """The files of packages that a `models` command needs; none where it is wrong, which it says itself when it runs."""
    asking = [*starts(python, COMMANDS["models"]), "--needs", *arguments]
    asked = subprocess.run(asking, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return EXTRA.findall(asked.stdout.decode("utf-8", "replace")) if asked.returncode == 0 else []


def is_ready(venv: Path, wanted: set[str]) -> bool:
    return wanted <= recorded(venv) and python_of(venv).exists()


def contents(step: Step) -> set[str]:
    """A line per requirement file of `step`: its name and the hash of its content."""
    return {f"{name} {hashlib.sha256((ROOT / name).read_bytes()).hexdigest()}" for name in step.files}


def recorded(venv: Path) -> set[str]:
    """The lines of the stamp; none without one."""
    try:
        return set((venv / STAMP).read_text("utf-8", "replace").splitlines())
    except FileNotFoundError:
        return set()


def record(venv: Path, lines: set[str]) -> None:
    (venv / STAMP).write_text("".join(f"{line}\n" for line in sorted(lines)), "utf-8")


def python_of(venv: Path) -> Path:
    return venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def claim(venv: Path) -> None:
    """Make the folder. One that holds something else is refused, since making an environment anew empties it."""
    if venv.is_dir() and os.listdir(venv) and not any((venv / ours).exists() for ours in ("pyvenv.cfg", LOCK)):
        raise SetupError(f"{venv} holds something other than an environment. Let KAIKOU_VENV name a new folder.")
    venv.mkdir(parents=True, exist_ok=True)


@contextmanager
def locked(venv: Path) -> Iterator[IO[str]]:
    """Wait until no other start works on the environment. The lock goes with its last holder, however that ends."""
    deadline = time.monotonic() + LOCK_WAIT_S
    with open(venv / LOCK, "a", encoding="utf-8") as lock:
        free = try_lock(lock)
        if not free:
            print("Another start is making the environment; waiting for it ...", file=sys.stderr, flush=True)
        while not free:
            if time.monotonic() > deadline:
                raise SetupError(f"It has been at it for {LOCK_WAIT_S // 60} minutes. End it, then start again.")
            time.sleep(0.2)
            free = try_lock(lock)
        yield lock


def try_lock(file: IO[str]) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def set_up(venv: Path, steps: tuple[Step, ...], lock: IO[str]) -> None:
    """Do what is missing of `steps`, making the environment (anew) where needed."""
    with Progress() as progress:
        if INSTALLING in recorded(venv) or not answers(python_of(venv)):
            make_environment(venv, progress, lock)
        before, done = recorded(venv), {PYTHON}
        for step in steps:
            if not contents(step) <= before:
                install(venv, step, progress, lock)
            done |= contents(step)
            record(venv, done)


def answers(python: Path) -> bool:
    """Whether an environment's interpreter starts, is of our Python's version and has pip."""
    question = "import pip, sys; print('python', sys.implementation.cache_tag)"
    try:
        answer = subprocess.run([str(python), "-I", "-c", question], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and answer.stdout.strip() == PYTHON


def make_environment(venv: Path, progress: Progress, lock: IO[str]) -> None:
    """Make an environment with nothing but pip, in place of what the folder held."""
    for module in ("venv", "ensurepip"):
        if find_spec(module) is None:
            raise SetupError(NO_VENV.format(missing=module, version=dotted(sys.version_info[:2])))
    progress.show("making the environment", f"Making the environment in {venv}")
    record(venv, {INSTALLING})
    for old in (path for path in venv.iterdir() if path.name not in (STAMP, LOCK, EXTRAS)):
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        else:
            old.unlink()
    # Started from inside some environment, the interpreter to build on is the one that environment was built on.
    base = getattr(sys, "_base_executable", None) or sys.executable
    said = follow([base, "-I", "-m", "venv", str(venv)], lock, progress.hear)
    if said is not None:
        raise SetupError(explained(said, advice_on(said) or VENV_ADVICE))
    record(venv, {PYTHON})


def install(venv: Path, step: Step, progress: Progress, lock: IO[str]) -> None:
    """Let pip install one step, some times if the connection breaks off: what it has downloaded it keeps."""

    def hear(line: str) -> None:
        if line.startswith("Installing collected packages"):
            record(venv, {INSTALLING})  # until here the environment was untouched, and its stamp true
        progress.hear(line)

    options = ["--disable-pip-version-check", "--no-input", "--progress-bar=off", *step.options]
    files = [argument for name in step.files for argument in ("-r", name)]
    for pause_s in (*PAUSES_S, None):
        said = follow([str(python_of(venv)), "-I", "-m", "pip", "install", *options, *files], lock, hear)
        if said is None:
            return
        advice = advice_on(said)
        listed = "No matching distribution" not in said  # else pip itself has asked for the list often enough
        if pause_s is None or advice != BROKE_OFF or not listed:
            raise SetupError(explained(said, advice or PIP_ADVICE))
        progress.show("the connection broke off, going on", "  the connection broke off, going on")
        time.sleep(pause_s)


def follow(command: list[str], lock: IO[str], hear: Callable[[str], None]) -> str | None:
    """Run `command` and `hear` its lines; what it said last if it failed, else None.

    It inherits the lock, so that it keeps others out should we be killed.
    """
    direct = ",".join(filter(None, [os.environ.get("no_proxy"), os.environ.get("NO_PROXY"), "localhost,127.0.0.1,::1"]))
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PIP_USER": "0", "no_proxy": direct, "NO_PROXY": direct},  # pip.conf may say `user = true`
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=() if sys.platform == "win32" else (lock.fileno(),),
    )
    last: deque[str] = deque(maxlen=JUDGED_LINES)
    with process:
        try:
            for line in process.stdout or ():
                hear(line.strip())
                last.append(line.rstrip()[:500])
            status = process.wait()
        finally:
            process.terminate()
    return "\n".join(last) if status != 0 else None


def advice_on(said: str) -> str:
    """What to do about a failure, by what was said last; empty where nothing fits."""
    told = "\n".join(line for line in said.splitlines() if not TRIED_AGAIN.search(line))
    machine = f"Python {dotted(sys.version_info[:2])} on {sysconfig.get_platform()}"
    return next((advice.format(machine=machine) for cause, advice in ADVICE if re.search(cause, told)), "")


def explained(said: str, advice: str) -> str:
    """The last of what a failed command said, and the advice. pip repeats a proxy's address with its password."""
    last = "\n".join(re.sub(r"://\S+@", "://***@", line)[:300] for line in said.splitlines()[-SHOWN_LINES:])
    return f"{last}\n\n{advice}"


class Progress:
    """What is being done: on a terminal one line that renews itself, elsewhere a plain line per package."""

    WHEEL = re.compile(
        r"(?:Downloading|Using cached|Processing) (?:.*[/\\])?([\w.]+)-(\d[^-]*)-.+\.whl(?!\.)( \([\d.]+ .?B\))?"
    )
    WRITING = re.compile(r"Installing collected packages: (.+)")

    def __enter__(self) -> Progress:
        self.live = sys.stderr.isatty()
        self.started = time.monotonic()
        self.doing = "Setting up Kaikou"
        self.over = threading.Event()
        self.clock = threading.Thread(target=self.tick, daemon=True)
        self.clock.start()
        return self

    def __exit__(self, failure: type[BaseException] | None, *details: object) -> None:
        self.over.set()
        self.clock.join()
        self.paint("")
        if failure is None:
            print(f"The environment is ready ({self.elapsed_s():.0f} s).", file=sys.stderr)

    def hear(self, line: str) -> None:
        """Take a line of pip's."""
        wheel, writing = self.WHEEL.match(line), self.WRITING.match(line)
        if wheel:
            package = f"{wheel[1].replace('_', '-')} {wheel[2]}{wheel[3] or ''}"
            self.show(package, f"  {package}")
        elif writing:
            packages = f"{writing[1].count(',') + 1} packages" if "," in writing[1] else writing[1]
            self.show(f"installing {packages}", f"Installing {packages}")
        elif line.startswith("WARNING: Retrying"):
            self.show("no answer, trying again", "  no answer, trying again")

    def show(self, doing: str, plain: str) -> None:
        self.doing = f"Setting up Kaikou: {doing}"
        if not self.live:
            print(plain, file=sys.stderr, flush=True)

    def tick(self) -> None:
        """Renew the line; the seconds at its end tell that nothing hangs."""
        while not self.over.wait(0.2):
            self.paint(f"{self.doing}  {self.elapsed_s():.0f} s")

    def paint(self, line: str) -> None:
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r{line[:width].ljust(width)}\r", end="", file=sys.stderr, flush=True)

    def elapsed_s(self) -> float:
        return time.monotonic() - self.started


def starts(python: Path, command: Command) -> list[str]:
    return [str(python), *(["-P", "-m", "server.process"] if command.steps == TO_SERVE else ["-m"]), command.module]


def hand_over(command: list[str]) -> NoReturn:
    """Become the environment's Python."""
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # small matrices, many sessions: more threads only get in each other's way
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")  # one heap for each of many threads never gives its holes back
    if sys.platform != "win32":
        os.execv(command[0], command)
    child = subprocess.Popen(command)  # on Windows, exec gives the terminal back while the new process still runs
    while True:
        with suppress(KeyboardInterrupt):  # Ctrl-C reaches the child as well; how it ends is how we end
            sys.exit(child.wait())


if __name__ == "__main__":
    main(sys.argv[1:])
