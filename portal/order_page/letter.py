"""What the letter of an order says, ready for its template."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal.journey import Step

if TYPE_CHECKING:
    from returns.models import ReturnAuthorization


@dataclass(frozen=True)
class ParcelLine:
    """One parcel of several. key: the id of its leg of the timeline."""

    key: str
    title: str
    icon: str
    line: str


@dataclass(frozen=True)
class Now:
    """title: the sentence about now. next: paragraphs of what happens next. scene: the
    drawing. rma: the return that all this is about, None when it is about the order.
    question: what it asks the buyer. button: what the link to it says. call: name and phone
    of the carrier, where the buyer has to settle something there. papers: customs wants some.
    checks_address: the buyer is asked to look at it. writes: address and words of the link to
    write to us, where the words above ask for it. decides: that is the one thing to do, and
    the buyer's decision. is_wrong: something is, with a parcel.
    """

    title: str
    next: tuple[str, ...]
    scene: str
    steps: tuple[Step, ...] = ()
    parcels: tuple[ParcelLine, ...] = ()
    rma: "ReturnAuthorization | None" = None
    question: str = ""
    button: str = ""
    call: tuple[str, str] = ("", "")
    papers: bool = False
    checks_address: bool = False
    writes: tuple[str, str] = ("", "")
    decides: bool = False
    is_wrong: bool = False
