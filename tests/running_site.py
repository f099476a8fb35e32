"""RunningSite: the real site under its real keeper, on a folder and a port of its own."""

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent
# All recovery without a hand must be below this (seconds).
PATIENCE = 180.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(true: Callable[[], object], what: str, seconds: float = PATIENCE) -> float:
    """Looks until `true()` holds; returns how long it took, fails after `seconds`."""
    start = time.monotonic()
    while not true():
        waited = time.monotonic() - start
        assert waited < seconds, f"waited {waited:.0f} s in vain until {what}"
        time.sleep(0.05)  # between two looks, not instead of one
    return time.monotonic() - start


class RunningSite:
    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.port = free_port()
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("HOMEWARD_", "DJANGO_", "PYTEST_"))
        }
        self.environment = {
            **kept,
            "DJANGO_SETTINGS_MODULE": "tests.hurried_settings",
            "PYTHONPATH": str(HOUSE),
            "HOMEWARD_DATA_DIR": str(folder),
            "HOMEWARD_TICK": "1",
            "PORT": str(self.port),
            **variables,
        }
        self.log = folder / "log.txt"
        self.keeper: subprocess.Popen[bytes] | None = None

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(HOUSE / "manage.py"), *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def prepare(self) -> None:
        done = self.manage("migrate", "--verbosity", "0")
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Starts the keeper as the head of a process group, as a shell does."""
        with self.log.open("ab") as log:
            self.keeper = subprocess.Popen(
                [sys.executable, str(HOUSE / "manage.py"), "serve"],
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        wait_until(self.is_open, "the site opens")

    @property
    def pid(self) -> int:
        assert self.keeper, "start() comes first"
        return self.keeper.pid

    def is_open(self) -> bool:
        if self.keeper and self.keeper.poll() is not None:
            raise AssertionError(f"the keeper ended: {self.log.read_text()}")
        try:
            address = f"http://127.0.0.1:{self.port}/healthz"
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def ask(self, statement: str) -> list[tuple]:
        """Reads the site's database from outside."""
        address = f"file:{self.folder / 'homeward.sqlite3'}?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True, timeout=20)) as connection:
            return connection.execute(statement).fetchall()

    def beat(self) -> str | None:
        rows = self.ask("SELECT at FROM tracking_heartbeat WHERE name = 'worker'")
        return rows[0][0] if rows else None

    def wait_for_beats(self, count: int = 2) -> float:
        """Until work has passed through the queue `count` times more."""
        waited = 0.0
        for _ in range(count):
            before = self.beat()
            waited += wait_until(lambda before=before: self.beat() != before, "work goes on")
        return waited

    # --- Its processes ------------------------------------------------------------------

    def tree(self) -> dict[str, int]:
        """Process ids by role, as far as they live now.

        web server, web worker, clock; the queue's worker (main), sentinel, and the
        sentinel's children in the order of their birth: inner 0 … inner 3 (at the first
        start two workers, the monitor, the pusher).
        """
        roles = {}
        for pid in children(self.pid):
            command = command_of(pid)
            if "portal.running.web" in command:
                roles["web server"] = pid
                for inner in children(pid):
                    roles["web worker"] = inner
            elif command.endswith("clock"):
                roles["clock"] = pid
            elif command.endswith("worker"):
                roles["worker"] = pid
                for sentinel in children(pid):
                    roles["sentinel"] = sentinel
                    for number, inner in enumerate(children(sentinel)):
                        roles[f"inner {number}"] = inner
        return roles

    def is_complete(self) -> bool:
        return len(self.tree()) == 9

    def processes(self) -> list[int]:
        """Everything that carries this site's mark, wherever it hangs now."""
        mark = f"HOMEWARD_KEPT={self.folder.resolve()}".encode()
        return [pid for pid in all_processes() if mark in environment_of(pid)]

    def port_is_free(self) -> bool:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError:
                return False
            return True

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Signals the keeper's whole group; returns the seconds until the keeper is gone."""
        assert self.keeper
        start = time.monotonic()
        os.killpg(self.pid, number)
        self.keeper.wait(timeout=60)
        return time.monotonic() - start

    def end(self) -> None:
        """Whatever happened: nothing is left."""
        for pid in [
            *([self.pid] if self.keeper and self.keeper.poll() is None else []),
            *self.processes(),
        ]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.keeper:
            self.keeper.wait()


@contextlib.contextmanager
def running_site(folder: Path, **variables: str) -> Iterator[RunningSite]:
    site = RunningSite(folder, **variables)
    site.prepare()
    try:
        site.start()
        yield site
    finally:
        site.end()


def all_processes() -> list[int]:
    return [int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit()]


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def command_of(pid: int) -> str:
    return _read(pid, "cmdline").rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")


def environment_of(pid: int) -> list[bytes]:
    return _read(pid, "environ").split(b"\0")


def children(pid: int) -> list[int]:
    """Living children, oldest first."""
    found = []
    for candidate in all_processes():
        fields = _read(candidate, "stat").rpartition(b") ")[2].split()
        # state, parent, … and the moment of birth as the 22nd field of the file
        if len(fields) > 19 and int(fields[1]) == pid and fields[0] != b"Z":
            found.append((int(fields[19]), candidate))
    return [candidate for _, candidate in sorted(found)]
