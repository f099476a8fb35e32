"""Files of cases are there whole, or not at all, and nobody can guess where."""

import errno
import os
import re
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from portal.storage import DurableFileSystemStorage
from returns import files
from returns.photos import Problem, Unusable


@pytest.fixture
def folder(settings, tmp_path) -> Path:
    """The default storage, on a folder of its own."""
    place = tmp_path / "files"
    settings.STORAGES = settings.STORAGES | {
        "default": settings.STORAGES["default"]
        | {"OPTIONS": {"location": str(place), "keep_free": 0}}
    }
    return place


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_kept_can_be_read_and_dropped(folder):
    name = files.keep("photos", "jpg", b"a picture")
    assert re.fullmatch(r"photos/([0-9a-f]{2})/\1[0-9a-f]{30}\.jpg", name)
    assert files.read(name) == b"a picture"
    assert everything_in(folder) == [name]
    files.drop([name])
    assert everything_in(folder) == []
    with pytest.raises(FileNotFoundError):
        files.read(name)


def test_what_is_not_there_is_dropped_without_a_word(folder):
    name = files.keep("photos", "jpg", b"a picture")
    files.drop(["", "photos/aa/none.jpg", name, name])
    assert everything_in(folder) == []


def test_files_of_the_same_content_have_names_of_their_own(folder):
    names = files.keep_all("photos", "jpg", [b"same", b"same"])
    assert len(set(names)) == 2
    assert everything_in(folder) == sorted(names)


def test_others_on_the_machine_cannot_read_them(folder):
    before = os.umask(0)
    try:
        name = files.keep("photos", "jpg", b"a picture")
    finally:
        os.umask(before)
    assert mode(folder / name) == 0o640
    for place in (folder, folder / "photos", (folder / name).parent):
        assert mode(place) == 0o750


def test_a_strict_umask_does_not_lock_out_the_group(folder):
    before = os.umask(0o077)
    try:
        name = files.keep("photos", "jpg", b"a picture")
    finally:
        os.umask(before)
    assert mode(folder / name) == 0o640
    assert mode((folder / name).parent) == 0o750


class BreaksOff(ContentFile):
    """What the disk says half-way."""

    def __init__(self, number: int):
        super().__init__(b"a" * 1000)
        self.number = number

    def chunks(self, chunk_size=None):
        yield b"a" * 500
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_file_that_cannot_be_finished_leaves_nothing(folder, number):
    with pytest.raises(OSError) as problem:
        default_storage.save("photos/aa/one.jpg", BreaksOff(number))
    assert problem.value.errno == number
    assert everything_in(folder) == []


def test_the_room_of_everything_else_is_not_taken(folder, settings):
    options = settings.STORAGES["default"]["OPTIONS"] | {"keep_free": 2**60}
    settings.STORAGES = settings.STORAGES | {
        "default": settings.STORAGES["default"] | {"OPTIONS": options}
    }
    with pytest.raises(Unusable) as refusal:
        files.keep("photos", "jpg", b"a picture")
    assert refusal.value.problem == Problem.NO_ROOM
    assert everything_in(folder) == []


def test_of_several_files_all_are_kept_or_none(folder):
    def parts():
        yield b"the picture"
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError):
        files.keep_all("photos", "jpg", parts())
    assert everything_in(folder) == []


def test_a_write_that_the_system_cuts_short_leaves_nothing(tmp_path):
    """In a process of its own, which may write no file of more than 4 KB."""
    program = f"""
        import os, resource
        from django.conf import settings
        settings.configure()
        from django.core.files.base import ContentFile
        from portal.storage import DurableFileSystemStorage
        storage = DurableFileSystemStorage({str(tmp_path)!r})
        storage.save("photos/small.jpg", ContentFile(b"a" * 4000))
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            storage.save("photos/large.jpg", ContentFile(b"a" * 500_000))
        except OSError as error:
            print(error.errno)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.strip() == str(errno.EFBIG), done.stderr
    assert everything_in(tmp_path) == ["photos/small.jpg"]


def test_a_name_that_is_taken_is_not_written_over(tmp_path):
    storage = DurableFileSystemStorage(str(tmp_path))
    first = storage.save("a/b.jpg", ContentFile(b"first"))
    second = storage.save("a/b.jpg", ContentFile(b"second"))
    assert first != second
    assert (tmp_path / first).read_bytes() == b"first"


def test_names_cannot_lead_out_of_the_folder(folder):
    for name in ("../escaped.jpg", "photos/../../escaped.jpg", "/etc/escaped.jpg"):
        with pytest.raises(SuspiciousFileOperation):
            default_storage.save(name, ContentFile(b"a"))
        with pytest.raises(SuspiciousFileOperation):
            files.read(name)


def test_files_have_no_address(folder, db):
    name = files.keep("photos", "jpg", b"a picture")
    with pytest.raises(ValueError, match="private"):
        default_storage.url(name)
    for address in (f"/{name}", f"/files/{name}", f"/media/{name}", f"/static/{name}"):
        assert Client().get(address).status_code == 404


def test_the_site_keeps_its_files_in_the_data_folder():
    options = settings.STORAGES["default"]["OPTIONS"]
    assert Path(options["location"]) == settings.DATA_DIR / "files"
    assert options["keep_free"] > 0
