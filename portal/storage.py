"""Where files of cases lie when they lie on this machine: whole, durable, or not at all."""

import errno
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible

FILE_MODE = 0o640
FOLDER_MODE = 0o750


@deconstructible(path="portal.storage.DurableFileSystemStorage")
class DurableFileSystemStorage(FileSystemStorage):
    """Files of the file system that are there after a power cut, or were never there.

    Written beside their place, flushed to the disk, and only then given their name.
    keep_free: bytes of the disk that stay free for the database and everything else; a
    file that would take them is refused with OSError ENOSPC, as by a full disk.
    """

    def __init__(self, location: str | None = None, keep_free: int = 0) -> None:
        super().__init__(
            location,
            file_permissions_mode=FILE_MODE,
            directory_permissions_mode=FOLDER_MODE,
        )
        self.keep_free = keep_free

    def url(self, name: str | None) -> str:
        raise ValueError("These files are private: they have no address of their own.")

    def _save(self, name: str, content: File) -> str:
        place = Path(self.path(name))
        _make_folders(place.parent)
        self._check_room(place.parent, content.size)
        handle, written = tempfile.mkstemp(prefix=".", suffix=".part", dir=place.parent)
        try:
            with open(handle, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fchmod(file.fileno(), FILE_MODE)
                os.fsync(file.fileno())
            os.replace(written, place)
            written = str(place)
            _flush(place.parent)
        except BaseException:
            with suppress(OSError):
                os.unlink(written)
            raise
        return name

    def _check_room(self, folder: Path, size: int) -> None:
        if shutil.disk_usage(folder).free < self.keep_free + size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


def _make_folders(folder: Path) -> None:
    """With those above it; the names of new ones are flushed as well."""
    if folder.is_dir():
        return
    _make_folders(folder.parent)
    with suppress(FileExistsError):  # another process was faster
        folder.mkdir()
        folder.chmod(FOLDER_MODE)
        _flush(folder.parent)


def _flush(folder: Path) -> None:
    """A new name is kept by the folder, not by the file."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
