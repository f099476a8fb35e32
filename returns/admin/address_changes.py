"""Changes of address at the desk: the list of what is to be done, and the page of one.

What can be done about it is listed in address_acts.py; for a caller a change is asked for at
address_asking.py.
"""

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from returns.address_queues import WAITING, word_due
from returns.address_states import OPEN
from returns.admin.acts import acting
from returns.admin.address_acts import ACTS, Act
from returns.admin.address_asking import AskPages
from returns.admin.address_figures import FeeFilter, FigurePages
from returns.admin.address_page import buttons, loaded, may_decide, page
from returns.admin.address_words import AIM_WORDS, STAGES, standing
from returns.admin.base import ReadOnly
from returns.admin.countdown import countdown, moment
from returns.admin.filters import StoreFilter
from returns.models import AddressChange
from returns.models.address_change import AddressChangeQuerySet
from returns.postal import formats as postal
from tracking import carriers
from tracking.admin.base import Narrowed
from tracking.admin.within import WithinFilter
from tracking.models.parcel import plain

Changes = QuerySet[AddressChange]
FOLDER = "admin/returns/addresschange"
STILL, ENDED = "open", "ended"


class QueueFilter(admin.SimpleListFilter):
    title = "what is to be done"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        named = [(name, waiting.label) for name, waiting in WAITING.items()]
        return [*named, (STILL, "Open"), (ENDED, "Ended")]

    def queryset(self, request: HttpRequest, queryset: Changes) -> Changes:
        name = self.value() or ""
        if name == STILL:
            return cast(AddressChangeQuerySet, queryset).open()
        if name == ENDED:
            return queryset.exclude(status__in=OPEN)
        waiting = WAITING.get(name)
        return queryset.filter(pk__in=waiting.rows().values("pk")) if waiting else queryset


class StageFilter(admin.SimpleListFilter):
    title = "when asked for"
    parameter_name = "stage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(STAGES.items())

    def queryset(self, request: HttpRequest, queryset: Changes) -> Changes:
        return queryset.filter(stage=self.value()) if self.value() else queryset


class CarrierFilter(admin.SimpleListFilter):
    title = "carrier"
    parameter_name = "carrier"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Those that there are changes of."""
        name = "shipment__parcel__carrier"
        rows = AddressChange.objects.filter(shipment__parcel__isnull=False).order_by(name)
        codes = rows.values_list(name, flat=True).distinct()
        return [(code, carriers.called(code)) for code in codes if code]

    def queryset(self, request: HttpRequest, queryset: Changes) -> Changes:
        code = self.value()
        return queryset.filter(shipment__parcel__carrier=code) if code else queryset


@admin.register(AddressChange)
class AddressChangeAdmin(ReadOnly, AskPages, FigurePages, Narrowed):
    list_display = [
        "aimed",
        "order_linked",
        "carrier",
        "staged",
        "standing",
        "asked_for",
        "due",
    ]
    list_filter = [
        QueueFilter,
        "status",
        "aim",
        StageFilter,
        CarrierFilter,
        WithinFilter,
        FeeFilter,
        StoreFilter,
    ]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["order__number", "shipment__parcel__plain_number", "=interception__reference"]
    search_help_text = "Order number, tracking number, or the carrier’s name of the request"
    change_list_template = f"{FOLDER}/change_list.html"
    change_form_template = f"{FOLDER}/change_form.html"
    fields = ()  # the page lays everything out itself
    empty_value_display = ""

    class Media:
        css = {"all": ["css/desk.css", "css/desk-thread.css"]}

    # --- the list -----------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> Changes:
        rows = AddressChange.objects.annotate(word_due=word_due())
        return rows.select_related("order__store", "shipment__parcel", "interception")

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """What waits longest comes first, where something waits."""
        waits = request.GET.get(QueueFilter.parameter_name) in WAITING
        return ["requested_at", "pk"] if waits else [F("requested_at").desc(), "-pk"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A tracking number in any spelling."""
        number = plain(search_term)
        found = queryset.filter(shipment__parcel__plain_number=number) if number else queryset
        if number and found.exists():
            return found, False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="what", ordering="aim")
    def aimed(self, change: AddressChange) -> str:
        return AIM_WORDS.get(change.aim, change.aim)

    @admin.display(description="order", ordering="order__number")
    def order_linked(self, change: AddressChange) -> str:
        url = reverse("admin:returns_order_change", args=[change.order_id])
        return format_html('<a href="{}">{}</a>', url, change.order)

    @admin.display(description="carrier")
    def carrier(self, change: AddressChange) -> str:
        parcel = change.shipment.parcel if change.shipment else None
        return carriers.called(parcel.carrier) if parcel else ""

    @admin.display(description="stage", ordering="stage")
    def staged(self, change: AddressChange) -> str:
        return STAGES.get(change.stage, change.stage)

    @admin.display(description="how it stands", ordering="status")
    def standing(self, change: AddressChange) -> str:
        return standing(change)

    @admin.display(description="since", ordering="requested_at")
    def asked_for(self, change: AddressChange) -> str:
        return moment(change.requested_at, change.order.store)

    @admin.display(description="we write", ordering="word_due")
    def due(self, change: Any) -> str:
        if not change.is_open or change.word_due is None:
            return ""
        now = timezone.now()
        kind = "late" if change.word_due < now else "due"
        return format_html('<span class="{}">{}</span>', kind, countdown(change.word_due, now))

    # --- the page of one ----------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        change = loaded(int(object_id)) if object_id.isdecimal() else None
        context: dict[str, Any] = {"title": ""}
        if change is not None and self.has_view_permission(request, change):
            context = page(change, timezone.now(), in_full=may_decide(request)) | {
                "title": str(AIM_WORDS.get(change.aim, change.aim)),
                "subtitle": None,
                "buttons": buttons(request, change),
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    # --- what can be done ---------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        return [self._url(name, act) for name, act in ACTS.items()] + super().get_urls()

    def _url(self, name: str, act: type[Act]) -> URLPattern:
        def view(request: HttpRequest, pk: int) -> HttpResponse:
            return self._act(request, pk, act)

        guarded = self.admin_site.admin_view(view)
        return path(f"<int:pk>/{name}/", guarded, name=f"returns_addresschange_{name}")

    def _act(self, request: HttpRequest, pk: int, act: type[Act]) -> HttpResponse:
        change = loaded(pk)
        may = self.has_view_permission(request, change) and may_decide(request)
        if change is None or not may:
            raise Http404
        if not act.fits(change):
            return self._too_late(request, change)
        if request.method != "POST" and act.is_one_press(change):
            return HttpResponseNotAllowed(["POST"])
        if words := act.why_not_yet(change):
            self.message_user(request, words, messages.ERROR)
            return redirect("admin:returns_addresschange_change", change.pk)
        form = act(change, request.POST if request.method == "POST" else None)
        if form.is_valid():
            return self._apply(request, change, form)
        return self._form(request, change, form)

    def _too_late(self, request: HttpRequest, change: AddressChange) -> HttpResponse:
        change.refresh_from_db()
        words = f"It stands at “{change.get_status_display()}” now: this is no longer possible."
        self.message_user(request, words, messages.ERROR)
        return redirect("admin:returns_addresschange_change", change.pk)

    def _apply(self, request: HttpRequest, change: AddressChange, form: Act) -> HttpResponse:
        words = form.apply(acting(request))
        if not words:
            return self._too_late(request, change)
        self.log_change(request, change, f"{form.done}.")
        self.message_user(request, words, messages.SUCCESS)
        return redirect("admin:returns_addresschange_change", change.pk)

    def _form(self, request: HttpRequest, change: AddressChange, form: Act) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "change": change,
            "order": change.order,
            "aim": AIM_WORDS.get(change.aim, change.aim),
            "standing": standing(change),
            "place": postal.lines(change.wanted) if form.shows_place and change.after else [],
            "form": form,
            "title": f"{form.title}: {change.order}",
        }
        return TemplateResponse(request, f"{FOLDER}/act.html", context)


def queue_page(name: str) -> str:
    """The list narrowed to what waits there."""
    query = urlencode({QueueFilter.parameter_name: name})
    return f"{reverse('admin:returns_addresschange_changelist')}?{query}"
