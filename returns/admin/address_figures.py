"""How often it works to have a parcel sent elsewhere, how soon it is asked, and what it costs;
every figure leads to its rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from statistics import median
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Count, Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from returns import formats
from returns.models import AddressChange, ChangeStatus
from tracking import carriers, figures
from tracking.admin.within import SPANS, USUAL, since
from tracking.figures import Tally
from tracking.interceptions import InterceptionStatus
from tracking.milestones import Milestone

REQUESTS = "admin:tracking_interception_changelist"
CHANGES = "admin:returns_addresschange_changelist"
C = ChangeStatus


@dataclass(frozen=True)
class Cell:
    """words: the figure. address: of its rows, '' for none. about: what the link is called
    besides."""

    words: str
    address: str = ""
    about: str = ""


@dataclass(frozen=True)
class Row:
    label: str
    cells: list[Cell]


@dataclass(frozen=True)
class Fee:
    """What buyers agreed to in one currency, and what of it fell due and was charged."""

    agreed: Cell
    due: Cell
    charged: Cell


class FigurePages(admin.ModelAdmin):
    """A page of the admin of changes."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.figures)
        own = [path("figures/", view, name="returns_addresschange_figures")]
        return own + super().get_urls()

    def figures(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise Http404
        asked = request.GET.get("within", USUAL)
        days = asked if asked in SPANS else USUAL
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "How often it works",
            "spans": [(span, words, span == days) for span, words in SPANS.items()],
            **_carriers(days),
            "warehouse": _warehouse(days),
            "fees": _fees(days),
        }
        return TemplateResponse(request, "admin/returns/addresschange/figures.html", context)


def _carriers(days: str) -> dict[str, Any]:
    """Of requests to carriers: all of them, by carrier, and by where the parcel was."""
    found = figures.figures(since(days))
    asked = {"within": days, "asked": "yes"}
    names = dict(Milestone.choices)
    return {
        "everything": _row("All", found.all, asked),
        "carriers": [
            _row(carriers.called(code) or "Not known", tally, asked | {"carrier": code})
            for code, tally in found.carriers.items()
        ],
        "stages": [
            _row(
                str(names.get(code, "Not known")),
                tally,
                asked | {"parcel_milestone__exact": code},
            )
            for code, tally in found.milestones.items()
        ],
    }


def _row(label: str, tally: Tally, query: Mapping[str, str]) -> Row:
    page = reverse(REQUESTS)

    def cell(words: str, name: str, **more: str) -> Cell:
        return Cell(words, f"{page}?{urlencode({**query, **more})}", f"{name}: {label}")

    status = InterceptionStatus
    rate = "" if tally.rate is None else f" ({tally.rate} %)"
    worked = cell(f"{tally.succeeded}{rate}", "worked", status__exact=status.SUCCEEDED)
    return Row(
        label,
        [
            cell(str(tally.attempts), "asked"),
            worked,
            cell(str(tally.failed), "did not work", status__exact=status.FAILED),
            cell(str(tally.open), "open", work="open"),
            Cell(in_words(tally.wait)),
            Cell(", ".join(formats.money(cost, code) for code, cost in tally.costs.items())),
        ],
    )


def _warehouse(days: str) -> Row:
    """Of changes before anything was shipped: the warehouse is told, not a carrier."""
    rows = AddressChange.objects.filter(requested_at__gte=since(days), was_shipped=False)
    counted = dict(
        rows.order_by()
        .values_list("status")
        .annotate(count=Count("pk"))
        .values_list("status", "count")
    )
    done = rows.filter(status=C.SUCCEEDED).values_list("requested_at", "ended_at")
    waits = [(end - start).total_seconds() for start, end in done if end]
    page, query = reverse(CHANGES), {"within": days, "stage": "unshipped"}

    def cell(count: int, name: str, **more: str) -> Cell:
        return Cell(str(count), f"{page}?{urlencode({**query, **more})}", name)

    still = sum(counted.get(status, 0) for status in (C.WAITING, C.REQUESTED, C.SENT, C.ACCEPTED))
    return Row(
        "Before it left",
        [
            cell(sum(counted.values()), "asked"),
            cell(counted.get(C.SUCCEEDED, 0), "worked", status__exact=C.SUCCEEDED),
            cell(counted.get(C.FAILED, 0), "did not work", status__exact=C.FAILED),
            cell(still, "open", queue="open"),
            Cell(in_words(timedelta(seconds=median(waits)) if waits else None)),
        ],
    )


def _fees(days: str) -> list[Fee]:
    rows = AddressChange.objects.filter(requested_at__gte=since(days), fee__gt=0).order_by()
    due, charged = Q(fee_owed_at__isnull=False), Q(fee_charged_at__isnull=False)
    sums = rows.values("currency").annotate(
        agreed=Sum("fee"), due=Sum("fee", filter=due), charged=Sum("fee", filter=charged)
    )
    page = reverse(CHANGES)

    def cell(amount: Decimal | None, currency: str, fee: str) -> Cell:
        words = formats.money(amount or 0, currency)
        return Cell(words, f"{page}?{urlencode({'within': days, 'fee': fee})}", fee)

    return [
        Fee(*(cell(row[name], row["currency"], name) for name in ("agreed", "due", "charged")))
        for row in sums.order_by("currency")
    ]


class FeeFilter(admin.SimpleListFilter):
    title = "fee"
    parameter_name = "fee"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("agreed", "Agreed to"), ("due", "Fell due"), ("charged", "Charged")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "agreed":
                return queryset.filter(fee__gt=0)
            case "due":
                return queryset.filter(fee_owed_at__isnull=False)
            case "charged":
                return queryset.filter(fee_charged_at__isnull=False)
        return queryset


def in_words(wait: timedelta | None) -> str:
    """`4 seconds`, `12 minutes`, `3 hours`; '' for none."""
    if wait is None:
        return ""
    seconds = round(wait.total_seconds())
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return f"{seconds // size} {name}s"
    return f"{seconds} second{'' if seconds == 1 else 's'}"
