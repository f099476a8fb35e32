"""What was promised: shown with the time that is left, never edited; and what was kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.timesince import timesince

from returns import promise_rate
from returns.admin.base import ReadOnly
from returns.admin.countdown import countdown
from returns.admin.filters import StoreFilter
from returns.models import ActorKind, Promise, PromiseKind, PromiseState, Store
from returns.models.promise import PromiseQuerySet
from returns.promise_rate import Rate
from tracking.admin.base import Narrowed

WEEKS_SHOWN = 12
COUNTED = "counted"


class PromiseStateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*PromiseState.choices, (COUNTED, "Kept or broken")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value == COUNTED:
            return queryset.filter(state__in=promise_rate.COUNTED)
        return queryset.filter(state=value) if value in PromiseState.values else queryset


class DueFilter(admin.SimpleListFilter):
    title = "due"
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("late", "Overdue"), ("today", "Within a day")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now: datetime = timezone.now()
        if self.value() == "late":
            return cast(PromiseQuerySet, queryset).late(now)
        if self.value() == "today":
            return queryset.filter(due_at__gt=now, due_at__lte=now + timedelta(days=1))
        return queryset


class WeekFilter(admin.SimpleListFilter):
    """The week in which it falls due, by the clock of its store."""

    title = "week"
    parameter_name = "week"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        weeks = promise_rate.last_weeks(WEEKS_SHOWN, "UTC")
        return [(promise_rate.name_of(week), week_in_words(week)) for week in weeks]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        week = promise_rate.named(self.value() or "")
        return queryset.filter(promise_rate.due_in(week)) if week else queryset


@admin.register(Promise)
class PromiseAdmin(ReadOnly, Narrowed):
    list_display = ["due_at", "standing", "kind", "order_linked", "return_linked", "chain"]
    list_filter = [PromiseStateFilter, DueFilter, "kind", WeekFilter, StoreFilter]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["order__number", "authorization__number"]
    search_help_text = "Order number or return number"
    change_list_template = "admin/returns/promise/change_list.html"
    change_form_template = "admin/returns/promise/change_form.html"
    fields = ()  # the page lays everything out itself

    empty_value_display = ""

    class Media:
        css = {"all": ["css/desk.css"]}

    # --- the list -----------------------------------------------------------------------------

    @admin.display(description="how it stands")
    def standing(self, promise: Promise) -> str:
        return left(promise, timezone.now())

    @admin.display(description="order", ordering="order__number")
    def order_linked(self, promise: Promise) -> str:
        url = reverse("admin:returns_order_change", args=[promise.order_id])
        return format_html('<a href="{}">{}</a>', url, promise.order.number)

    @admin.display(description="return", ordering="authorization__number")
    def return_linked(self, promise: Promise) -> str:
        rma = promise.authorization
        if rma is None:
            return ""
        url = reverse("admin:returns_returnauthorization_change", args=[rma.pk])
        return format_html('<a href="{}">{}</a>', url, rma.number)

    @admin.display(description="before and after it")
    def chain(self, promise: Promise) -> str:
        told = []
        if promise.follows:
            told.append(f"renews that for {promise.follows.due_at:%-d %b %H:%M}")
        if after := successor_of(promise):
            told.append(f"renewed for {after.due_at:%-d %b %H:%M}")
        return "; ".join(told)

    # --- the page of one ----------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        promise = self.get_object(request, object_id)
        context: dict[str, Any] = {"title": ""}
        if promise is not None and self.has_view_permission(request, promise):
            now = timezone.now()
            context = {
                "title": f"Promise to order {promise.order.number}",
                "subtitle": None,
                "promise": promise,
                "now": now,
                "left": left(promise, now),
                "made_by": dict(ActorKind.choices).get(promise.made_by, ""),
                "chain": [(row, left(row, now)) for row in chain_of(promise)],
                "letters": promise.kept_by.order_by("pk").defer("text"),
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Promise]:
        known = super().get_queryset(request)
        return known.select_related("order__store", "authorization", "follows", "successor")

    # --- what was kept ------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        seen = self.admin_site.admin_view(self.rate)
        return [path("rate/", seen, name="returns_promise_rate"), *super().get_urls()]

    def rate(self, request: HttpRequest) -> HttpResponse:
        """Of each store: how many of its promises were kept, by week and kind."""
        if not self.has_view_permission(request):
            raise Http404
        stores = list(Store.objects.order_by("name"))
        found = promise_rate.rates(stores, WEEKS_SHOWN)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Promises kept",
            "tables": [table_of(store, found) for store in stores],
            "weeks": WEEKS_SHOWN,
        }
        return TemplateResponse(request, "admin/returns/promise/rate.html", context)


@dataclass(frozen=True)
class Cell:
    """about: what the link to it is called, besides its figures."""

    rate: Rate
    address: str
    about: str


@dataclass(frozen=True)
class Table:
    """One store. rows: a week in words, and its cells: each kind, then all of them."""

    store: Store
    kinds: list[str]
    rows: list[tuple[str, list[Cell]]]
    total: Rate


def table_of(store: Store, found: dict[promise_rate.Key, Rate]) -> Table:
    mine = {(week, kind): rate for (pk, week, kind), rate in found.items() if pk == store.pk}
    used = {kind for _week, kind in mine}
    kinds = [(kind, label) for kind, label in PromiseKind.choices if kind in used]
    rows = []
    for week in promise_rate.last_weeks(WEEKS_SHOWN, store.zone):
        words = week_in_words(week)
        cells = [
            Cell(mine.get((week, kind), Rate()), address(store, week, kind), f"{label}, {words}")
            for kind, label in kinds
        ]
        everything = promise_rate.total(cell.rate for cell in cells)
        cells.append(Cell(everything, address(store, week), f"all, {words}"))
        rows.append((words, cells))
    return Table(store, [label for _, label in kinds], rows, promise_rate.total(mine.values()))


def address(store: Store, week: date, kind: str = "") -> str:
    """The list of the promises behind a figure."""
    query = {"state": COUNTED, "week": promise_rate.name_of(week)}
    query |= {"store": store.slug} | ({"kind__exact": kind} if kind else {})
    return f"{reverse('admin:returns_promise_changelist')}?{urlencode(query)}"


def week_in_words(week: date) -> str:
    return f"Week {week:%-V}, from {week:%-d %B}"


def left(promise: Promise, now: datetime) -> str:
    """The time that is left, or what became of it."""
    if promise.is_open:
        return countdown(promise.due_at, now)
    at = promise.settled_at
    if promise.state == PromiseState.KEPT and at and at < promise.due_at:
        return f"kept {timesince(at, promise.due_at, depth=1)} before"
    return promise.get_state_display().lower()


def successor_of(promise: Promise) -> Promise | None:
    return getattr(promise, "successor", None)


def chain_of(promise: Promise) -> list[Promise]:
    """The promises that it renews and those that renew it, the first one first."""
    same = Promise.objects.filter(
        order=promise.order_id, kind=promise.kind, authorization=promise.authorization_id
    )
    known = {row.pk: row for row in same}
    after = {row.follows_id: row.pk for row in known.values() if row.follows_id}
    first = promise.pk
    while (before := known[first].follows_id) in known:
        first = before
    return [known[pk] for pk in _walk(first, after)]


def _walk(first: int, after: dict[int, int]) -> Iterable[int]:
    here: int | None = first
    while here is not None:
        yield here
        here = after.get(here)
