"""The queue of returns, and the page of one return where it is decided.

Approve is one click from the list and from the page; what needs words, numbers or a file
opens a form of its own. All are POSTs after a page that says what will happen, go through
the verbs of the model (which refuse what the state does not allow), and are written into
history with the name. What can be decided is listed in buttons.py.
"""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.timesince import timesince

from returns import formats
from returns.admin import weighing
from returns.admin.acts import Acts, acting
from returns.admin.base import ReadOnly
from returns.admin.buttons import (
    DECISIONS,
    IN_ROWS,
    buttons,
    decision_button,
    may,
    row_buttons,
)
from returns.admin.case import case
from returns.admin.decisions import Approve, RowDecision
from returns.admin.evidence_packs import packs
from returns.admin.finding import QueueFilter, meant
from returns.admin.pictures import may_see_papers
from returns.ledger import Refused
from returns.models import ReturnAuthorization, TooMuch
from returns.queues import QUEUES
from returns.states import IllegalTransition, Status

# What can be done about one of the things that the buyer gets.
ABOUT_RESOLUTIONS = (
    "sent",
    "ship",
    "failed",
    "try_again",
    "sent_by_hand",
    "came_back",
    "checked",
)
# Since when a return waits for its next step.
SINCE: dict[str, str] = {
    Status.REQUESTED: "requested_at",
    Status.INFO_REQUESTED: "requested_at",
    Status.APPROVED: "approved_at",
    Status.IN_TRANSIT: "posted_at",
    Status.RECEIVED: "received_at",
    Status.INSPECTED: "inspected_at",
    Status.RESOLVED: "resolved_at",
}


@admin.register(ReturnAuthorization)
class ReturnAuthorizationAdmin(ReadOnly, Acts, admin.ModelAdmin):
    list_display = [
        "number",
        "order_and_buyer",
        "status_and_wait",
        "wanted",
        "value_shown",
    ]
    list_filter = [QueueFilter, "status", "order__store", "keeps_goods"]
    list_select_related = ["order__store", "turning__parcel"]
    list_per_page = 50
    search_fields = [
        "number",
        "order__number",
        "order__email",
        "order__name",
        "shipments__number",
        "resolutions__reference",
    ]
    search_help_text = "Scan or type a return number, waybill or order number, or an email or name"
    actions = ["approve_chosen"]
    ordering = ["requested_at"]
    change_form_template = "admin/returns/returnauthorization/change_form.html"
    fields = ()  # the page lays everything out itself

    class Media:
        css = {"all": ["css/desk.css"]}

    # --- the list -------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReturnAuthorization]:
        return (
            super()
            .get_queryset(request)
            .prefetch_related(
                "lines__line", "resolutions__shop_refund", "surplus", "shipments", "postage_claims"
            )
        )

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        queue = QUEUES.get(request.GET.get("work", ""))
        return [queue.since, "pk"] if queue else list(self.ordering)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if pks := meant(search_term) if search_term else []:
            return queryset.filter(pk__in=pks), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="order", ordering="order__number")
    def order_and_buyer(self, rma: ReturnAuthorization) -> str:
        url = reverse("admin:returns_order_change", args=[rma.order_id])
        who = rma.order.name or rma.order.email
        return format_html('<a href="{}">{}</a> <span>{}</span>', url, rma.order.number, who)

    @admin.display(description="what and why")
    def wanted(self, rma: ReturnAuthorization) -> str:
        return "; ".join(
            f"{row.requested} × {row.line.title}: {row.get_reason_display()}"
            for row in rma.lines.all()
        )

    @admin.display(description="value", ordering="value")
    def value_shown(self, rma: ReturnAuthorization) -> str:
        return formats.money(rma.value, rma.order.currency)

    @admin.display(description="status", ordering="status")
    def status_and_wait(self, rma: ReturnAuthorization) -> str:
        """Where it is, and since when it waits there."""
        here = rma.arrived_at is not None and rma.received_at is None
        status = rma.get_status_display() + (", here" if here else "")
        since = rma.arrived_at if here else getattr(rma, SINCE.get(rma.status, ""), None)
        wait = timesince(since, timezone.now(), depth=1) if since else ""
        return format_html('{} <span class="quiet">{}</span>', status, wait)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        @admin.display(description="decide")
        def decisions(rma: ReturnAuthorization) -> str:
            parts = ((button,) for button in row_buttons(request, rma))
            return format_html('<span class="decide">{}</span>', format_html_join(" ", "{}", parts))

        columns: list[Any] = list(super().get_list_display(request))
        some = any(may(request, DECISIONS[name]) for name in IN_ROWS)
        return [*columns, decisions] if some else columns

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """A search that finds one return opens it: what a scanner typed leads right there,
        whatever the list was narrowed to."""
        words = request.GET.get("q", "").strip()
        if words and self.has_view_permission(request) and len(pks := meant(words)) == 1:
            return redirect("admin:returns_returnauthorization_change", pks[0])
        queue = QUEUES.get(request.GET.get("work", ""))
        context = {"title": queue.label if queue else "Returns"} | (extra_context or {})
        response = super().changelist_view(request, context)
        shown = (getattr(response, "context_data", None) or {}).get("cl")
        if words and shown and shown.result_count == 1:
            return redirect("admin:returns_returnauthorization_change", shown.result_list[0].pk)
        return response

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("returns.decide_return")

    @admin.action(description="Approve the chosen requests", permissions=["decide"])
    def approve_chosen(self, request: HttpRequest, queryset: QuerySet[ReturnAuthorization]) -> None:
        """Does what is possible and names the rest."""
        done, refused = 0, []
        for rma in queryset.select_related("order__store__account"):
            if not Approve.fits(rma):
                refused.append(rma)
                continue
            try:
                rma.approve(by=acting(request))
            except (IllegalTransition, Refused, PermissionDenied, TooMuch):
                refused.append(rma)
                continue
            self._log(request, rma, Approve.title)
            done += 1
        if done:
            self.message_user(request, f"{done} approved.", messages.SUCCESS)
        for rma in refused:
            why = f"it is {rma.get_status_display()}"
            if Approve.fits(rma) and not Approve.allows(request.user, rma):
                why = "somebody else decides that"
            self.message_user(request, f"{rma.number} was not approved: {why}.", messages.WARNING)

    # --- the page of one return -------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        rma = self.get_object(request, object_id)
        context: dict[str, Any] = {"title": ""}
        if rma is not None:
            prefetch_related_objects(
                [rma], "offers__user", "problems", "resolutions__shop_refund__account"
            )
            places = {decision.place for decision in DECISIONS.values()} - {"row"}
            context = case(rma, papers=may_see_papers(request)) | {
                **packs(request, rma.order, **{"return": rma.pk}),
                "weights": weighing.of_return(rma),
                "title": f"Return {rma.number}",
                "subtitle": None,
                "buttons": {
                    place: buttons(
                        request, rma, [n for n, d in DECISIONS.items() if d.place == place]
                    )
                    for place in places
                },
                "resolutions": [
                    (
                        row,
                        self._row_buttons(request, rma, row, *ABOUT_RESOLUTIONS),
                    )
                    for row in rma.resolutions.all()
                ],
                "surplus": [
                    (row, self._row_buttons(request, rma, row, "surplus"))
                    for row in rma.surplus.all()
                ],
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    @staticmethod
    def _row_buttons(
        request: HttpRequest, rma: ReturnAuthorization, row: Model, *names: str
    ) -> list[str]:
        found = []
        for name in names:
            decision = DECISIONS[name]
            assert issubclass(decision, RowDecision)
            if may(request, decision) and decision.takes(row):
                found.append(decision_button(rma, name, row))
        return found
