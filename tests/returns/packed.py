"""Evidence packs, made up for one test and read back: the words of the PDF, the files of the
ZIP."""

import csv
import hashlib
import io
import json
import re
import zipfile
from dataclasses import dataclass
from typing import Any

import pypdf

from returns import files
from returns.models import Actor, EvidencePack, Order
from returns.models.event import ActorKind

DESK = Actor(ActorKind.STAFF)


def asked(
    order: Order,
    audience: str = "carrier",
    language: str = "en",
    by: Actor = DESK,
    key: str = "form",
    **about: Any,
) -> EvidencePack:
    return EvidencePack.objects.ask(
        order, audience=audience, language=language, by=by, key=key, **about
    )


def fresh(pack: EvidencePack) -> EvidencePack:
    return EvidencePack.objects.select_related("order__store").get(pk=pack.pk)


def made(order: Order, audience: str = "carrier", **values: Any) -> "Pack":
    """Asked for, and made by a worker."""
    pack = asked(order, audience, key=f"{audience} {EvidencePack.objects.count()}", **values)
    assert EvidencePack.objects.work()
    return Pack.of(fresh(pack))


@dataclass(frozen=True)
class Pack:
    """text: of the PDF, its blanks made one. rows: of the manifest, by name."""

    row: EvidencePack
    pdf: pypdf.PdfReader
    text: str
    archive: zipfile.ZipFile

    @classmethod
    def of(cls, pack: EvidencePack) -> "Pack":
        assert pack.is_ready, pack.last_error
        pdf = pypdf.PdfReader(io.BytesIO(files.read(pack.pdf)))
        words = " ".join(page.extract_text() for page in pdf.pages)
        archive = zipfile.ZipFile(io.BytesIO(files.read(pack.zip)))
        return cls(pack, pdf, re.sub(r"\s+", " ", words), archive)

    @property
    def names(self) -> set[str]:
        return set(self.archive.namelist())

    @property
    def manifest(self) -> dict[str, dict[str, str]]:
        told = self.archive.read("manifest.csv").decode("utf-8-sig")
        return {row["name"]: row for row in csv.DictReader(io.StringIO(told))}

    @property
    def everything(self) -> dict[str, Any]:
        return json.loads(self.archive.read("everything.json"))

    def sha256(self, name: str) -> str:
        return hashlib.sha256(self.archive.read(name)).hexdigest()

    def whole(self) -> str:
        """All that can be read in it, whatever the file."""
        parts = [self.text]
        for name in self.names:
            if name.endswith((".json", ".csv", ".txt")):
                parts.append(self.archive.read(name).decode())
        return "\n".join(parts)
