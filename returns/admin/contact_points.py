"""Addresses and numbers that we write to: what their owners agreed to, and whether anything
arrives there."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from returns.admin.base import ReadOnly
from returns.admin.notice_page import masked
from returns.models import ContactPoint
from returns.models.contact_point import ContactPointQuerySet
from tracking.admin.base import Narrowed


class ArrivesFilter(admin.SimpleListFilter):
    title = "whether anything arrives"
    parameter_name = "arrives"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "Does not arrive")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.exclude(failed_at=None) if self.value() == "no" else queryset


class AgreedFilter(admin.SimpleListFilter):
    title = "what its owner said"
    parameter_name = "agreed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Agreed"), ("stopped", "Stopped"), ("silent", "Nothing")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "yes":
                return queryset.filter(agreed_at__isnull=False, stopped_at=None)
            case "stopped":
                return queryset.filter(stopped_at__isnull=False)
            case "silent":
                return queryset.filter(agreed_at=None, stopped_at=None)
        return queryset


@admin.register(ContactPoint)
class ContactPointAdmin(ReadOnly, Narrowed):
    """An address is shown in part and found only by the whole of it."""

    list_display = [
        "masked",
        "channel",
        "store",
        "agreed_at",
        "agreed_by",
        "stopped_at",
        "stopped_by",
        "failed_at",
        "failure",
    ]
    list_filter = [ArrivesFilter, "channel", AgreedFilter, "store"]
    list_select_related = ["store"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["address"]
    search_help_text = "The whole address, or the whole number with its +"
    ordering = ["-failed_at", "-pk"]
    actions = ["it_works_again"]
    fields = [
        "masked",
        "channel",
        "store",
        "agreed_at",
        "agreed_by",
        "stopped_at",
        "stopped_by",
        "heard_at",
        "wrote_at",
        "failed_at",
        "failure",
    ]
    readonly_fields = ["masked"]

    empty_value_display = ""

    @admin.display(description="address")
    def masked(self, point: ContactPoint) -> str:
        return masked(point.channel, point.address)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        address = "".join(search_term.split()).casefold()
        return (queryset.filter(address=address) if address else queryset), False

    def has_mend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("returns.send_notice")

    @admin.action(description="It works again", permissions=["mend"])
    def it_works_again(self, request: HttpRequest, queryset: ContactPointQuerySet) -> None:
        broken = list(queryset.exclude(failed_at=None))
        ContactPoint.objects.filter(pk__in=[point.pk for point in broken]).update(
            failed_at=None, failure=""
        )
        for point in broken:
            self.log_change(request, point, "It works again.")
        count = len(broken)
        words = "1 address is" if count == 1 else f"{count} addresses are"
        self.message_user(request, f"{words} written to again.")
