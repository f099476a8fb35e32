"""Withdrawals at the desk: the list of what is to be done, the page of one, and the export.

What was declared is only read here. What can be done about it is listed in withdrawal_acts.py.
"""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from returns.admin.acts import acting
from returns.admin.base import ReadOnly
from returns.admin.countdown import moment
from returns.admin.notice_states import in_words
from returns.admin.withdrawal_acts import ACTS, Act
from returns.letters.withdrawal import precise
from returns.models import Notice, NoticeKind, Store, Withdrawal
from returns.models.withdrawal import WithdrawalQuerySet
from returns.states import IllegalTransition
from returns.withdrawal_export import as_csv, as_json
from returns.withdrawal_queues import WAITING

FOLDER = "admin/returns/withdrawal"
DECIDES = "returns.decide_withdrawal"
Withdrawals = QuerySet[Withdrawal]


class QueueFilter(admin.SimpleListFilter):
    title = "what is to be done"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, waiting.label) for name, waiting in WAITING.items()]

    def queryset(self, request: HttpRequest, queryset: Withdrawals) -> Withdrawals:
        waiting = WAITING.get(self.value() or "")
        return queryset.filter(pk__in=waiting.rows().values("pk")) if waiting else queryset


class StoreFilter(admin.SimpleListFilter):
    title = "store"
    parameter_name = "store"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Store.objects.values_list("slug", "name"))

    def queryset(self, request: HttpRequest, queryset: Withdrawals) -> Withdrawals:
        return queryset.filter(store__slug=self.value()) if self.value() else queryset


@admin.register(Withdrawal)
class WithdrawalAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["number", "received", "name", "contract", "standing", "order", "letter"]
    list_filter = [QueueFilter, "outcome__status", "way", StoreFilter]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["number", "name", "contract", "email", "outcome__order__number"]
    search_help_text = "Number, name, order number or email"
    actions = ["export_json", "export_csv"]
    change_form_template = f"{FOLDER}/change_form.html"
    fields = ()  # the page lays everything out itself
    empty_value_display = ""

    class Media:
        css = {"all": ["css/desk.css", "css/desk-thread.css"]}

    # --- the list -----------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> Withdrawals:
        return Withdrawal.objects.complete()

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """What waits longest comes first, where something waits."""
        waits = request.GET.get(QueueFilter.parameter_name) in WAITING
        return ["received_at", "pk"] if waits else ["-received_at", "-pk"]

    @admin.display(description="received", ordering="received_at")
    def received(self, row: Withdrawal) -> str:
        return moment(row.received_at, row.store)

    @admin.display(description="how it stands", ordering="outcome__status")
    def standing(self, row: Withdrawal) -> str:
        return row.outcome.get_status_display()

    @admin.display(description="order", ordering="outcome__order__number")
    def order(self, row: Withdrawal) -> str:
        order = row.outcome.order
        if order is None:
            return ""
        url = reverse("admin:returns_order_change", args=[order.pk])
        return format_html('<a href="{}">{}</a>', url, order)

    @admin.display(description="acknowledged")
    def letter(self, row: Withdrawal) -> str:
        receipt = row.receipt
        sent = moment(receipt.done_at, row.store) if receipt.state == "done" else ""
        return sent or receipt.get_state_display()

    # --- the page of one ----------------------------------------------------------------------

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
            context = _page(row) | {
                "title": f"Withdrawal {row.number}",
                "subtitle": None,
                "buttons": _buttons(request, row),
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    # --- what can be done ---------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        return [self._url(name, act) for name, act in ACTS.items()] + super().get_urls()

    def _url(self, name: str, act: type[Act]) -> URLPattern:
        def view(request: HttpRequest, pk: int) -> HttpResponse:
            return self._act(request, pk, act)

        guarded = self.admin_site.admin_view(view)
        return path(f"<int:pk>/{name}/", guarded, name=f"returns_withdrawal_{name}")

    def _act(self, request: HttpRequest, pk: int, act: type[Act]) -> HttpResponse:
        row = Withdrawal.objects.complete().filter(pk=pk).first()
        if row is None or not self.has_view_permission(request, row) or not _may(request):
            raise Http404
        if not act.fits(row.outcome):
            return self._too_late(request, row)
        if request.method != "POST":
            if act.one_press:
                return HttpResponseNotAllowed(["POST"])
            return self._form(request, row, act(row.outcome))
        form = act(row.outcome, request.POST)
        if not form.is_valid():
            return self._form(request, row, form)
        try:
            words = form.carry_out(acting(request))
        except IllegalTransition:
            return self._too_late(request, row)
        except forms.ValidationError as problem:
            form.add_error(None, problem)
            return self._form(request, row, form)
        self.log_change(request, row, f"{form.done}.")
        self.message_user(request, words, messages.SUCCESS)
        return redirect("admin:returns_withdrawal_change", row.pk)

    def _too_late(self, request: HttpRequest, row: Withdrawal) -> HttpResponse:
        row.outcome.refresh_from_db()
        words = f"It stands at “{row.outcome.get_status_display()}”: this is not possible now."
        self.message_user(request, words, messages.ERROR)
        return redirect("admin:returns_withdrawal_change", row.pk)

    def _form(self, request: HttpRequest, row: Withdrawal, form: Act) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "row": row,
            "form": form,
            "title": f"{form.title}: {row.number}",
        }
        return TemplateResponse(request, f"{FOLDER}/act.html", context)

    # --- the export ---------------------------------------------------------------------------

    def has_export_permission(self, request: HttpRequest) -> bool:
        return _may(request)

    @admin.action(description="Export as JSON, with hashes", permissions=["export"])
    def export_json(self, request: HttpRequest, queryset: Withdrawals) -> HttpResponse:
        rows = cast(WithdrawalQuerySet, queryset).complete()
        return _file(as_json(rows), "application/json", "json")

    @admin.action(description="Export as a table (CSV)", permissions=["export"])
    def export_csv(self, request: HttpRequest, queryset: Withdrawals) -> HttpResponse:
        rows = cast(WithdrawalQuerySet, queryset).complete()
        return _file(as_csv(rows), "text/csv; charset=utf-8", "csv")


def _file(text: str, content_type: str, ending: str) -> HttpResponse:
    response = HttpResponse(text.encode(), content_type=content_type)
    name = f"withdrawals-{timezone.now():%Y-%m-%d}.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _may(request: HttpRequest) -> bool:
    return request.user.has_perm(DECIDES)


def _buttons(request: HttpRequest, row: Withdrawal) -> list[tuple[str, str, bool]]:
    """Address, words and whether it posts at once, of what can be done now."""
    if not _may(request):
        return []
    return [
        (reverse(f"admin:returns_withdrawal_{name}", args=[row.pk]), act.title, act.one_press)
        for name, act in ACTS.items()
        if act.fits(row.outcome)
    ]


def _page(row: Withdrawal) -> dict[str, Any]:
    """What the page shows, in a fixed number of queries."""
    outcome, now = row.outcome, timezone.now()
    letters = Notice.objects.filter(order=outcome.order, kind=NoticeKind.WITHDRAWAL_NEWS)
    mine = [one for one in letters.defer("text") if one.facts.get("withdrawal") == row.pk]
    return {
        "row": row,
        "outcome": outcome,
        "receipt": row.receipt,
        "moment": precise(row.received_at),
        "is_intact": row.is_intact,
        "returns": row.returns.all(),
        "letters": [(letter, in_words(letter, now)) for letter in mine] if outcome.order else [],
        "now": now,
    }
