"""All rows about a buyer's order, for machines: what somebody gets who asks for their own data.

Left out are notes that we write for ourselves, keys (of links, forms and files) and the names
of our people.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

if TYPE_CHECKING:
    from returns.models import Order

ENCODER = DjangoJSONEncoder
# Of every row: where it lies, whose hand it went through, and what would open something.
KEPT_BACK = frozenset(
    {
        "key",
        "form_key",
        "dedupe_key",
        "message_id",
        "mail_id",
        "provider_id",
        "file",
        "thumbnail",
        "user",
        "sent_by",
        "edited_by",
        "decided_by",
        "settled_by",
        "asked_user",
        "owner",
        "looked_by",
        "ahead_by",
        "lease_owner",
        "lease_until",
        "last_error",
        "attempts",
        "rules_json",
        "source_hash",
        "close_reason",
        "note_for_us",
        "fingerprint",
    }
)
# Beyond: of these rows this as well.
ALSO_KEPT_BACK: dict[str, frozenset[str]] = {
    "receipt": frozenset({"note"}),
    "weighing": frozenset({"note"}),
    "returnauthorization": frozenset({"trust"}),
}


def everything(order: "Order") -> dict[str, Any]:
    """Name of the table → its rows, as JSON can hold them (ENCODER)."""
    return {name: [_plain(row) for row in rows] for name, rows in _tables(order)}


def _tables(order: "Order") -> Iterable[tuple[str, Iterable[models.Model]]]:
    from returns.models import (
        CarrierContact,
        ContactPoint,
        Photo,
        Receipt,
        Resolution,
        ReturnLine,
        Shipment,
        Surplus,
    )
    from returns.models.contact_point import as_number
    from returns.models.event import HIDDEN_FROM_BUYER
    from returns.models.weighing import Weighing
    from tracking.models import Parcel, Scan
    from tracking.work import WorkState

    mine = {"authorization__order": order}
    shipments = Shipment.objects.filter(order=order)
    parcels = Parcel.objects.filter(pk__in=shipments.values("parcel"))
    addresses = [order.email, as_number(order.phone, order.country)]
    points = ContactPoint.objects.filter(store=order.store, address__in=filter(None, addresses))
    yield "order", [order]
    yield "lines", order.lines.all()
    yield "parcels", parcels
    yield "scans", Scan.objects.filter(parcel__in=parcels)
    yield "returns", order.returns.all()
    yield "return_lines", ReturnLine.objects.filter(**mine)
    yield "photos", Photo.objects.filter(**mine)
    yield "receipts", Receipt.objects.filter(**mine)
    yield "weighings", Weighing.objects.filter(receipt__authorization__order=order)
    yield "surplus", Surplus.objects.filter(**mine)
    yield "resolutions", Resolution.objects.filter(**mine)
    yield "papers", order.documents.all()
    yield "messages", order.messages.shared()
    yield "letters", order.notices.filter(state=WorkState.DONE)
    yield "promises", order.promises.all()
    yield "address_changes", order.address_changes.all()
    yield "contacts", points
    yield "asked_of_carriers", CarrierContact.objects.filter(case__order=order, is_visible=True)
    yield "history", order.events.exclude(kind__in=HIDDEN_FROM_BUYER)
    yield "problems", order.problems.all()
    yield "signature_questions", order.signature_questions.all()


def _plain(row: models.Model) -> dict[str, Any]:
    meta = row._meta
    kept_back = KEPT_BACK | ALSO_KEPT_BACK.get(meta.model_name or "", frozenset())
    fields = [field for field in meta.concrete_fields if field.name not in kept_back]
    return {field.name: field.value_from_object(row) for field in fields}
