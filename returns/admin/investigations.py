"""The list of investigations at the desk; what is done about one stands on its case's page."""

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from returns.admin.base import ReadOnly
from returns.admin.countdown import countdown, moment
from returns.admin.filters import StoreFilter
from returns.admin.named import named
from returns.investigation_queues import WAITING
from returns.investigation_steps import InvestigationStatus, StepKind
from returns.models import Investigation, InvestigationStep
from tracking.admin.base import Narrowed

Rows = QuerySet[Investigation]


class QueueFilter(admin.SimpleListFilter):
    title = "what waits"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, waiting.label) for name, waiting in WAITING.items()]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if self.value() not in WAITING:
            return queryset
        return queryset.filter(pk__in=WAITING[self.value() or ""].rows().values("pk"))


class StatusFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(code), str(label)) for code, label in InvestigationStatus.choices]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        return queryset.filter(status=self.value()) if self.value() else queryset


class OwnerFilter(admin.SimpleListFilter):
    title = "who looks after it"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("mine", "You"), ("nobody", "Nobody")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if self.value() == "mine":
            return queryset.filter(case__owner=cast(User, request.user))
        return queryset.filter(case__owner=None) if self.value() == "nobody" else queryset


class SideFilter(admin.SimpleListFilter):
    title = "whose parcel"
    parameter_name = "side"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("out", "To the buyer"), ("back", "To us")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if self.value() not in ("out", "back"):
            return queryset
        return queryset.filter(authorization__isnull=self.value() == "out")


@admin.register(Investigation)
class InvestigationAdmin(ReadOnly, Narrowed):
    list_display = ["kind", "of_order", "of_parcel", "cared_by", "next", "until", "stands", "began"]
    list_filter = [QueueFilter, StatusFilter, OwnerFilter, SideFilter, StoreFilter]
    list_select_related = ["order__store", "parcel", "case__owner"]
    list_per_page = 50
    search_fields = ["order__number", "parcel__number"]
    search_help_text = "Order number, or tracking number"
    empty_value_display = ""

    class Media:
        css = {"all": ["css/desk.css"]}

    def get_queryset(self, request: HttpRequest) -> Rows:
        to_do = InvestigationStep.objects.to_do().filter(investigation=OuterRef("pk"))
        first = to_do.order_by("position")
        return Investigation.objects.annotate(
            step=Subquery(first.values("kind")[:1]), step_due=Subquery(first.values("due_at")[:1])
        )

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """Open ones first, of these what falls due next."""
        return [
            F("ended_at").desc(nulls_first=True),
            F("step_due").asc(nulls_last=True),
            "-pk",
        ]

    @admin.display(description="order", ordering="order__number")
    def of_order(self, row: Investigation) -> str:
        url = reverse("admin:returns_order_change", args=[row.order_id])
        return format_html('<a href="{}">{}</a>', url, row.order)

    @admin.display(description="parcel")
    def of_parcel(self, row: Investigation) -> str:
        url = reverse("admin:tracking_parcel_change", args=[row.parcel_id])
        return format_html('<a href="{}">{}</a>', url, row.parcel.number)

    @admin.display(description="owner")
    def cared_by(self, row: Investigation) -> str:
        return named(row.case.owner)

    @admin.display(description="next step")
    def next(self, row: Any) -> str:
        return StepKind(row.step).label if row.step and row.is_open else ""

    @admin.display(description="until", ordering="step_due")
    def until(self, row: Any) -> str:
        if not row.is_open or row.step_due is None:
            return ""
        now = timezone.now()
        kind = "late" if row.step_due < now else "due"
        return format_html('<span class="{}">{}</span>', kind, countdown(row.step_due, now))

    @admin.display(description="state", ordering="status")
    def stands(self, row: Investigation) -> str:
        waits = ", the buyer may choose" if row.waits_for_choice else ""
        return f"{row.get_status_display()}{waits}"

    @admin.display(description="opened", ordering="opened_at")
    def began(self, row: Investigation) -> str:
        return moment(row.opened_at, row.order.store)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """All of it stands on the page of its case."""
        row = self.get_object(request, object_id)
        if row is None or not self.has_view_permission(request, row):
            return super().change_view(request, object_id, form_url, extra_context)
        return redirect("admin:returns_case_change", row.case_id)
