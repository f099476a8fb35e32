"""Orders as the shop told us, with everything that belongs to them."""

from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from returns.admin import weighing
from returns.admin.address_asking import may_ask
from returns.admin.address_words import standing
from returns.admin.base import ReadOnly, ReadOnlyInline
from returns.admin.countdown import countdown
from returns.admin.evidence_packs import packs
from returns.admin.pictures import may_see_papers, paper_file
from returns.admin.thread import ThreadPages, address, may_read
from returns.models import (
    Actor,
    ActorKind,
    Document,
    Event,
    Notice,
    Order,
    OrderLine,
    Promise,
    ReturnAuthorization,
    Shipment,
)
from tracking.models import Incident


class LineInline(ReadOnlyInline):
    model = OrderLine
    fields = ["title", "variant", "sku", "quantity", "cancelled", "unit_price", "discount", "tax"]


class ShipmentInline(ReadOnlyInline):
    model = Shipment
    fields = [
        "shipped_at",
        "parcel",
        "standing",
        "wrong",
        "sent_with",
        "number",
        "in_doubt",
        "is_return",
        "delivered",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Shipment]:
        still = Prefetch("parcel__incidents", Incident.objects.open(), to_attr="open_incidents")
        return super().get_queryset(request).select_related("parcel").prefetch_related(still)

    @admin.display(description="where it is")
    def standing(self, shipment: Shipment) -> str:
        return shipment.parcel.get_milestone_display() if shipment.parcel else ""

    @admin.display(description="what is wrong")
    def wrong(self, shipment: Any) -> str:
        rows = shipment.parcel.open_incidents if shipment.parcel else []
        return "; ".join(str(incident) for incident in rows)

    @admin.display(description="sent with")
    def sent_with(self, shipment: Shipment) -> str:
        parcel = shipment.parcel
        flags = {
            "signature": parcel is not None and parcel.wants_signature,
            "appointment": parcel is not None and parcel.by_appointment,
        }
        return ", ".join(words for words, flag in flags.items() if flag)

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


class PaperInline(ReadOnlyInline):
    model = Document
    verbose_name_plural = "papers for customs"
    fields = ["opened", "added_at", "sent_by", "user", "looked_at"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_see_papers(request)

    @admin.display(description="paper")
    def opened(self, paper: Document) -> str:
        url = reverse("admin:returns_order_paper_file", args=[paper.order_id, paper.key])
        words = f"{paper.get_kind_display()}, {paper.extension.upper()}"
        return format_html('<a href="{}">{}</a>', url, words)


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
class OrderAdmin(ReadOnly, ThreadPages):
    list_display = ["number", "store", "name", "placed_at", "paid_total", "currency"]
    list_filter = ["store", "source"]
    list_select_related = ["store"]
    search_fields = [
        "number",
        "email",
        "name",
        "phone",
        "shipments__parcel__number",
        "shipments__number",
        "returns__number",
    ]
    search_help_text = "Order number, return number, waybill, email, name or phone"
    inlines = [
        LineInline,
        ShipmentInline,
        ReturnInline,
        PaperInline,
        PromiseInline,
        EventInline,
        NoticeInline,
    ]

    def get_queryset(self, request: HttpRequest):
        return super().get_queryset(request).select_related("store")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context: dict[str, Any] = {}
        order = self.get_object(request, object_id)
        if order is not None and self.has_view_permission(request, order):
            context = _owed(request, order) | _addresses(request, order) | packs(request, order)
            context["weights"] = weighing.of_order(order)
        if self._may_close_links(request):
            context["close_links_url"] = reverse(
                "admin:returns_order_close_links", args=[object_id]
            )
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def get_urls(self) -> list:
        close = self.admin_site.admin_view(require_POST(self.close_links))
        paper = self.admin_site.admin_view(self.paper_file)
        own = [
            path("<int:pk>/close_links/", close, name="returns_order_close_links"),
            path("<int:pk>/paper_file/<uuid:key>/", paper, name="returns_order_paper_file"),
        ]
        return own + super().get_urls()

    def paper_file(self, request: HttpRequest, pk: int, key: UUID) -> HttpResponse:
        if not self.has_view_permission(request):
            raise Http404
        return paper_file(request, pk, key)

    def close_links(self, request: HttpRequest, pk: int) -> HttpResponse:
        order = self.get_object(request, str(pk))
        if order is None or not self._may_close_links(request):
            raise Http404
        order.close_links(by=Actor.staff(cast(User, request.user)))
        self.log_change(request, order, "Links closed.")
        self.message_user(
            request,
            f"The links to order {order.number} are closed. Codes by email still open it.",
            messages.SUCCESS,
        )
        return redirect("admin:returns_order_change", pk)

    def _may_close_links(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm("returns.decide_return")


def _owed(request: HttpRequest, order: Order) -> dict[str, Any]:
    """What the page of an order begins with: what is promised, what is wrong, who waits."""
    now = timezone.now()
    promises = order.promises.open().select_related("authorization").order_by("due_at", "pk")
    context: dict[str, Any] = {
        "now": now,
        "owed": [(promise, countdown(promise.due_at, now)) for promise in promises],
    }
    if request.user.has_perm("returns.view_case"):
        context["cases"] = order.cases.open().select_related("parcel", "owner")
    if may_read(request):
        waiting = Count("pk", filter=Q(author=ActorKind.BUYER, answered_at=None))
        context["thread"] = order.messages.aggregate(all=Count("pk"), waiting=waiting)
        context["thread_url"] = address(order.pk)
    return context


def _addresses(request: HttpRequest, order: Order) -> dict[str, Any]:
    """What was asked for about where it goes, and the way to ask for a caller."""
    context: dict[str, Any] = {}
    if request.user.has_perm("returns.view_addresschange"):
        rows = order.address_changes.select_related(
            "order__store", "shipment__parcel", "interception"
        )
        context["address_changes"] = [(row, standing(row)) for row in rows]
    if may_ask(request):
        context["ask_url"] = reverse("admin:returns_addresschange_ask", args=[order.pk])
    return context


__all__ = ["OrderAdmin", "ReadOnly"]
