"""The photos of a return, each as this reader may see it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal import access
from portal.return_page import words
from returns import addresses, texts
from returns.codes import CLAIM_REASONS, Kind, PhotoKind
from returns.models.photo import MOST_OF_BUYER, TAKEN_UNTIL
from returns.states import UNDECIDED

if TYPE_CHECKING:
    from portal.access import OrderRequest
    from returns.models import Photo, ReturnAuthorization, ReturnLine


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
    removable = photo.counts and takes_photos(rma) and access.owns(request, photo)
    page = addresses.return_page
    return Picture(
        photo=photo,
        what=_caption(rma, photo),
        url=page(rma, "photo", key=photo.key) if seen else "",
        small=page(rma, "photo_small", key=photo.key) if seen else "",
        removal=page(rma, "photo_remove", key=photo.key) if removable else "",
        drawing=f"components/draw/{words.DRAWN_AS[photo.kind]}.svg",
    )


def _caption(rma: "ReturnAuthorization", photo: "Photo") -> str:
    found = photo.kind == PhotoKind.ITEM and not photo.is_buyers
    return str(words.WHAT_WE_FOUND) if found else what_it_shows(rma, photo.kind)


def what_it_shows(rma: "ReturnAuthorization", kind: str) -> str:
    is_wrong = rma.kind == Kind.CLAIM and kind == PhotoKind.ITEM
    return str(texts.WHAT_IS_WRONG if is_wrong else texts.PHOTOS[kind])


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
    photos = [photo for photo in rma.photos.all() if photo.counts]
    takes = takes_photos(rma) and len(photos) < MOST_OF_BUYER
    open_kinds = kinds(rma) if takes_photos(rma) else []
    sections = []
    for code in [kind for kind in PhotoKind.values if kind != PhotoKind.POSTAGE]:
        mine = [photo for photo in photos if photo.kind == code]
        if mine or code in open_kinds:
            sections.append(
                Section(
                    kind=code,
                    title=what_it_shows(rma, code),
                    how=_how(rma, code),
                    drawing=f"components/draw/{words.DRAWN_AS[code]}.svg",
                    pictures=pictures(request, rma, mine),
                    takes=takes and code in open_kinds,
                    problem=problem if code == kind else "",
                )
            )
    return sections


def _how(rma: "ReturnAuthorization", kind: str) -> str:
    unpacked = rma.kind == Kind.CLAIM and (rma.keeps_goods or rma.status in UNDECIDED)
    is_thing = unpacked and kind == PhotoKind.ITEM
    return str(words.HOW_TO_SHOW_IT if is_thing else words.HOW_TO[kind])


def takes_photos(rma: "ReturnAuthorization") -> bool:
    return rma.status in TAKEN_UNTIL


def shows_photos(rma: "ReturnAuthorization") -> bool:
    """Whether they help: what nobody sends back is looked at on photos alone."""
    undecided_claim = rma.kind == Kind.CLAIM and rma.status in UNDECIDED
    return undecided_claim or not rma.keeps_goods


def kinds(rma: "ReturnAuthorization") -> list[str]:
    """What may be photographed now: before it is allowed there is no parcel yet. The receipt
    for the postage has a page of its own."""
    if rma.kind == Kind.CLAIM and (rma.status in UNDECIDED or rma.keeps_goods):
        return [PhotoKind.ITEM, PhotoKind.BOX]
    if rma.status in UNDECIDED or rma.keeps_goods:
        return [PhotoKind.ITEM]
    return [PhotoKind.ITEM, PhotoKind.PARCEL, PhotoKind.WAYBILL]


def room(rma: "ReturnAuthorization") -> int:
    """How many more the buyer may send."""
    return max(MOST_OF_BUYER - sum(photo.counts for photo in rma.photos.all()), 0)


def asks_for_photos(rma: "ReturnAuthorization") -> bool:
    """Whether a reason that was given asks for photos of the goods."""
    return any(_wants_photos(row, rma.kind) for row in rma.lines.all())


def _wants_photos(row: "ReturnLine", kind: str) -> bool:
    if kind == Kind.CLAIM:
        return row.reason in CLAIM_REASONS and row.line.rules.claim(row.reason).photos
    rule = row.line.rules.reasons.get(row.reason)
    return rule is not None and rule.photos
