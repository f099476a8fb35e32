"""The stored files of a pack: under which name each stands in the ZIP, and what it is."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from returns import texts
from returns.codes import DocumentKind
from returns.evidence import words
from returns.models.event import ActorKind

if TYPE_CHECKING:
    from returns.evidence.scope import Scope

EXTENSIONS = {"application/pdf": "pdf", "image/jpeg": "jpg"}


@dataclass
class Item:
    """name: in the ZIP. stored: in the store of files; thumbnail: the same for a small picture,
    or ''. what, by: in the active language. sent_as: SHA-256 of the file as it came to us; we
    keep photos rebuilt, so that of the copy is another. width, height: of a picture. size,
    sha256: of the copy, known once it was read; gone: its time to be kept is over."""

    name: str
    stored: str
    what: str
    by: str
    at: datetime
    sent_as: str
    thumbnail: str = ""
    width: int = 0
    height: int = 0
    size: int = 0
    sha256: str = ""
    gone: bool = field(default=False)


def items(scope: "Scope") -> list[Item]:
    """All of them, the photos first."""
    return [*_photos(scope), *_of_messages(scope), *_documents(scope)]


def _photos(scope: "Scope") -> Iterator[Item]:
    numbers = {rma.pk: rma.number for rma in scope.returns}
    for count, photo in enumerate(scope.photos, 1):
        yield Item(
            name=f"photos/{count:03}-{numbers[photo.authorization_id]}-{photo.kind}.jpg",
            stored=photo.file,
            what=str(words.PHOTOS[photo.kind]),
            by=_by(photo.taken_by),
            at=photo.taken_at,
            sent_as=photo.sha256,
            thumbnail=photo.thumbnail,
            width=photo.width,
            height=photo.height,
        )


def _of_messages(scope: "Scope") -> Iterator[Item]:
    pairs = [(message, picture) for message in scope.messages for picture in message.pictures.all()]
    for count, (message, picture) in enumerate(pairs, 1):
        yield Item(
            name=f"messages/{count:03}.jpg",
            stored=picture.file,
            what=_("A photo in a message"),
            by=_by(message.author),
            at=message.at,
            sent_as=picture.sha256,
            thumbnail=picture.thumbnail,
            width=picture.width,
            height=picture.height,
        )


def _documents(scope: "Scope") -> Iterator[Item]:
    for count, paper in enumerate(scope.documents, 1):
        extension = EXTENSIONS.get(paper.content_type, "bin")
        yield Item(
            name=f"papers/{count:03}-{paper.kind}.{extension}",
            stored=paper.file,
            what=_called(paper.kind),
            by=_by(paper.sent_by),
            at=paper.added_at,
            sent_as=paper.sha256,
        )


def _called(kind: str) -> str:
    match kind:
        case DocumentKind.LABEL:
            return _("The label for the parcel back")
        case DocumentKind.CARRIER:
            return _("A file from the carrier")
    return str(texts.PAPERS[kind].label)


def _by(kind: str) -> str:
    match kind:
        case ActorKind.BUYER:
            return _("the buyer")
        case ActorKind.CARRIER:
            return _("the carrier")
    return _("the shop")
