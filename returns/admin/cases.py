"""Cases at the desk: the list of troubles that somebody has to look after, and the page of
one. What can be done about it is listed in case_acts.py."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Case as Choice
from django.db.models import F, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from returns.admin.acts import acting
from returns.admin.base import ReadOnly
from returns.admin.case_acts import Act
from returns.admin.case_buttons import ACTS
from returns.admin.case_page import buttons, loaded, may_care, opened_by_owner, page
from returns.admin.countdown import countdown, moment
from returns.admin.evidence_packs import packs
from returns.admin.filters import StoreFilter
from returns.admin.named import named
from returns.admin.weighing import of_case
from returns.models import Case
from returns.models.case import ALL_KINDS, CaseQuerySet
from returns.queues import word_due
from tracking.admin.base import Narrowed

Cases = QuerySet[Case]
FOLDER = "admin/returns/case"
MINE, NOBODY, UNSEEN, SEEN, OPEN, CLOSED = "mine", "nobody", "no", "yes", "open", "closed"


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(OPEN, "Open"), (CLOSED, "Closed")]

    def queryset(self, request: HttpRequest, queryset: Cases) -> Cases:
        if self.value() in (OPEN, CLOSED):
            return queryset.filter(closed_at__isnull=self.value() == OPEN)
        return queryset


class OwnerFilter(admin.SimpleListFilter):
    title = "who looks after it"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(MINE, "You"), (NOBODY, "Nobody")]

    def queryset(self, request: HttpRequest, queryset: Cases) -> Cases:
        if self.value() == MINE:
            return queryset.filter(owner=cast(User, request.user))
        return queryset.filter(owner=None) if self.value() == NOBODY else queryset


class LookedFilter(admin.SimpleListFilter):
    title = "looked at"
    parameter_name = "looked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(UNSEEN, "Not yet"), (SEEN, "Looked at")]

    def queryset(self, request: HttpRequest, queryset: Cases) -> Cases:
        if self.value() == UNSEEN:
            return cast(CaseQuerySet, queryset).unseen()
        return queryset.exclude(looked_at=None) if self.value() == SEEN else queryset


class KindFilter(admin.SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(kind), str(label)) for kind, label in ALL_KINDS]

    def queryset(self, request: HttpRequest, queryset: Cases) -> Cases:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Case)
class CaseAdmin(ReadOnly, Narrowed):
    list_display = [
        "kind",
        "order_linked",
        "parcel_linked",
        "cared_by",
        "began",
        "looked",
        "due",
        "end",
    ]
    list_filter = [StateFilter, OwnerFilter, LookedFilter, KindFilter, StoreFilter]
    list_select_related = ["order__store", "parcel", "owner", "looked_by"]
    list_per_page = 50
    search_fields = ["order__number", "parcel__number"]
    search_help_text = "Order number, or tracking number"
    fields = ()  # the page lays everything out itself
    change_form_template = f"{FOLDER}/change_form.html"
    empty_value_display = ""

    class Media:
        css = {"all": ["css/desk.css", "css/desk-thread.css"]}

    # --- the list -----------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> Cases:
        mine = Choice(When(owner=request.user.pk, then=Value(0)), default=Value(1))
        return Case.objects.annotate(word_due=word_due(), others=mine)

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """Open ones first, of these one's own, of these what falls due next."""
        return [
            F("closed_at").desc(nulls_first=True),
            "others",
            F("word_due").asc(nulls_last=True),
            "-pk",
        ]

    @admin.display(description="order", ordering="order__number")
    def order_linked(self, case: Case) -> str:
        url = reverse("admin:returns_order_change", args=[case.order_id])
        return format_html('<a href="{}">{}</a>', url, case.order)

    @admin.display(description="parcel")
    def parcel_linked(self, case: Case) -> str:
        url = reverse("admin:tracking_parcel_change", args=[case.parcel_id])
        return format_html('<a href="{}">{}</a>', url, case.parcel.number)

    @admin.display(description="owner", ordering="owner__first_name")
    def cared_by(self, case: Case) -> str:
        return named(case.owner)

    @admin.display(description="since", ordering="since")
    def began(self, case: Case) -> str:
        return moment(case.since, case.order.store)

    @admin.display(description="looked at", ordering="looked_at")
    def looked(self, case: Case) -> str:
        if case.looked_at is None:
            return "" if case.closed_at else "Not yet"
        when = moment(case.looked_at, case.order.store)
        return ", ".join(filter(None, (when, named(case.looked_by))))

    @admin.display(description="we write", ordering="word_due")
    def due(self, case: Any) -> str:
        if case.closed_at or case.word_due is None:
            return ""
        now = timezone.now()
        kind = "late" if case.word_due < now else "due"
        return format_html('<span class="{}">{}</span>', kind, countdown(case.word_due, now))

    @admin.display(description="closed", ordering="closed_at")
    def end(self, case: Case) -> str:
        return moment(case.closed_at, case.order.store)

    # --- the page of one ----------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        case = loaded(int(object_id)) if object_id.isdecimal() else None
        context: dict[str, Any] = {"title": ""}
        if case is not None and self.has_view_permission(request, case):
            self._note_look(request, case)
            context = page(case, timezone.now()) | {
                "title": str(case),
                "subtitle": None,
                "buttons": buttons(request, case),
                "may_care": may_care(request),
                "weights": of_case(case),
                **packs(request, case.order, case=case.pk),
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def _note_look(self, request: HttpRequest, case: Case) -> None:
        """Its owner opens it, and so has looked at it."""
        user = cast(User, request.user)
        if may_care(request) and opened_by_owner(case, user):
            case.look_at(by=acting(request))
            self.log_change(request, case, "Looked at.")

    # --- what can be done ---------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        return [self._url(name, act) for name, act in ACTS.items()] + super().get_urls()

    def _url(self, name: str, act: type[Act]) -> URLPattern:
        def view(request: HttpRequest, pk: int, row: int | None = None) -> HttpResponse:
            return self._act(request, pk, act, row)

        where = f"<int:pk>/{name}/<int:row>/" if act.has_row else f"<int:pk>/{name}/"
        return path(where, self.admin_site.admin_view(view), name=f"returns_case_{name}")

    def _act(
        self, request: HttpRequest, pk: int, act: type[Act], row_pk: int | None
    ) -> HttpResponse:
        case = loaded(pk)
        if case is None or not (self.has_view_permission(request, case) and may_care(request)):
            raise Http404
        row = act.row_of(case, row_pk) if row_pk else None
        if row_pk and row is None:
            raise Http404
        if not act.fits(case) or (row and not act.takes(row)):
            return self._too_late(request, case)
        with timezone.override(case.order.store.zone):
            user = cast(User, request.user)
            sent = (request.POST, request.FILES) if request.method == "POST" else ()
            form = act(case, *sent, row=row, user=user)
            if form.is_valid():
                return self._apply(request, case, form)
        return self._form(request, case, form)

    def _too_late(self, request: HttpRequest, case: Case) -> HttpResponse:
        words = "Somebody else was faster: this is no longer possible."
        self.message_user(request, words, messages.ERROR)
        return redirect("admin:returns_case_change", case.pk)

    def _apply(self, request: HttpRequest, case: Case, form: Act) -> HttpResponse:
        try:
            words = form.apply(acting(request))
        except ValidationError as problem:
            form.add_error(None, problem)
            return self._form(request, case, form)
        self.log_change(request, case, f"{form.done}.")
        self.message_user(request, words, messages.SUCCESS)
        return redirect("admin:returns_case_change", case.pk)

    def _form(self, request: HttpRequest, case: Case, form: Act) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "case": case,
            "form": form,
            "title": f"{form.title}: {case.order}",
        }
        return TemplateResponse(request, f"{FOLDER}/act.html", context)
