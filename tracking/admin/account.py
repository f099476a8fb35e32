"""Accounts, and the way to what belongs to each."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from tracking.admin.base import Narrowed
from tracking.models import Account

# What a page of its own shows of an account: words, page, what narrows it down.
BELONGINGS = (
    ("Connections to providers", "tracking_connection_changelist", ""),
    ("Gateways that turn parcels", "tracking_gatewayaccount_changelist", ""),
    ("Lanes", "tracking_lane_changelist", ""),
    ("Lanes that were learned", "tracking_lane_changelist", "&learned=yes"),
    ("How far weights may differ", "tracking_weighttolerance_changelist", ""),
    ("Holidays of ours", "tracking_holidaynotice_changelist", ""),
    ("Parcels", "tracking_parcel_changelist", ""),
)
# What parcels may expect depends on these.
CALENDAR = frozenset({"zone", "country", "opens", "closes", "works_weekends"})


@admin.register(Account)
class AccountAdmin(Narrowed):
    list_display = ["name", "slug", "country", "zone", "opens", "closes"]
    readonly_fields = ["belongings"]

    def get_fields(self, request: HttpRequest, obj: Account | None = None) -> Any:
        fields = [name for name in super().get_fields(request, obj) if name != "belongings"]
        return [*fields, "belongings"] if obj else fields

    @admin.display(description="Belongs to it")
    def belongings(self, obj: Account) -> str:
        rows = (
            (reverse(f"admin:{page}"), obj.pk, narrowed, words)
            for words, page, narrowed in BELONGINGS
        )
        return format_html(
            "<ul>{}</ul>",
            format_html_join("", '<li><a href="{}?account__id__exact={}{}">{}</a></li>', rows),
        )

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and CALENDAR & set(form.changed_data):
            obj.expect_anew()
