"""The list of parcels, and the page of one with all that is known of it.

Nobody edits a parcel: what can be done about it is listed in parcel_acts.py, each a POST
that goes through a verb and is logged with who did it.
"""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.views.decorators.http import require_POST

from tracking import carriers
from tracking.admin.base import Narrowed, ReadOnly
from tracking.admin.parcel_acts import ACTS, Act
from tracking.admin.parcel_filters import (
    CarrierFilter,
    FollowFilter,
    IncidentFilter,
    TroubleFilter,
)
from tracking.admin.parcel_page import page
from tracking.models import Following, Incident, Parcel
from tracking.models.parcel import plain

# A part of a number is searched for from so many characters on.
PART = 4


@admin.register(Parcel)
class ParcelAdmin(ReadOnly, Narrowed):
    list_display = ["number", "called", "standing", "wrong", "wants", "expected_shown"]
    list_filter = [
        TroubleFilter,
        IncidentFilter,
        "milestone",
        FollowFilter,
        "is_inbound",
        "wants_signature",
        "by_appointment",
        "account",
        CarrierFilter,
    ]
    list_select_related = ["account"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["plain_number"]
    search_help_text = "Tracking number as it is written anywhere, or four characters of it"
    ordering = ["-pk"]
    change_form_template = "admin/tracking/parcel/change_form.html"
    fields = ()  # the page lays everything out itself

    empty_value_display = ""

    class Media:
        css = {"all": ["css/desk.css"]}

    # --- the list -----------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Parcel]:
        still = Prefetch("incidents", Incident.objects.open(), to_attr="open_incidents")
        parcels = super().get_queryset(request).select_related("account")
        followed = Prefetch("followings", Following.objects.select_related("connection"))
        return parcels.prefetch_related(still, followed)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The whole number in any spelling; when there is none, those that it is a part of."""
        number = plain(search_term)
        if not number:
            return (queryset.none() if search_term.strip() else queryset), False
        whole = queryset.filter(plain_number=number)
        if len(number) < PART or whole.exists():
            return whole, False
        return queryset.filter(plain_number__contains=number), False

    @admin.display(description="carrier", ordering="carrier")
    def called(self, parcel: Parcel) -> str:
        return carriers.called(parcel.carrier) or "not known"

    @admin.display(description="where it is", ordering="milestone_at")
    def standing(self, parcel: Parcel) -> str:
        since = parcel.milestone_at or parcel.announced_at
        wait = timesince(since, timezone.now(), depth=1)
        here = parcel.get_milestone_display()
        return format_html('{} <span class="quiet">{}</span>', here, wait)

    @admin.display(description="what is wrong")
    def wrong(self, parcel: Any) -> str:
        return "; ".join(incident.get_kind_display() for incident in parcel.open_incidents)

    @admin.display(description="to be sent with")
    def wants(self, parcel: Parcel) -> str:
        flags = {
            "comes to us": parcel.is_inbound,
            "signature": parcel.wants_signature,
            "appointment": parcel.by_appointment,
        }
        return ", ".join(words for words, flag in flags.items() if flag)

    @admin.display(description="expected", ordering="expected_to")
    def expected_shown(self, parcel: Parcel) -> str:
        if parcel.expected is None:
            return ""
        first, last = parcel.expected
        return f"{first:%-d %b} to {last:%-d %b}"

    # --- the page of one ----------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        parcel = self.get_object(request, object_id)
        context: dict[str, Any] = {"title": ""}
        if parcel is not None and self.has_view_permission(request, parcel):
            context = page(parcel, request) | {
                "title": f"Parcel {parcel.number}",
                "buttons": self._buttons(request, parcel),
                "may_act": may_act(request),
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    @staticmethod
    def _buttons(request: HttpRequest, parcel: Parcel) -> list[tuple[str, str, bool]]:
        """Address, words and whether it posts at once, of what can be done now."""
        if not may_act(request):
            return []
        return [
            (reverse(f"admin:tracking_parcel_{name}", args=[parcel.pk]), act.title, act.one_press)
            for name, act in ACTS.items()
            if act.fits(parcel)
        ]

    def get_urls(self) -> list[URLPattern]:
        return [self._url(name, act) for name, act in ACTS.items()] + super().get_urls()

    def _url(self, name: str, act: type[Act]) -> URLPattern:
        def view(request: HttpRequest, pk: int) -> HttpResponse:
            return self._act(request, pk, act)

        guarded = self.admin_site.admin_view(require_POST(view) if act.one_press else view)
        return path(f"<int:pk>/{name}/", guarded, name=f"tracking_parcel_{name}")

    def _act(self, request: HttpRequest, pk: int, act: type[Act]) -> HttpResponse:
        parcel = self.get_object(request, str(pk))
        if parcel is None or not may_act(request):
            raise Http404
        if not act.fits(parcel):
            self.message_user(request, act.why_not(parcel), messages.ERROR)
            return redirect("admin:tracking_parcel_change", pk)
        if request.method != "POST":
            return self._form(request, parcel, act(parcel))
        form = act(parcel, request.POST)
        if form.is_valid():
            return self._apply(request, parcel, form)
        return self._form(request, parcel, form)

    def _apply(self, request: HttpRequest, parcel: Parcel, form: Act) -> HttpResponse:
        try:
            with timezone.override(ZoneInfo(parcel.account.zone)):
                words, level = form.apply()
        except forms.ValidationError as problem:
            form.add_error(None, problem)
            return self._form(request, parcel, form)
        self.log_change(request, parcel, f"{form.done}.")
        self.message_user(request, words, level)
        return redirect("admin:tracking_parcel_change", parcel.pk)

    def _form(self, request: HttpRequest, parcel: Parcel, form: Act) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "parcel": parcel,
            "carrier": carriers.called(parcel.carrier),
            "form": form,
            "title": f"{form.title}: {parcel.number}",
        }
        return TemplateResponse(request, "admin/tracking/parcel/act.html", context)


def may_act(request: HttpRequest) -> bool:
    return request.user.has_perm("tracking.change_parcel")
