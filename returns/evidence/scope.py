"""What a pack is about: the whole order, one return of it, or one parcel. Everything is read
here, in a fixed number of queries, and outside any transaction."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from django.db.models import Prefetch, Q

from returns.models.authorization import ReturnAuthorization
from returns.models.carrier_contact import CarrierContact
from returns.models.case import Case
from returns.models.event import HIDDEN_FROM_BUYER, Event
from returns.models.order import Order
from returns.models.return_line import ReturnLine
from returns.models.shipment import Shipment, ShipmentLine
from returns.models.thread import Message

if TYPE_CHECKING:
    from returns.evidence.audience import Reads
    from returns.models.document import Document
    from returns.models.evidence_pack import EvidencePack
    from returns.models.photo import Photo


@dataclass(frozen=True)
class Scope:
    """reads: what whoever gets the pack may read."""

    order: Order
    reads: "Reads"
    returns: list[ReturnAuthorization]
    shipments: list[Shipment]
    events: list[Event]
    messages: list[Message]
    contacts: list[CarrierContact]
    documents: "list[Document]"

    @cached_property
    def photos(self) -> "list[Photo]":
        """The oldest first, as far as they may be shown."""
        found = [photo for rma in self.returns for photo in rma.photos.all()]
        shown = [photo for photo in found if photo.kind in self.reads.photos]
        return sorted(shown, key=lambda photo: (photo.taken_at, photo.pk))

    @classmethod
    def of(cls, pack: "EvidencePack") -> "Scope":
        order = Order.objects.select_related("store__account").get(pk=pack.order_id)
        order = Order.objects.with_goods().get(pk=order.pk)
        case = pack.case
        only = pack.authorization_id or (case.authorization_id if case else None)
        parcel = case.parcel_id if case else None
        scope = cls(
            order=order,
            reads=pack.reads,
            returns=_returns(order, only),
            shipments=_shipments(order, only, parcel),
            events=_events(order, only),
            messages=list(order.messages.shared().prefetch_related("pictures")),
            contacts=_contacts(order, pack.reads, only, parcel),
            documents=[],
        )
        scope.documents.extend(_documents(scope, only))
        return scope


def _returns(order: Order, only: int | None) -> list[ReturnAuthorization]:
    rows = order.returns.order_by("requested_at", "pk").prefetch_related(
        Prefetch("lines", ReturnLine.objects.select_related("line")),
        "photos",
        "documents",
        "receipts__weighings",
        "receipts__lines__return_line__line",
        "surplus",
        "resolutions",
    )
    found = list(rows.filter(pk=only) if only else rows)
    for rma in found:
        rma.order = order  # which knows its parcels
        for row in rma.resolutions.all():
            row.authorization = rma
    return found


def _shipments(order: Order, only: int | None, parcel: int | None) -> list[Shipment]:
    rows = order.shipments.select_related("parcel").prefetch_related(
        "parcel__scans", Prefetch("lines", ShipmentLine.objects.select_related("line"))
    )
    if parcel:
        rows = rows.filter(parcel=parcel)
    elif only:
        rows = rows.filter(Q(authorization=only) | Q(is_return=False))
    return list(rows.order_by("shipped_at", "pk"))


def _events(order: Order, only: int | None) -> list[Event]:
    rows = order.events.exclude(kind__in=HIDDEN_FROM_BUYER).select_related("user")
    if only:
        rows = rows.filter(Q(authorization=only) | Q(authorization=None))
    return list(rows.order_by("at", "pk"))


def _contacts(
    order: Order, reads: "Reads", only: int | None, parcel: int | None
) -> list[CarrierContact]:
    cases = Case.objects.filter(order=order)
    if parcel:
        cases = cases.filter(parcel=parcel)
    elif only:
        cases = cases.filter(Q(authorization=only) | Q(authorization=None))
    rows = CarrierContact.objects.filter(case__in=cases).select_related("case__parcel")
    if not reads.private_contacts:
        rows = rows.filter(is_visible=True)
    return list(rows.order_by("asked_at", "pk"))


def _documents(scope: Scope, only: int | None) -> "list[Document]":
    """Labels, papers, and what the carrier sent, as far as it may be read."""
    found = [paper for rma in scope.returns for paper in rma.documents.all()]
    if not only:
        found += scope.order.documents.all()
    found = [paper for paper in found if paper.kind in scope.reads.documents]
    # What the carrier sent goes with the contact in which it came.
    theirs = {file.pk: file for row in scope.contacts if (file := getattr(row, "file", None))}
    rest = {paper.pk: paper for paper in found if paper.kind != "carrier"}
    return sorted({**rest, **theirs}.values(), key=lambda paper: (paper.added_at, paper.pk))
