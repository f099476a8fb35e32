"""Finding returns at the desk: by queue, by what was typed, by what a scanner read."""

import re
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from returns.models import ReturnAuthorization
from returns.queues import QUEUES
from tracking import numbers
from tracking.models.parcel import plain

# In a barcode, in the address behind a QR code, or typed without its dashes.
NUMBER = re.compile(r"HW[\s-]?([0-9A-Z]{4})[\s-]?([0-9A-Z]{4})(?![0-9A-Z])", re.IGNORECASE)
# What stands before the number itself in the barcodes of some labels (US postcodes).
ROUTED = re.compile(r"420\d{5}(?:\d{4})?(?=9\d{19,21}$)")


class QueueFilter(admin.SimpleListFilter):
    title = "what is to be done"
    parameter_name = "work"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, queue.label) for name, queue in QUEUES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        queue = QUEUES.get(self.value() or "")
        return queryset.filter(pk__in=queue.rows().values("pk")) if queue else queryset


def meant(words: str) -> list[int]:
    """The returns that a scanned or typed code names, as a scanner at the door needs it: by
    return number, by the waybill of the parcel back or out, or by order number. [] when it
    is no code; then it is searched for."""
    mine = ReturnAuthorization.objects.order_by("-requested_at")
    if found := NUMBER.search(words):
        number = f"HW-{found[1]}-{found[2]}".upper()
        return list(mine.filter(number=number).values_list("pk", flat=True))
    waybill = ROUTED.sub("", numbers.normalise(words))
    if len(waybill) > 4:
        for where in (
            Q(shipments__number=waybill) | Q(shipments__parcel__plain_number=plain(waybill)),
            Q(order__shipments__parcel__plain_number=plain(waybill)),
        ):
            if pks := list(mine.filter(where).values_list("pk", flat=True).distinct()):
                return pks
    order = words.strip().removeprefix("#")
    return list(mine.filter(order__number__iexact=order).values_list("pk", flat=True))
