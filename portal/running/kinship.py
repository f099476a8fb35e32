"""Kinship: below the keeper no process outlives its parent.

The queue's own processes go on working when their parent is killed; two trees would
then work side by side after a restart. So each process asks to die with the one that
started it: on Linux the kernel does it at once, elsewhere a thread looks each second.
Knows nothing of Django, because the keeper does not either.
"""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time

# In the environment of every process below a keeper: its process id and its data folder.
KEEPER = "HOMEWARD_KEEPER"
KEPT = "HOMEWARD_KEPT"

_PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def is_kept() -> bool:
    """Whether this process runs below a keeper."""
    return KEPT in os.environ


def die_with_parent() -> None:
    """Ties this process to its parent; does nothing when no keeper runs."""
    if not is_kept():
        return
    parent = multiprocessing.parent_process()
    _tie(int(parent.pid if parent and parent.pid else os.environ[KEEPER]))


def die_together() -> None:
    """As `die_with_parent`, and the same for every process forked from here on."""
    if not is_kept():
        return
    die_with_parent()
    forking = [os.getpid()]
    os.register_at_fork(
        before=lambda: forking.__setitem__(0, os.getpid()),
        after_in_child=lambda: _tie(forking[0]),
    )


def _tie(parent: int) -> None:
    if _prctl:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=[parent], daemon=True).start()
    if os.getppid() != parent:  # it died before we could ask
        os.kill(os.getpid(), signal.SIGKILL)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)


def leftovers(data_dir: str) -> list[int]:
    """Processes that a dead keeper of `data_dir` left behind (Linux; elsewhere empty)."""
    found = []
    for entry in os.scandir("/proc") if sys.platform == "linux" else ():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            with open(f"/proc/{entry.name}/environ", "rb") as file:
                variables = file.read().split(b"\0")
        except OSError:  # gone meanwhile, or somebody else's
            continue
        if f"{KEPT}={data_dir}".encode() in variables:
            found.append(int(entry.name))
    return found
