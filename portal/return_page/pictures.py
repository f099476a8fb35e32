"""The photos of a return, each as this reader may see it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal import access
from portal.return_page import words
from returns import addresses, texts
from returns.codes import PhotoKind
from returns.models.photo import MOST_OF_BUYER, TAKEN_UNTIL
from returns.states import UNDECIDED

if TYPE_CHECKING:
    from portal.access import OrderRequest
    from returns.models import Photo, ReturnAuthorization


@dataclass(frozen=True)
class Picture:
    """what: it shows. url, small: addresses of the photo and of its thumbnail; '' when it
    shows an address that this reader may not see, then `drawing` stands for it. removal:
    where it can be taken away, or ''."""

    photo: "Photo"
    what: str
    url: str
    small: str
    removal: str
    drawing: str


class Pictures(list[Picture]):
    @property
    def hidden(self) -> bool:
        """Some of them may be seen after a code."""
        return any(not picture.url for picture in self)


def pictures(
    request: "OrderRequest", rma: "ReturnAuthorization", photos: "Iterable[Photo]"
) -> Pictures:
    return Pictures(_picture(request, rma, photo) for photo in photos)


def _picture(request: "OrderRequest", rma: "ReturnAuthorization", photo: "Photo") -> Picture:
    seen = access.sees(request, photo)
    removable = photo.is_buyers and takes_photos(rma) and access.owns(request, photo)
    page = addresses.return_page
    return Picture(
        photo=photo,
        what=_caption(photo),
        url=page(rma, "photo", key=photo.key) if seen else "",
        small=page(rma, "photo_small", key=photo.key) if seen else "",
        removal=page(rma, "photo_remove", key=photo.key) if removable else "",
        drawing=f"components/draw/{words.DRAWN_AS[photo.kind]}.svg",
    )


def _caption(photo: "Photo") -> str:
    found = photo.kind == PhotoKind.ITEM and not photo.is_buyers
    return str(words.WHAT_WE_FOUND if found else texts.PHOTOS[photo.kind])


@dataclass(frozen=True)
class Section:
    """One kind of photo on the page of photos: what is there, and a field for one more where
    `takes`. problem: of the one just sent, beside it."""

    kind: str
    title: str
    how: str
    drawing: str
    pictures: Pictures
    takes: bool
    problem: str

    @property
    def field_id(self) -> str:
        return f"photo-{self.kind}"

    @property
    def seen(self) -> "list[Photo]":
        return [picture.photo for picture in self.pictures if picture.url]


def drawer(
    request: "OrderRequest", rma: "ReturnAuthorization", kind: str = "", problem: str = ""
) -> list[Section]:
    """The buyer's photos by kind, as far as there are any or some may be sent. problem: what
    is wrong with the photo of `kind` that was just sent."""
    photos = [photo for photo in rma.photos.all() if photo.is_buyers]
    takes = takes_photos(rma) and len(photos) < MOST_OF_BUYER
    open_kinds = kinds(rma) if takes_photos(rma) else []
    sections = []
    for code in PhotoKind.values:
        mine = [photo for photo in photos if photo.kind == code]
        if mine or code in open_kinds:
            sections.append(
                Section(
                    kind=code,
                    title=str(texts.PHOTOS[code]),
                    how=str(words.HOW_TO[code]),
                    drawing=f"components/draw/{words.DRAWN_AS[code]}.svg",
                    pictures=pictures(request, rma, mine),
                    takes=takes and code in open_kinds,
                    problem=problem if code == kind else "",
                )
            )
    return sections


def takes_photos(rma: "ReturnAuthorization") -> bool:
    return rma.status in TAKEN_UNTIL


def kinds(rma: "ReturnAuthorization") -> list[str]:
    """What may be photographed now: before it is allowed there is no parcel yet."""
    return [PhotoKind.ITEM] if rma.status in UNDECIDED or rma.keeps_goods else list(PhotoKind)


def room(rma: "ReturnAuthorization") -> int:
    """How many more the buyer may send."""
    return max(MOST_OF_BUYER - sum(photo.is_buyers for photo in rma.photos.all()), 0)


def asks_for_photos(rma: "ReturnAuthorization") -> bool:
    """Whether a reason that was given asks for photos of the goods."""
    return any(
        (rule := row.line.rules.reasons.get(row.reason)) is not None and rule.photos
        for row in rma.lines.all()
    )
