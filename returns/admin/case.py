"""Everything about one return on one page, in a fixed number of queries."""

from typing import Any

from django.utils import timezone

from returns import problem_texts
from returns.admin.posting import parcel_back
from returns.admin.reception import weight_in_words
from returns.models import Document, Offer, Problem, ReturnAuthorization
from tracking import carriers
from tracking.models import merged
from tracking.texts import Words

EARLIER_SHOWN = 10


def case(rma: ReturnAuthorization, *, papers: bool = False) -> dict[str, Any]:
    """What the page of a return shows, without its buttons. papers: with what the buyer sent
    for customs, which not everybody may see (pictures.may_see_papers)."""
    sent = Document.objects.from_buyers().filter(order=rma.order_id)
    return {
        "now": timezone.now(),
        "promise": rma.promises.open().first(),
        "rows": rma.lines.all(),
        "trust": rma.order_trust,
        "history": rma.events.select_related("user"),
        "letters": rma.notices.defer("text"),
        "earlier": _earlier(rma),
        "photos": rma.photos.select_related("user"),
        "documents": rma.documents.select_related("user"),
        "papers": sent if papers else (),
        "problems_told": _told(rma),
        "offers": _offers(rma),
        "receipts": _receipts(rma),
        **_journey(rma),
    }


def _told(rma: ReturnAuthorization) -> list[dict[str, Any]]:
    """What the buyer was asked on the way to it, and answered."""
    return [{"problem": row, "answers": _answers(row)} for row in rma.problems.all()]


def _answers(told: Problem) -> list[tuple[Words, Words]]:
    """Question and answer."""
    given = ((code, str(answer)) for code, answer in told.answers.items())
    return [
        (problem_texts.question(told.kind, key[0]), problem_texts.ANSWERS[key])
        for key in given
        if key in problem_texts.ANSWERS
    ]


def _offers(rma: ReturnAuthorization) -> list[Offer]:
    rows = list(rma.offers.all())
    for row in rows:
        row.order = rma.order
    return rows


def _earlier(rma: ReturnAuthorization) -> list[ReturnAuthorization]:
    """Other returns of the same person at the same store."""
    if not rma.order.email:
        return []
    theirs = ReturnAuthorization.objects.filter(
        order__store=rma.order.store, order__email=rma.order.email
    )
    return list(theirs.exclude(pk=rma.pk).select_related("order")[:EARLIER_SHOWN])


def _receipts(rma: ReturnAuthorization) -> list[tuple[Any, str]]:
    """Each parcel that was opened, and its weight in words."""
    rows = rma.receipts.select_related("user").prefetch_related("lines__return_line__line")
    return [(row, weight_in_words(row)) for row in rows]


def _journey(rma: ReturnAuthorization) -> dict[str, Any]:
    """The parcel that brings it, and what its carrier reported, newest first."""
    shipment = parcel_back(rma)
    if shipment is None:
        return {"shipment": None}
    parcel = shipment.parcel
    number = shipment.number or (parcel.number if parcel else "")
    code = (parcel.carrier if parcel else "") or shipment.carrier
    return {
        "shipment": shipment,
        "tracking_number": number,
        "carrier": carriers.called(code),
        "carrier_page": carriers.page_of(code, number),
        "parcel": parcel,
        "scans": merged(list(parcel.scans.all())) if parcel else [],
        "troubles": parcel.incidents.open() if parcel else [],
    }
