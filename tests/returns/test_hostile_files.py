"""What somebody sends instead of a photo is refused in words, or comes out harmless.

Each is opened by the real child. It says itself how much memory it took
(`photographs.opened`), since the figure that the system keeps for all children of a process
begins with the size of that process.
"""

import io
import signal
import subprocess
import sys
import textwrap
import threading
import time
import zipfile

import pytest
from PIL import Image

from returns import photos
from returns.photos import Problem, Unusable, darkroom
from tests.returns.photographs import (
    MB,
    MOST_SECONDS,
    animated_webp,
    chunk,
    heic_of_size,
    inserted,
    of_many_scans,
    opened,
    packed_zeros,
    png,
    quarters,
    saved,
    segment,
    segments,
    webp_of_size,
)


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("evil.html", "<script>alert(1)</script>")
    return file.getvalue()


PHOTO = saved(quarters())
GIF = saved(Image.new("L", (16, 16)), "GIF", loop=0)
# A trailer belongs at the end of a GIF; without one it goes on for ever.
ENDLESS_GIF = GIF[:-1] + GIF[GIF.index(b"\x2c") : -1] * 10_000

NO_PHOTOS = {
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n{} loop\n%%EOF\n",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "SVG with a header": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "HTML": b"<!doctype html><script>alert(1)</script>",
    "PDF": b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n%%EOF",
    "GIF": GIF,
    "endless GIF": ENDLESS_GIF,
    "BMP": saved(quarters(), "BMP"),
    "TIFF": saved(quarters(), "TIFF"),
    "ZIP": zipped(),
    "a video": b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(99),
    "AVIF": b"\0\0\0\x20ftypavif\0\0\0\0avifmif1miafMA1B" + bytes(99),
    "a sound in RIFF": b"RIFF\x24\0\0\0WAVEfmt " + bytes(24),
    "one byte": b"\xff",
    "text": "不是照片".encode(),
}


def problem_of(data: bytes) -> Problem:
    with pytest.raises(Unusable) as refusal:
        photos.develop(data)
    return refusal.value.problem


@pytest.mark.parametrize("name", NO_PHOTOS)
def test_case_66_what_is_no_photo_is_refused_whatever_it_is_called(name):
    assert problem_of(NO_PHOTOS[name]) == Problem.WRONG_TYPE


def test_an_empty_file_is_refused():
    assert problem_of(b"") == Problem.EMPTY


def test_a_file_over_fifteen_megabytes_is_refused_before_it_is_looked_at():
    assert problem_of(PHOTO.ljust(15 * 1024 * 1024 + 1, b"\0")) == Problem.TOO_LARGE


def test_a_file_of_fifteen_megabytes_is_opened():
    assert opened(PHOTO.ljust(15 * 1024 * 1024, b"\0")).problem == ""


# --- Bombs -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param(lambda: png(9_000, 9_000), id="9,000 × 9,000 of one bit"),
        pytest.param(lambda: png(20_000, 20_000), id="20,000 × 20,000 in 47 KiB"),
        pytest.param(lambda: webp_of_size(16_383, 16_383), id="the largest WebP"),
        pytest.param(lambda: webp_of_size(6_400, 6_300), id="a WebP just over the limit"),
        pytest.param(lambda: heic_of_size(6_400, 6_300), id="a HEIC just over the limit"),
    ],
)
def test_too_many_pixels_are_refused_by_the_header(bomb):
    data = bomb()
    assert len(data) < 48 * 1024
    answer = opened(data)
    assert answer.problem == Problem.TOO_MANY_PIXELS
    assert 0 < answer.peak < 60 * MB


@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param(lambda: webp_of_size(6_300, 6_300), id="a WebP under the limit"),
        pytest.param(lambda: png(1, 40_000_000), id="a PNG that is one line"),
    ],
)
def test_what_does_not_fit_into_the_childs_memory_is_refused(bomb):
    assert opened(bomb()).problem == Problem.TOO_HEAVY


@pytest.mark.parametrize(
    "most",
    [
        pytest.param(lambda: png(6_300, 6_300), id="one bit"),
        pytest.param(lambda: png(8_000, 5_000, 8, 6), id="four colours"),
        pytest.param(lambda: png(40_000, 500, 8, 2), id="a ribbon"),
    ],
)
def test_the_most_that_is_allowed_keeps_within_memory_and_time(most):
    data, begun = most(), time.monotonic()
    assert opened(data).problem == ""
    assert time.monotonic() - begun < MOST_SECONDS


def test_notes_that_unpack_without_end_are_not_unpacked():
    zeros = packed_zeros(150 * MB)
    for name, head in ((b"zTXt", b"a\0\0"), (b"iCCP", b"a\0\0"), (b"iTXt", b"a\0\1\0\0\0")):
        answer = opened(png(60, 40, 8, 2, chunk(name, head + zeros)))
        assert answer.problem in ("", Problem.BROKEN)
        assert answer.peak < 100 * MB


def test_a_jpeg_that_is_painted_over_and_over_is_given_up():
    begun = time.monotonic()
    assert opened(of_many_scans(3_000, 400), cpu_seconds=1).problem == Problem.TOO_HEAVY
    assert time.monotonic() - begun < MOST_SECONDS


def test_of_a_webp_that_moves_for_hours_only_the_first_picture_is_read():
    answer = opened(animated_webp(20_000))
    assert answer.problem == ""
    assert Image.open(io.BytesIO(answer.jpeg)).getpixel((9, 9))[0] > 250
    assert answer.peak < 60 * MB


def test_a_webp_without_an_end_is_refused():
    endless = bytearray(animated_webp(300))
    endless[4:8] = b"\xfe\xff\xff\xff"
    assert opened(bytes(endless)).problem == Problem.BROKEN


# --- Broken ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("part", [0.2, 0.7, 0.99])
def test_a_file_that_is_cut_off_is_refused(kind, part):
    whole = saved(Image.effect_noise((200, 150), 90).convert("RGB"), kind)
    assert opened(whole[: int(len(whole) * part)]).problem == Problem.BROKEN


@pytest.mark.parametrize(
    "beginning",
    [
        pytest.param(b"\xff\xd8\xff", id="JPEG"),
        pytest.param(b"\x89PNG\r\n\x1a\n", id="PNG"),
        pytest.param(b"RIFF\xff\0\0\0WEBP", id="WebP"),
        pytest.param(b"\0\0\0\x18ftypheic", id="HEIC"),
        pytest.param(b"\0\0\0\x18ftypmif1", id="HEIF"),
    ],
)
@pytest.mark.parametrize("rest", [b"", b"<script>alert(1)</script>" * 99], ids=["", "script"])
def test_what_only_begins_like_a_photo_is_refused(beginning, rest):
    assert problem_of(beginning + rest) == Problem.BROKEN


# --- More than a photo -------------------------------------------------------------------


@pytest.mark.parametrize(
    "behind",
    [
        pytest.param(zipped(), id="ZIP"),
        pytest.param(b"<html><script>alert(1)</script></html>", id="HTML"),
        pytest.param(PHOTO, id="another photo"),
    ],
)
def test_what_hangs_on_a_photo_is_left_behind(behind):
    picture = photos.develop(PHOTO + behind)
    for kept in (picture.jpeg, picture.thumbnail):
        assert kept.endswith(b"\xff\xd9")
        assert segments(kept)[-1][0] == 0xDA
        assert behind[:20] not in kept[2:]


def test_what_is_hidden_in_segments_is_left_behind():
    comment = b"<script>alert(1)</script>"
    hidden = [segment(0xFE, comment), *(segment(marker, comment) for marker in range(0xE1, 0xF0))]
    data = inserted(PHOTO, *hidden)
    assert data.count(comment) == 16
    picture = photos.develop(data)
    for kept in (picture.jpeg, picture.thumbnail):
        assert b"script" not in kept
        assert {marker for marker, _ in segments(kept)} == {0xE0, 0xDB, 0xC0, 0xC4, 0xDA}


def test_a_heic_that_says_it_is_larger_is_not_believed():
    assert opened(heic_of_size(6_000, 6_000)).problem in ("", Problem.BROKEN)


def test_a_strange_note_about_its_orientation_spoils_nothing():
    for strange in (b"Exif\0\0MM\0*" + b"\xff" * 40, b"Exif\0\0II*\0\x08\0\0\0" + b"\1" * 300):
        assert opened(inserted(PHOTO, segment(0xE1, strange))).problem == ""


# --- The child ---------------------------------------------------------------------------


def run_child(program: str) -> subprocess.CompletedProcess[str]:
    """A program in which the child's own module is `child`."""
    code = f"import runpy; child = runpy.run_path({str(darkroom.CHILD)!r})\n"
    return subprocess.run(
        [sys.executable, "-I", "-c", code + textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not hold to these limits")
def test_the_limits_are_the_systems_own(tmp_path):
    done = run_child(
        f"""
        import os
        child["take_limits"](5, threads=False)
        try:
            bytearray(280_000_000)
        except MemoryError:
            print("no memory")
        try:
            os.write(os.open({str(tmp_path / "file")!r}, os.O_CREAT | os.O_WRONLY), b"a")
        except OSError:
            print("no file")
        """
    )
    assert done.stdout.split("\n") == ["no memory", "no file", ""], done.stderr


def test_what_the_parent_holds_is_not_taken_for_the_childs():
    """Which the system's own figure for children would do."""
    held = b"a" * (200 * MB)
    assert opened(PHOTO).peak < 60 * MB
    assert len(held) == 200 * MB


@pytest.fixture
def child_that(monkeypatch, tmp_path):
    """Puts another program into the child's place."""

    def put(program: str) -> None:
        path = tmp_path / "child.py"
        path.write_text(textwrap.dedent(program))
        monkeypatch.setattr(darkroom, "CHILD", path)

    return put


def test_a_child_that_never_answers_is_ended_with_its_children(child_that, monkeypatch, tmp_path):
    noted = tmp_path / "pids"
    child_that(
        f"""
        import os, time
        grandchild = os.fork()
        with open({str(noted)!r}, "a") as file:
            print(os.getpid(), file=file, flush=True)
        time.sleep(60)
        """
    )
    monkeypatch.setattr(darkroom, "SECONDS", 2.0)
    begun = time.monotonic()
    assert problem_of(PHOTO) == Problem.BUSY
    assert time.monotonic() - begun < MOST_SECONDS
    pids = [int(line) for line in noted.read_text().split()]
    assert len(pids) == 2
    for pid in pids:
        assert is_gone(pid)


def is_gone(pid: int) -> bool:
    """Or only waits for somebody to note its end."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return state.stdout.strip()[:1] in ("", "Z")


@pytest.mark.parametrize(
    ("number", "problem"),
    [(signal.SIGSEGV, Problem.BROKEN), (signal.SIGABRT, Problem.TOO_HEAVY)],
)
def test_a_photo_that_kills_its_child_is_refused(child_that, number, problem):
    child_that(f"import os; os.kill(os.getpid(), {int(number)})")
    assert problem_of(PHOTO) == problem


def test_a_child_that_writes_without_end_is_not_listened_to(child_that):
    child_that(
        """
        import sys
        while True:
            sys.stdout.buffer.write(b"\\xff" * 1_000_000)
        """
    )
    begun = time.monotonic()
    with pytest.raises((Unusable, RuntimeError)):
        photos.develop(PHOTO)
    assert time.monotonic() - begun < darkroom.SECONDS


def test_a_child_that_cannot_work_at_all_is_no_fault_of_the_photo(child_that):
    child_that("import a_decoder_that_is_not_installed")
    with pytest.raises(RuntimeError, match="a_decoder_that_is_not_installed"):
        photos.develop(PHOTO)


def test_when_all_are_at_work_the_next_one_is_told_so(monkeypatch):
    monkeypatch.setattr(darkroom, "_turns", threading.BoundedSemaphore(1))
    monkeypatch.setattr(darkroom, "PATIENCE", 0.05)
    with darkroom._turn():
        assert problem_of(PHOTO) == Problem.BUSY
    assert photos.develop(PHOTO).width == 400


def test_a_refused_photo_gives_its_turn_back(monkeypatch):
    monkeypatch.setattr(darkroom, "_turns", threading.BoundedSemaphore(1))
    monkeypatch.setattr(darkroom, "PATIENCE", 0.05)
    for _ in range(2):
        assert problem_of(PHOTO[:200]) == Problem.BROKEN
    assert photos.develop(PHOTO).width == 400


def test_every_problem_has_its_words():
    for problem in Problem:
        assert str(photos.words.of(problem)).endswith(".")
    assert len({str(photos.words.of(problem)) for problem in Problem}) == len(Problem)
