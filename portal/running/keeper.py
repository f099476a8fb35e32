"""The keeper: starts web, worker and clock, and starts them again when they fail.

It never touches the database, so nothing that happens there can stop it. Each child is
the head of a process group of its own, which dies as a whole:

- a child that exits is started again, sooner at first, later when it keeps failing;
- the clock (`portal/running/clock.py`) writes a line at every tick. No line for five ticks: the
  clock is started again. The line "worker silent": no work passes through the queue any
  more although its processes may look alive, so all of them are killed and started anew.

Run by `manage.py serve`, which has checked the settings before.
"""

import fcntl
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from portal.environment import number, text
from portal.running import kinship

HOUSE = Path(__file__).resolve().parent.parent.parent

# Seconds. TICK is shared with the clock.
TICK = float(number("HOMEWARD_TICK", 20))
# One tick may wait for a locked database (20 s) before it gives up.
PATIENCE_WITH_CLOCK = max(5 * TICK, 40.0)
# A fresh worker gets this long to be heard before it is killed for its silence.
GRACE = max(3 * TICK, 8.0)
FIRST_WAIT, LONGEST_WAIT = 0.25, 10.0
STEADY = 10.0  # a child that ran this long has not failed at its start
HEAD_START = 3.0  # at most, for the web server
TIME_TO_STOP = 8.0  # between asking and killing

SILENT = "worker silent"


def say(message: str) -> None:
    """One line for whoever watches the terminal or the log."""
    with suppress(OSError):  # the terminal may be gone
        print(message, flush=True)


class Child:
    """One child with its group, and when to start it again."""

    def __init__(self, name: str, command: list[str], listen: bool = False) -> None:
        self.name = name
        self.command = command
        self.listen = listen
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.heard = 0.0
        self.starts_at = 0.0
        self.wait = FIRST_WAIT

    def start(self) -> None:
        self.started = self.heard = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if self.listen else None,
            start_new_session=True,
        )

    @property
    def output(self) -> IO[bytes] | None:
        return self.process.stdout if self.process else None

    def has_exited(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def ask_to_stop(self) -> None:
        """Asks only the head: the queue's inner processes must not hear of it."""
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def kill_group(self) -> None:
        """Kills whatever is left of the group, orphans included."""
        if self.process is None:
            return
        group = self.process.pid
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
            self.process.wait()
            for _ in range(40):  # a killed process may hold its port a moment longer
                os.killpg(group, 0)
                time.sleep(0.025)
        if self.process.stdout:
            self.process.stdout.close()
        self.process = None

    def plan_restart(self) -> None:
        """Sooner at first, later each time it fails at its start."""
        now = time.monotonic()
        if now - self.started > STEADY:
            self.wait = FIRST_WAIT
        self.starts_at = now + self.wait
        self.wait = min(self.wait * 2, LONGEST_WAIT)


class Keeper:
    """The three children, and what has happened to the keeper itself: asked to stop,
    asked twice (then it waits for nobody), said that the site is open.

    host, port: where the web server listens, to see when it does.
    """

    def __init__(self, host: str, port: int) -> None:
        python = sys.executable
        manage = str(HOUSE / "manage.py")
        self.host, self.port = host, port
        self.web = Child("web server", [python, "-m", "portal.running.web"])
        self.worker = Child("worker", [python, manage, "worker"])
        self.clock = Child("clock", [python, manage, "clock"], listen=True)
        self.children = [self.web, self.worker, self.clock]
        self.stopping = self.hurried = self.announced = False
        self.selector = selectors.DefaultSelector()

    def run(self) -> None:
        """Until somebody asks it to stop; then all children are stopped."""
        for wish in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(wish, self.on_signal)
        # Whoever started us waits for the page: the web server gets the machine first.
        self.worker.starts_at = self.clock.starts_at = time.monotonic() + HEAD_START
        try:
            while not self.stopping:
                self.look_after_children()
                self.listen(timeout=0.25)
                if not self.announced:
                    self.announce()
        finally:
            self.stop()

    def on_signal(self, number: int, frame: object) -> None:
        """The second Ctrl-C means: at once."""
        self.hurried = self.hurried or (self.stopping and number == signal.SIGINT)
        self.stopping = True

    # --- Running --------------------------------------------------------------------

    def look_after_children(self) -> None:
        """Starts whoever is due, and replaces whoever has ended or stopped ticking."""
        now = time.monotonic()
        self.reap_orphans()
        for child in self.children:
            if child.process is None and now >= child.starts_at:
                child.start()
                if child.output:
                    os.set_blocking(child.output.fileno(), False)
                    self.selector.register(child.output, selectors.EVENT_READ, child)
            elif child.has_exited():
                self.replace(child, "has ended")
        if self.clock.process and now - self.clock.heard > PATIENCE_WITH_CLOCK:
            self.replace(self.clock, "does not tick")

    def replace(self, child: Child, reason: str) -> None:
        say(f"The {child.name} {reason}; starting it again.")
        if child.output:
            self.selector.unregister(child.output)
        child.kill_group()
        child.plan_restart()

    def listen(self, timeout: float) -> None:
        """Reads what the clock has written, or waits up to `timeout` seconds."""
        if not self.selector.get_map():
            time.sleep(timeout)
            return
        for key, _ in self.selector.select(timeout):
            child: Child = key.data
            lines = os.read(key.fd, 65536).decode(errors="replace").splitlines()
            if not lines:  # closed: it is about to exit, `look_after_children` sees to it
                time.sleep(timeout)
            child.heard = time.monotonic() if lines else child.heard
            waited = time.monotonic() - self.worker.started
            if SILENT in lines and self.worker.process and waited > GRACE:
                self.replace(self.worker, "is silent")

    def reap_orphans(self) -> None:
        """As the first process of a container we inherit orphans; they must not pile up."""
        if os.getpid() != 1:
            return
        ours = {child.process.pid: child for child in self.children if child.process}
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if child := ours.get(ended[0]):
                    assert child.process
                    child.process.returncode = os.waitstatus_to_exitcode(ended[1])

    def announce(self) -> None:
        """Once, as soon as the site can be opened."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        with suppress(OSError), socket.create_connection((host, self.port), timeout=0.2):
            shown = f"[{host}]" if ":" in host else host
            say(f"Homeward is open at http://{shown}:{self.port}/ (Ctrl-C stops it)")
            self.announced = True
            for child in (self.worker, self.clock):
                child.starts_at = min(child.starts_at, time.monotonic())

    # --- Stopping -------------------------------------------------------------------

    def stop(self) -> None:
        """All children are gone when this returns, after `TIME_TO_STOP` at the latest."""
        say("Stopping …")
        for child in self.children:
            child.ask_to_stop()
        deadline = time.monotonic() + TIME_TO_STOP
        while time.monotonic() < deadline and not self.hurried:
            self.reap_orphans()
            if all(child.process is None or child.has_exited() for child in self.children):
                break
            time.sleep(0.05)
        for child in self.children:
            child.kill_group()
        say("Stopped.")


def lock(data_dir: Path) -> IO[str]:
    """Keeps a second keeper away from `data_dir` for as long as the file stays open."""
    file = (data_dir / "keeper.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        raise SystemExit(
            f"Homeward already runs on {data_dir} (process {file.read().strip() or 'unknown'}). "
            "Stop it first, or give this one a folder of its own with HOMEWARD_DATA_DIR."
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def clear_leftovers(data_dir: Path) -> None:
    """Kills what a killed keeper left behind; we hold the lock, so they are nobody's."""
    for _ in range(50):
        left = kinship.leftovers(str(data_dir))
        if not left:
            return
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)


def refuse_taken_port(host: str, port: int) -> None:
    """Ends with a word about it when somebody else listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SystemExit(
                f"Cannot listen on {host}, port {port}: {error.strerror}. "
                f"Another port is chosen with PORT, as in: PORT={port + 1} make demo"
            ) from None


def main() -> None:
    """Keeps the site of HOMEWARD_DATA_DIR until it is stopped; one keeper at a time."""
    data_dir = Path(os.environ["HOMEWARD_DATA_DIR"])
    host, port = text("HOMEWARD_HOST", "127.0.0.1"), int(text("PORT", "8000"))
    with lock(data_dir):
        clear_leftovers(data_dir)
        refuse_taken_port(host, port)
        os.environ[kinship.KEPT] = str(data_dir)
        os.environ[kinship.KEEPER] = str(os.getpid())
        Keeper(host, port).run()


if __name__ == "__main__":
    main()
