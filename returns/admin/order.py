"""Orders as the shop told us, with everything that belongs to them."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from returns.admin.base import ReadOnly, ReadOnlyAdmin, ReadOnlyInline
from returns.models import (
    Event,
    Notice,
    Order,
    OrderLine,
    Promise,
    ReturnAuthorization,
    Shipment,
)


class LineInline(ReadOnlyInline):
    model = OrderLine
    fields = ["title", "variant", "sku", "quantity", "cancelled", "unit_price", "discount", "tax"]


class ShipmentInline(ReadOnlyInline):
    model = Shipment
    fields = ["shipped_at", "parcel", "is_return", "delivered"]

    @admin.display(description="delivered")
    def delivered(self, shipment: Shipment) -> str:
        return f"{shipment.delivered_at:%Y-%m-%d %H:%M}" if shipment.delivered_at else ""


class ReturnInline(ReadOnlyInline):
    model = ReturnAuthorization
    fields = ["number_linked", "status", "wish", "value", "requested_at"]

    @admin.display(description="number")
    def number_linked(self, rma: ReturnAuthorization) -> str:
        url = reverse("admin:returns_returnauthorization_change", args=[rma.pk])
        return format_html('<a href="{}">{}</a>', url, rma.number)


class PromiseInline(ReadOnlyInline):
    model = Promise
    fields = ["kind", "state", "made_at", "due_at", "settled_at", "follows"]


class EventInline(ReadOnlyInline):
    model = Event
    verbose_name_plural = "history"
    fields = ["at", "kind", "actor", "user", "data"]


class NoticeInline(ReadOnlyInline):
    model = Notice
    verbose_name_plural = "letters"
    fields = ["written_at", "kind", "state", "done_at", "subject"]


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = ["number", "store", "name", "placed_at", "paid_total", "currency"]
    list_filter = ["store", "source"]
    list_select_related = ["store"]
    search_fields = [
        "number",
        "email",
        "name",
        "phone",
        "shipments__parcel__number",
        "returns__number",
    ]
    search_help_text = "Order number, return number, waybill, email, name or phone"
    inlines = [LineInline, ShipmentInline, ReturnInline, PromiseInline, EventInline, NoticeInline]

    def get_queryset(self, request: HttpRequest):
        return super().get_queryset(request).select_related("store")


__all__ = ["OrderAdmin", "ReadOnly"]
