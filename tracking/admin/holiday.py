"""Days that we know better than a country's calendar, and days on which we are closed."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from tracking.admin.base import CountryField, Narrowed
from tracking.models import Account, HolidayNotice


class HolidayForm(forms.ModelForm):
    country = CountryField(
        required=False,
        help_text="ISO code: in that country. Empty: we ourselves, wherever we are.",
    )

    class Meta:
        model = HolidayNotice
        fields = ["account", "country", "first", "last", "works", "name", "name_zh"]


@admin.register(HolidayNotice)
class HolidayAdmin(Narrowed):
    form = HolidayForm
    list_display = ["name", "account", "where", "first", "last", "works"]
    list_filter = ["account", "works"]
    list_select_related = ["account"]
    ordering = ["-first", "-pk"]

    class Media:
        css = {"all": ["css/desk.css"]}

    @admin.display(description="where", ordering="country")
    def where(self, obj: HolidayNotice) -> str:
        return obj.country or "We are closed"

    # What parcels may expect follows the days, whichever way they change.

    def save_model(self, request: HttpRequest, obj: HolidayNotice, form: Any, change: bool) -> None:
        before = form.initial.get("account") if change else None
        super().save_model(request, obj, form, change)
        expect_anew({obj.account_id, before})

    def delete_model(self, request: HttpRequest, obj: HolidayNotice) -> None:
        super().delete_model(request, obj)
        expect_anew({obj.account_id})

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[HolidayNotice]) -> None:
        accounts = set(queryset.values_list("account", flat=True))
        super().delete_queryset(request, queryset)
        expect_anew(accounts)


def expect_anew(accounts: Iterable[int | None]) -> None:
    for account in Account.objects.filter(pk__in={pk for pk in accounts if pk}):
        account.expect_anew()
