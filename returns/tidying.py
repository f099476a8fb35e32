"""Files that belong to nothing: a process was killed between keeping a file and its row."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import batched

from django.core.files.storage import default_storage
from django.utils import timezone

from returns import files

FOLDERS = ("photos", "documents", "evidence")
# A row is written within seconds after its file; nothing so old is still under way.
LONG_ENOUGH = timedelta(days=1)
AT_ONCE = 500


def drop_lost_files(now: datetime | None = None) -> int:
    """Deletes files that no row has named for a day. Returns how many."""
    before = (now or timezone.now()) - LONG_ENOUGH
    count = 0
    for folder in FOLDERS:
        for names in batched(_names(folder), AT_ONCE):
            known = _known(names)
            lost = [name for name in names if name not in known]
            old = [name for name in lost if _is_older(name, before)]
            files.drop(old)
            count += len(old)
    return count


def _is_older(name: str, before: datetime) -> bool:
    try:
        return default_storage.get_modified_time(name) < before
    except FileNotFoundError:  # somebody else was faster
        return False


def _names(folder: str) -> Iterator[str]:
    try:
        parts, _ = default_storage.listdir(folder)
    except FileNotFoundError:  # nothing was ever kept
        return
    for part in sorted(parts):
        for name in sorted(default_storage.listdir(f"{folder}/{part}")[1]):
            yield f"{folder}/{part}/{name}"


def _known(names: tuple[str, ...]) -> set[str]:
    from returns.models import Document, EvidencePack, MessagePhoto, Photo

    known = set(EvidencePack.objects.filter(pdf__in=names).values_list("pdf", flat=True))
    known.update(EvidencePack.objects.filter(zip__in=names).values_list("zip", flat=True))
    known.update(Document.objects.filter(file__in=names).values_list("file", flat=True))
    for pictures in (Photo.objects, MessagePhoto.objects):
        known.update(pictures.filter(file__in=names).values_list("file", flat=True))
        known.update(pictures.filter(thumbnail__in=names).values_list("thumbnail", flat=True))
    return known
