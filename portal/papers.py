"""Papers for customs: which of them an order needs, and what its buyer sent.

Functions over an Order loaded by `read` here, or with more (`Order.objects.with_story()`);
they ask the database for nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Prefetch, prefetch_related_objects

from portal import access
from portal.order_page.deliveries import Delivery, Stage, deliveries, meets_customs
from returns import addresses
from returns.codes import PAPERS
from returns.customs_papers import return_passes, travelling
from returns.models import ReturnAuthorization, ReturnLine, Shipment
from returns.models.document import MOST_OF_BUYER
from returns.states import Status
from returns.texts import PAPERS as WORDS
from tracking.incidents import IncidentKind

if TYPE_CHECKING:
    from portal.access import OrderRequest
    from returns.models import Document, Order


def read(order: "Order") -> None:
    """Loads what the page of papers needs, in a fixed number of queries."""
    lines = Prefetch("lines", ReturnLine.objects.select_related("line"))
    prefetch_related_objects(
        [order],
        "lines",
        Prefetch("shipments", Shipment.objects.select_related("parcel")),
        "shipments__lines",
        "shipments__parcel__scans",
        "shipments__parcel__incidents",
        Prefetch("returns", ReturnAuthorization.objects.prefetch_related(lines)),
        "documents",
    )


def passing(order: "Order", now: datetime) -> list[Delivery]:
    """The parcels to the buyer that meet customs and are not there yet."""
    if order.is_cancelled:
        return []
    return [
        parcel
        for parcel in deliveries(order, now)
        if not parcel.has_ended
        and parcel.stage != Stage.NO_NUMBER_LONG_AGO
        and parcel.troubles.kind != IncidentKind.LOST
        and meets_customs(order, parcel)
    ]


def needs_invoice(rma: "ReturnAuthorization") -> bool:
    """Its parcel meets customs on the way to us, and is not here yet."""
    under_way = rma.status in {Status.APPROVED, Status.IN_TRANSIT} and rma.arrived_at is None
    return under_way and bool(travelling(rma)) and return_passes(rma)


@dataclass(frozen=True)
class Needed:
    """value_url: of the proof of value for the parcels to the buyer, or ''. invoices: (return
    number, address of its invoice, whether its parcel is posted already). asked: customs has
    asked for papers, by what a carrier reports."""

    value_url: str
    invoices: tuple[tuple[str, str, bool], ...]
    asked: bool = False

    def __bool__(self) -> bool:
        return bool(self.value_url or self.invoices)


def needed(order: "Order", now: datetime) -> Needed:
    returns = [rma for rma in order.returns.all() if needs_invoice(rma)]
    return Needed(
        value_url(order, now),
        tuple(
            (rma.number, addresses.return_page(rma, "return_invoice"), rma.posted_at is not None)
            for rma in returns
        ),
        asked(order, now),
    )


def asked(order: "Order", now: datetime) -> bool:
    """Whether customs asks for papers of a parcel to the buyer."""
    return any(
        IncidentKind.CUSTOMS_DOCUMENTS in parcel.troubles.kinds for parcel in passing(order, now)
    )


def value_url(order: "Order", now: datetime) -> str:
    return addresses.order_page(order, "value_proof") if passing(order, now) else ""


# --- What the buyer sent ------------------------------------------------------------------------


@dataclass(frozen=True)
class Sent:
    """One paper as this reader may see it. url: where it is fetched, removal: where it can be
    taken away; '' where this reader may not."""

    document: "Document"
    url: str
    removal: str


@dataclass(frozen=True)
class Section:
    """One kind of paper: what is there, and a field for one more where `takes`. problem: of
    the one just sent, beside it."""

    kind: str
    title: str
    how: str
    sent: tuple[Sent, ...]
    takes: bool
    problem: str

    @property
    def field_id(self) -> str:
        return f"paper-{self.kind}"


def drawer(
    request: "OrderRequest", *, takes: bool, kind: str = "", problem: str = ""
) -> list[Section]:
    """The buyer's papers by kind, as far as there are any or some may be sent."""
    mine = [paper for paper in request.order.documents.all() if paper.is_buyers]
    takes = takes and len(mine) < MOST_OF_BUYER
    return [
        Section(
            kind=code,
            title=str(WORDS[code].label),
            how=str(WORDS[code].hint),
            sent=sent,
            takes=takes,
            problem=problem if code == kind else "",
        )
        for code in PAPERS
        if (sent := tuple(_sent(request, paper) for paper in mine if paper.kind == code)) or takes
    ]


def _sent(request: "OrderRequest", paper: "Document") -> Sent:
    owns, page = access.owns(request, paper), addresses.order_page
    may_go = owns and paper.looked_at is None
    return Sent(
        document=paper,
        url=page(request.order, "paper", key=paper.key) if owns else "",
        removal=page(request.order, "paper_remove", key=paper.key) if may_go else "",
    )


def room(order: "Order") -> int:
    """How many more the buyer may send."""
    return max(MOST_OF_BUYER - sum(paper.is_buyers for paper in order.documents.all()), 0)
