"""Requests to carriers about parcels on their way: the list, and the page of one.

Nobody edits a request: what can be done about it is listed in interception_acts.py, each a
POST that goes through a verb and is logged with who did it.
"""

from typing import Any, cast
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from tracking import carriers, gateways
from tracking.admin.base import Narrowed, ReadOnly
from tracking.admin.calling import AIMS, WHY, spoken, spoken_town
from tracking.admin.interception_acts import ACTS, Act
from tracking.admin.parcel_page import found_at
from tracking.admin.within import WithinFilter
from tracking.gateways import Address
from tracking.interceptions import OPEN, InterceptionStatus
from tracking.models import Interception
from tracking.models.interception import InterceptionQuerySet
from tracking.models.parcel import plain
from tracking.work import WorkState

Rows = QuerySet[Interception]
FOLDER = "admin/tracking/interception"
CALL, STILL, ENDED, PHONE = "call", "open", "ended", "phone"
STEPS = (
    ("Requested", "requested_at"),
    ("The carrier was asked", "asked_at"),
    ("The carrier had it", "sent_at"),
    ("The carrier said yes", "accepted_at"),
    ("Somebody called", "called_at"),
    ("Withdrawing was asked for", "withdraw_wanted_at"),
    ("It ended", "ended_at"),
)


class WorkFilter(admin.SimpleListFilter):
    title = "what is to be done"
    parameter_name = "work"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(CALL, "The carrier has to be called"), (STILL, "Open"), (ENDED, "Ended")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        match self.value():
            case "call":
                return cast(InterceptionQuerySet, queryset).to_call()
            case "open":
                return queryset.filter(status__in=OPEN)
            case "ended":
                return queryset.exclude(status__in=OPEN)
        return queryset


class WayFilter(admin.SimpleListFilter):
    title = "asked over"
    parameter_name = "over"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return gateways.choices()

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if self.value() == PHONE:
            return queryset.filter(gateway=None)
        return queryset.filter(gateway__gateway=self.value()) if self.value() else queryset


class CarrierFilter(admin.SimpleListFilter):
    title = "carrier"
    parameter_name = "carrier"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Those that were asked for anything."""
        codes = Interception.objects.order_by("carrier").values_list("carrier", flat=True)
        return [(code, carriers.called(code)) for code in codes.distinct() if code]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        return queryset.filter(carrier=self.value()) if self.value() else queryset


class AskedFilter(admin.SimpleListFilter):
    title = "whether anybody was asked"
    parameter_name = "asked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Asked"), ("no", "Not asked")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if self.value() in ("yes", "no"):
            return queryset.filter(asked_at__isnull=self.value() == "no")
        return queryset


@admin.register(Interception)
class InterceptionAdmin(ReadOnly, Narrowed):
    list_display = ["aimed", "parcel_linked", "called", "standing", "over", "asked_for", "costs"]
    list_filter = [
        WorkFilter,
        "status",
        "aim",
        "parcel_milestone",
        WayFilter,
        CarrierFilter,
        AskedFilter,
        WithinFilter,
    ]
    list_select_related = ["parcel__account", "gateway__account"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["parcel__plain_number", "=reference", "order_number"]
    search_help_text = "Tracking number, order number, or the gateway’s name of the request"
    ordering = ["-pk"]
    change_form_template = f"{FOLDER}/change_form.html"
    fields = ()  # the page lays everything out itself

    empty_value_display = ""

    class Media:
        css = {"all": ["css/desk.css", "css/desk-thread.css"]}

    # --- the list -----------------------------------------------------------------------------

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A tracking number in any spelling."""
        number = plain(search_term)
        found = queryset.filter(parcel__plain_number=number) if number else queryset.none()
        if search_term.strip() and found.exists():
            return found, False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="what", ordering="aim")
    def aimed(self, row: Interception) -> str:
        return AIMS.get(row.aim, row.aim)

    @admin.display(description="parcel")
    def parcel_linked(self, row: Interception) -> str:
        if row.parcel.dropped_at:
            return row.parcel.number
        url = reverse("admin:tracking_parcel_change", args=[row.parcel_id])
        return format_html('<a href="{}">{}</a>', url, row.parcel.number)

    @admin.display(description="carrier")
    def called(self, row: Interception) -> str:
        return carriers.called(row.carrier or row.parcel.carrier) or "not known"

    @admin.display(description="how it stands", ordering="status")
    def standing(self, row: Interception) -> str:
        return standing(row)

    @admin.display(description="asked over")
    def over(self, row: Interception) -> str:
        return over(row)

    @admin.display(description="asked for", ordering="requested_at")
    def asked_for(self, row: Interception) -> str:
        at = row.requested_at.astimezone(ZoneInfo(row.parcel.account.zone))
        return f"{at:%-d %b %H:%M}"

    @admin.display(description="cost", ordering="cost")
    def costs(self, row: Interception) -> str:
        return "" if row.cost is None else f"{row.cost:.2f} {row.currency}"

    # --- the page of one ----------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> Rows:
        return super().get_queryset(request).select_related("parcel__account", "gateway__account")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        context: dict[str, Any] = {"title": ""}
        if row is not None and self.has_view_permission(request, row):
            context = page(row, request) | {"title": str(AIMS.get(row.aim)), "subtitle": None}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def get_urls(self) -> list[URLPattern]:
        return [self._url(name, act) for name, act in ACTS.items()] + super().get_urls()

    def _url(self, name: str, act: type[Act]) -> URLPattern:
        def view(request: HttpRequest, pk: int) -> HttpResponse:
            return self._act(request, pk, act)

        guarded = self.admin_site.admin_view(require_POST(view) if act.one_press else view)
        return path(f"<int:pk>/{name}/", guarded, name=f"tracking_interception_{name}")

    def _act(self, request: HttpRequest, pk: int, act: type[Act]) -> HttpResponse:
        row = self.get_object(request, str(pk))
        if row is None or not may_act(request):
            raise Http404
        if not act.fits(row):
            words = f"It stands at “{row.get_status_display()}” now: this is no longer possible."
            self.message_user(request, words, messages.ERROR)
            return redirect("admin:tracking_interception_change", pk)
        form = act(row, request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return self._form(request, row, form)
        words, level = form.apply()
        self.log_change(request, row, f"{form.done}.")
        self.message_user(request, words, level)
        return redirect("admin:tracking_interception_change", pk)

    def _form(self, request: HttpRequest, row: Interception, form: Act) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "row": row,
            "aim": AIMS.get(row.aim),
            "form": form,
            "title": f"{form.title}: {row.parcel.number}",
        }
        return TemplateResponse(request, f"{FOLDER}/act.html", context)


def page(row: Interception, request: HttpRequest) -> dict[str, Any]:
    """What the page of a request shows. Addresses in full only for those who may act on it."""
    acts = may_act(request)
    told = spoken if acts else spoken_town
    return {
        "row": row,
        "now": timezone.now(),
        "aim": AIMS.get(row.aim),
        "standing": standing(row),
        "over": over(row),
        "carrier": carriers.called(row.parcel.carrier),
        "before": told(Address.from_json(row.before)),
        "after": told(Address.from_json(row.after)),
        "why": WHY.get(row.failure, ""),
        "steps": [(words, at) for words, name in STEPS if (at := getattr(row, name))],
        "next_look": row.due_at if row.state == WorkState.DUE and row.is_open else None,
        "found_at": found_at(row.parcel, request),
        "buttons": [
            (
                reverse(f"admin:tracking_interception_{name}", args=[row.pk]),
                act.title,
                act.one_press,
            )
            for name, act in ACTS.items()
            if acts and act.fits(row)
        ],
    }


def standing(row: Interception) -> str:
    """`Asked; the answer was lost`, `Did not work: they do not go there`."""
    words = row.get_status_display()
    if row.status == InterceptionStatus.FAILED and row.failure in WHY:
        why = WHY[row.failure]
        words = f"{words}: {why[:1].lower()}{why[1:]}"
    if row.is_open or row.must_call:
        flags = {"the answer was lost": row.is_uncertain, "to be called": row.must_call}
        flags["to be withdrawn"] = row.is_open and row.withdraw_wanted_at is not None
        words = "; ".join([words, *(flag for flag, is_so in flags.items() if is_so)])
    if row.is_guess:
        return f"{words}, as we conclude ourselves"
    return f"{words}, shown by the scans" if row.is_proven else words


def over(row: Interception) -> str:
    return gateways.label_of(row.gateway.gateway) if row.gateway else "Telephone"


def may_act(request: HttpRequest) -> bool:
    return request.user.has_perm("tracking.change_interception")
