"""Makes the two files of a pack: the PDF, and the ZIP that holds it with the stored copies.

Runs outside any transaction. Whatever is copied goes through a small buffer and a file on the
disk, so that a hundred photos take no more memory than one.
"""

import csv
import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from returns import files
from returns.evidence.everything import ENCODER, everything
from returns.evidence.items import Item, items
from returns.evidence.scope import Scope
from returns.evidence.sheet import Paper, sheet
from returns.letters import speaking
from returns.models.evidence_pack import Step
from returns.printed import drawn

if TYPE_CHECKING:
    from returns.models import EvidencePack

TEMPLATE = "evidence/evidence.typ"
FOLDER = "evidence"
BUFFER = 256 * 1024  # bytes
DOCUMENT, SUMS, MANIFEST = "evidence.pdf", "SHA256SUMS.txt", "manifest.csv"
EVERYTHING = "everything.json"
# How far it is: the files take most of the time.
COLLECTED, WRITTEN, PACKED = 70, 85, 95


@dataclass(frozen=True)
class Made:
    """pdf, zip: names in the store of files. file_count: without manifest and sums."""

    pdf: str
    zip: str
    pdf_sha256: str
    zip_sha256: str
    pdf_bytes: int
    zip_bytes: int
    file_count: int


def make(pack: "EvidencePack", now: datetime | None = None) -> Made:
    """Raises whatever goes wrong; nothing is left in the store of files then."""
    now = now or timezone.now()
    zone = pack.order.where if pack.reads.whole_contact else pack.order.store.zone
    with (
        speaking(pack.language, zone),
        tempfile.TemporaryFile(dir=settings.DATA_DIR, prefix="pack-") as beside,
    ):
        scope = Scope.of(pack)
        found = items(scope)
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            _collect(pack, archive, found)
            pack.note_progress(COLLECTED, Step.WRITING)
            pdf = drawn(sheet(Paper.of(pack, scope, found), now), TEMPLATE)
            pack.note_progress(WRITTEN, Step.PACKING)
            found = [*_own_files(pack, scope, archive, pdf, now), *found]
            _add(archive, MANIFEST, _manifest(found), now)
            _add(archive, SUMS, _sums(found), now)
        pack.note_progress(PACKED, Step.PACKING)
        return _kept(pdf, beside, sum(not item.gone for item in found))


def _collect(pack: "EvidencePack", archive: zipfile.ZipFile, found: list[Item]) -> None:
    """Copies every stored file, and learns its size and fingerprint on the way."""
    pack.note_progress(1, Step.COLLECTING)
    told = 1
    for count, item in enumerate(found, 1):
        _copy(archive, item)
        percent = max(COLLECTED * count // len(found), 1)
        if percent >= told + 5:  # a row is written some times, not with every photo
            pack.note_progress(told := percent, Step.COLLECTING)


def _copy(archive: zipfile.ZipFile, item: Item) -> None:
    fingerprint = hashlib.sha256()
    try:
        source = files.open_file(item.stored)
    except FileNotFoundError:
        item.gone = True
        return
    with source, archive.open(_entry(item.name, item.at), "w", force_zip64=True) as target:
        while data := source.read(BUFFER):
            fingerprint.update(data)
            target.write(data)
            item.size += len(data)
    item.sha256 = fingerprint.hexdigest()


def _own_files(
    pack: "EvidencePack", scope: Scope, archive: zipfile.ZipFile, pdf: bytes, now: datetime
) -> Iterable[Item]:
    yield _add(archive, DOCUMENT, pdf, now)
    if pack.reads.everything:
        rows = json.dumps(everything(scope.order), cls=ENCODER, ensure_ascii=False, indent=1)
        yield _add(archive, EVERYTHING, rows.encode(), now)


def _add(archive: zipfile.ZipFile, name: str, data: bytes, at: datetime) -> Item:
    archive.writestr(_entry(name, at), data)
    fingerprint = hashlib.sha256(data).hexdigest()
    return Item(name, "", "", "", at, "", size=len(data), sha256=fingerprint)


def _entry(name: str, at: datetime) -> zipfile.ZipInfo:
    """Readable by everybody, with its own moment."""
    local = timezone.localtime(at)
    entry = zipfile.ZipInfo(name, date_time=local.timetuple()[:6])
    entry.external_attr = 0o644 << 16
    return entry


def _manifest(found: Iterable[Item]) -> bytes:
    """For people and for spreadsheets: name, size, fingerprint, and what it is."""
    told = io.StringIO()
    rows = csv.writer(told, lineterminator="\r\n")
    rows.writerow(["name", "bytes", "sha256", "sha256_as_sent", "what", "at"])
    for item in found:
        name = f"{item.name} (gone)" if item.gone else item.name
        rows.writerow([name, item.size, item.sha256, item.sent_as, item.what, item.at.isoformat()])
    return told.getvalue().encode("utf-8-sig")


def _sums(found: Iterable[Item]) -> bytes:
    """As `sha256sum --check` reads it."""
    return "".join(f"{item.sha256}  {item.name}\n" for item in found if not item.gone).encode()


def _kept(pdf: bytes, beside: Any, count: int) -> Made:
    """Both lie in the store of files, or none."""
    size = beside.seek(0, io.SEEK_END)
    beside.seek(0)
    fingerprint = hashlib.file_digest(beside, "sha256").hexdigest()
    beside.seek(0)
    names: list[str] = []
    try:
        names.append(files.keep(FOLDER, "pdf", pdf))
        names.append(files.keep_file(FOLDER, "zip", beside))
    except BaseException:
        files.drop(names)
        raise
    return Made(
        pdf=names[0],
        zip=names[1],
        pdf_sha256=hashlib.sha256(pdf).hexdigest(),
        zip_sha256=fingerprint,
        pdf_bytes=len(pdf),
        zip_bytes=size,
        file_count=count,
    )
