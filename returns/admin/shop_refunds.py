"""What shops were asked to refund, and what they said; what to do about it stands on the page of
the return."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html

from returns import formats
from returns.admin.base import ReadOnly
from returns.models import ShopRefund
from tracking.admin.base import Narrowed


@admin.register(ShopRefund)
class ShopRefundAdmin(ReadOnly, Narrowed):
    list_display = ["written_at", "authorization", "amount", "account", "state", "attempts", "said"]
    list_filter = ["state"]
    list_select_related = ["account__store", "resolution__authorization__order"]
    search_fields = [
        "=resolution__authorization__number",
        "=resolution__authorization__order__number",
        "=resolution__reference",
    ]
    search_help_text = "Return number, order number or the shop’s number of the refund"
    show_full_result_count = False
    list_per_page = 50
    fields = [
        "authorization",
        "amount",
        "account",
        "state",
        "attempts",
        "asked_at",
        "due_at",
        "done_at",
        "said",
        "key",
    ]
    readonly_fields = ["authorization", "amount", "said", "key"]

    empty_value_display = ""

    class Media:
        css = {"all": ["css/desk.css"]}

    @admin.display(description="return")
    def authorization(self, row: ShopRefund) -> str:
        rma = row.resolution.authorization
        url = reverse("admin:returns_returnauthorization_change", args=[rma.pk])
        return format_html('<a href="{}">{}</a>', url, rma.number)

    @admin.display(description="amount")
    def amount(self, row: ShopRefund) -> str:
        return formats.money(row.resolution.amount, row.order.currency)

    @admin.display(description="what was said")
    def said(self, row: ShopRefund) -> str:
        return row.words or row.last_error

    @admin.display(description="our key, as it stands in the shop’s note")
    def key(self, row: ShopRefund) -> str:
        return row.key
