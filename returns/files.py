"""Files of cases: photos, labels. Kept under names that nobody can guess.

They lie in the default storage: the data folder, or a bucket with django-storages. There
they have no address; a view that knows who may see them reads them out.
"""

import errno
import uuid
from collections.abc import Iterable
from typing import IO, Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

from returns.photos.problems import Problem, Unusable

FULL = (errno.ENOSPC, errno.EDQUOT)


def keep(folder: str, extension: str, data: bytes) -> str:
    """Stores `data` and returns its name: `keep("photos", "jpg", …)` → `photos/3f/3f0c….jpg`.

    It lies there for good when this returns; a transaction that fails afterwards has to
    `drop` it. Raises Unusable(NO_ROOM) when the disk is full; nothing is left then.
    """
    return _keep(folder, extension, ContentFile(data))


def keep_file(folder: str, extension: str, file: IO[bytes]) -> str:
    """The same for what is too large to be held in memory, read from where it stands."""
    return _keep(folder, extension, File(file))


def _keep(folder: str, extension: str, content: File) -> str:
    unique = uuid.uuid4().hex
    try:
        return default_storage.save(f"{folder}/{unique[:2]}/{unique}.{extension}", content)
    except OSError as error:
        if error.errno in FULL:
            raise Unusable(Problem.NO_ROOM) from error
        raise


def keep_all(folder: str, extension: str, parts: Iterable[bytes]) -> list[str]:
    """Stores all of them, or none."""
    names: list[str] = []
    try:
        for data in parts:
            names.append(keep(folder, extension, data))
    except BaseException:
        drop(names)
        raise
    return names


def drop(names: Iterable[str]) -> None:
    """Deletes files; those that are not there, or have an empty name, are passed over."""
    for name in filter(None, names):
        default_storage.delete(name)


def open_file(name: str) -> Any:
    """The file for reading. Raises FileNotFoundError."""
    return default_storage.open(name)


def read(name: str) -> bytes:
    """Raises FileNotFoundError."""
    with open_file(name) as file:
        return file.read()
