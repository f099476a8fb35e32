"""Where photos are developed: a few children at a time, each for one photo."""

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from returns.photos.problems import Problem, Unusable

MOST_BYTES = 15 * 1024 * 1024
CHILDREN = 2  # at once in this process; each takes up to 300 MB and one core
PATIENCE = 6.0  # seconds that a photo waits for its turn
CPU_SECONDS = 7
SECONDS = 9.5  # by the clock, start and everything included
MOST_ANSWER = 32 * 1024 * 1024  # bytes; a picture is rarely more than one million

CHILD = Path(__file__).with_name("child.py")
# One arena: the allocator would set aside memory for every thread otherwise.
ENVIRONMENT = {"MALLOC_ARENA_MAX": "1"}
CRASHES = {signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE}

# ISO/IEC 23008-12, annex B; the last two may hold other codecs, which the decoder refuses.
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}

_turns = threading.BoundedSemaphore(CHILDREN)


@dataclass(frozen=True)
class Code:
    """A barcode or QR code in a photo. `text`: at most 200 characters, all of them
    printable. `format`: the name that zxing-cpp gives it, as `Code128` or `QRCode`."""

    text: str
    format: str


@dataclass(frozen=True)
class Picture:
    """What is kept of an upload. Both JPEGs are upright and hold nothing but the picture.

    jpeg: at most 2048 pixels a side. thumbnail: at most 320. width, height: of `jpeg`.
    sha256: of the bytes that were uploaded (hex). codes: at most 8, barcodes first.
    """

    jpeg: bytes
    thumbnail: bytes
    width: int
    height: int
    sha256: str
    codes: tuple[Code, ...]


@dataclass(frozen=True)
class Answer:
    """What a child says. problem: a code, or ''. found: see child.py. peak: its memory at
    most, in bytes; 0 when it was ended."""

    problem: str
    peak: int = 0
    found: dict[str, Any] | None = None
    jpeg: bytes = b""
    thumbnail: bytes = b""


def develop(data: bytes) -> Picture:
    """The picture in one uploaded file. Takes a second of one core, waits for its turn and
    must not be called in a transaction. Raises Unusable."""
    kind = checked(data)
    with _turn():
        answer = ask_child(kind, data)
    if answer.problem:
        raise Unusable(Problem(answer.problem))
    found = answer.found or {}
    return Picture(
        jpeg=answer.jpeg,
        thumbnail=answer.thumbnail,
        width=found["width"],
        height=found["height"],
        sha256=hashlib.sha256(data).hexdigest(),
        codes=tuple(Code(text, name) for text, name in found["codes"]),
    )


def checked(data: bytes) -> str:
    """The kind of photo, as `child.py` names it. Raises Unusable for what none needs to open."""
    if not data:
        raise Unusable(Problem.EMPTY)
    if len(data) > MOST_BYTES:
        raise Unusable(Problem.TOO_LARGE)
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS:
        return "HEIF"
    raise Unusable(Problem.WRONG_TYPE)


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=PATIENCE):
        raise Unusable(Problem.BUSY)
    try:
        yield
    finally:
        _turns.release()


def ask_child(kind: str, data: bytes, cpu_seconds: int = CPU_SECONDS) -> Answer:
    """Raises RuntimeError when no child can work here at all, and Unusable when there is no
    process or memory left for one."""
    command = [sys.executable, "-I", str(CHILD), kind, str(cpu_seconds)]
    pipe, begun = subprocess.PIPE, time.monotonic()
    try:
        child = subprocess.Popen(
            command,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            env=ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.ENOMEM):
            raise Unusable(Problem.BUSY) from error
        raise
    with child:
        answer, complaint = _talk(child, data)
    if answer:
        return answer
    if child.returncode > 0:
        raise RuntimeError(f"Photos cannot be opened: {complaint.decode(errors='replace')}")
    if time.monotonic() - begun >= SECONDS:
        return Answer(Problem.BUSY)  # it never waits, so the machine had no time for it
    crashed = -child.returncode in CRASHES
    return Answer(Problem.BROKEN if crashed else Problem.TOO_HEAVY)


def _talk(child: subprocess.Popen[bytes], data: bytes) -> tuple[Answer | None, bytes]:
    """Its answer, or None and what it complained about. It has ended afterwards."""
    assert child.stdin and child.stdout and child.stderr
    clock = threading.Timer(SECONDS, _end, [child])
    clock.start()
    try:
        with suppress(BrokenPipeError):
            child.stdin.write(data)
            child.stdin.close()
        answer = _read(child.stdout)
        child.stdout.close()  # it may have more to say; nobody listens
        complaint = b"" if answer else child.stderr.read(4000)
    finally:
        clock.cancel()
        try:
            child.wait(timeout=1)
        except subprocess.TimeoutExpired:
            _end(child)
    return answer, complaint


def _read(stream: IO[bytes]) -> Answer | None:
    parts, left = [], MOST_ANSWER
    for _ in range(3):
        length = stream.read(4)
        size = int.from_bytes(length)
        left -= size
        if len(length) < 4 or left < 0:
            return None
        parts.append(stream.read(size))
    if len(parts[-1]) < size:
        return None
    head = json.loads(parts[0])
    return Answer(head["problem"], head["peak"], head, parts[1], parts[2])


def _end(child: subprocess.Popen[bytes]) -> None:
    """With its group, whatever it may have started."""
    with suppress(OSError):
        os.killpg(child.pid, signal.SIGKILL)
