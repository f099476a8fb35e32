"""What was received, photographed and given: evidence, shown and found, never edited."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from returns import formats
from returns.admin.base import ReadOnlyAdmin, ReadOnlyInline
from returns.admin.reception import weight_in_words
from returns.models import Document, Photo, Receipt, ReceiptLine, Resolution, Surplus

FIND = ["authorization__number", "authorization__order__number", "authorization__order__email"]


class EvidenceAdmin(ReadOnlyAdmin):
    """Belongs to a return, whose page is one click away."""

    list_select_related = ["authorization__order", "user"]
    search_fields = FIND
    search_help_text = "Return number, order number or email"

    @admin.display(description="return", ordering="authorization__number")
    def return_linked(self, row: Any) -> str:
        url = reverse("admin:returns_returnauthorization_change", args=[row.authorization_id])
        return format_html('<a href="{}">{}</a>', url, row.authorization.number)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["return_linked"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        names = [field.name for field in self.opts.fields if field.name not in self.kept_back]
        return ["return_linked", *names]

    # Where files lie is nobody's concern, and the return stands there as a link.
    kept_back = frozenset({"id", "authorization", "file", "thumbnail", "form_key", "key"})


class ReceiptLineInline(ReadOnlyInline):
    model = ReceiptLine
    fields = ["return_line", "quantity"]


@admin.register(Receipt)
class ReceiptAdmin(EvidenceAdmin):
    list_display = ["received_at", "return_linked", "user", "weight", "was_empty", "undone_at"]
    list_filter = ["was_empty", "received_at", "authorization__order__store"]
    inlines = [ReceiptLineInline]

    @admin.display(description="weight")
    def weight(self, row: Receipt) -> str:
        return weight_in_words(row)


@admin.register(Surplus)
class SurplusAdmin(EvidenceAdmin):
    list_display = ["return_linked", "title", "quantity", "disposition", "decided_at", "decided_by"]
    list_filter = ["disposition", "authorization__order__store"]
    list_select_related = ["authorization__order", "decided_by"]
    search_fields = [*FIND, "title"]


@admin.register(Resolution)
class ResolutionAdmin(EvidenceAdmin):
    list_display = [
        "decided_at",
        "return_linked",
        "kind",
        "amount_shown",
        "state",
        "method",
        "reference",
        "settled_at",
    ]
    list_filter = ["state", "kind", "method", "authorization__order__store"]
    list_select_related = ["authorization__order"]
    search_fields = [*FIND, "reference"]
    search_help_text = "Return number, order number, email or the bank’s reference"

    @admin.display(description="amount", ordering="amount")
    def amount_shown(self, row: Resolution) -> str:
        currency = row.authorization.order.currency
        return formats.money(row.amount, currency) if row.is_money else ""


@admin.register(Photo)
class PhotoAdmin(EvidenceAdmin):
    list_display = ["taken_at", "return_linked", "kind", "taken_by", "user", "opened"]
    list_filter = ["kind", "taken_by", "authorization__order__store"]

    @admin.display(description="file")
    def opened(self, row: Photo) -> str:
        view = "admin:returns_returnauthorization_photo_file"
        return format_html(
            '<a href="{}">Open</a>', reverse(view, args=[row.authorization_id, row.key])
        )


@admin.register(Document)
class DocumentAdmin(EvidenceAdmin):
    """A label belongs to a return, a paper for customs to an order."""

    list_display = [
        "added_at",
        "return_linked",
        "order_linked",
        "kind",
        "content_type",
        "sent_by",
        "user",
        "looked_at",
        "opened",
    ]
    list_filter = [
        "kind",
        "sent_by",
        ("looked_at", admin.EmptyFieldListFilter),
        "authorization__order__store",
        "order__store",
    ]
    list_select_related = ["authorization__order", "order", "user"]
    search_fields = [*FIND, "order__number", "order__email"]
    kept_back = EvidenceAdmin.kept_back | {"order"}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["return_linked", "order_linked"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return ["order_linked", *super().get_fields(request, obj)]

    @admin.display(description="return", ordering="authorization__number")
    def return_linked(self, row: Document) -> str:
        return super().return_linked(row) if row.authorization else ""

    @admin.display(description="order", ordering="order__number")
    def order_linked(self, row: Document) -> str:
        order = row.order or (row.authorization and row.authorization.order)
        url = reverse("admin:returns_order_change", args=[order.pk]) if order else ""
        return format_html('<a href="{}">{}</a>', url, order.number) if order else ""

    @admin.display(description="file")
    def opened(self, row: Document) -> str:
        name = "order_paper_file" if row.order_id else "returnauthorization_document_file"
        owner = row.order_id or row.authorization_id
        url = reverse(f"admin:returns_{name}", args=[owner, row.key])
        return format_html('<a href="{}">Open</a>', url)
