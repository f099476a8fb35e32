"""The queue of returns, and the page of one return where it is decided.

Approve is one click from the list and from the page; asking and declining need words,
so they open a form. All three are POSTs, go through the verbs of the model (which
refuse what the state does not allow), and are written into history with the name.
"""

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince

from returns import states
from returns.admin.base import ReadOnly, ReadOnlyInline
from returns.codes import DeclineReason
from returns.ledger import Refused
from returns.models import Actor, Event, Notice, ReturnAuthorization, ReturnLine
from returns.states import IllegalTransition, Status


class Decision(forms.Form):
    """What a member of staff says with a decision, and the verb that carries it out.

    leads_to: the state after it; the decision is offered where the table allows that.
    """

    title: str
    button: str
    leads_to: str

    def apply(self, rma: ReturnAuthorization, by: Actor) -> None:
        raise NotImplementedError


class Approve(Decision):
    title = button = "Approve"
    leads_to = Status.APPROVED

    def apply(self, rma: ReturnAuthorization, by: Actor) -> None:
        rma.approve(by=by)


class Ask(Decision):
    """What the buyer is asked; it goes out word for word."""

    title = "Ask the buyer"
    button = "Send the question"
    leads_to = Status.INFO_REQUESTED
    question = forms.CharField(
        max_length=2000, widget=forms.Textarea(attrs={"rows": 4, "cols": 60}),
        help_text="One thing at a time, in the buyer’s language. It is sent as you write it.",
    )

    def apply(self, rma: ReturnAuthorization, by: Actor) -> None:
        rma.ask(self.cleaned_data["question"], by=by)


class Decline(Decision):
    """Why not; the buyer reads both."""

    title = "Decline"
    button = "Decline and write to the buyer"
    leads_to = Status.DECLINED
    reason = forms.ChoiceField(choices=DeclineReason.choices, widget=forms.RadioSelect)
    words = forms.CharField(
        required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 4, "cols": 60}),
        help_text="In the buyer’s language. Needed when the reason is “other”.",
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("reason") == DeclineReason.OTHER and not data.get("words", "").strip():
            self.add_error("words", "Explain it in words: no reason of the list does.")
        return data

    def apply(self, rma: ReturnAuthorization, by: Actor) -> None:
        rma.decline(self.cleaned_data["reason"], self.cleaned_data["words"], by=by)


DECISIONS: dict[str, type[Decision]] = {"approve": Approve, "ask": Ask, "decline": Decline}


def acting(request: HttpRequest) -> Actor:
    """The member of staff behind a request to the desk, which lets nobody else in."""
    return Actor.staff(cast(User, request.user))


def possible(rma: ReturnAuthorization) -> list[str]:
    """The decisions that the state allows now. (An expired return gets more time by
    extending, which is another decision than approving.)"""
    if rma.status not in states.UNDECIDED:
        return []
    allowed = states.TRANSITIONS[rma.status]
    return [name for name, decision in DECISIONS.items() if decision.leads_to in allowed]


class LineInline(ReadOnlyInline):
    model = ReturnLine
    fields = ["line", "requested", "approved", "reason", "comment", "amount"]


class EventInline(ReadOnlyInline):
    model = Event
    verbose_name_plural = "history"
    fields = ["at", "kind", "actor", "user", "data"]


class NoticeInline(ReadOnlyInline):
    model = Notice
    verbose_name_plural = "letters"
    fields = ["written_at", "kind", "state", "done_at", "subject"]


@admin.register(ReturnAuthorization)
class ReturnAuthorizationAdmin(ReadOnly, admin.ModelAdmin):
    list_display = [
        "number", "order_number", "buyer", "status", "wanted", "value_shown", "waiting",
        "decisions",
    ]
    list_filter = ["status", "order__store", "wish", "keeps_goods", "kind"]
    list_select_related = ["order__store"]
    list_per_page = 50
    search_fields = ["number", "order__number", "order__email", "order__name"]
    search_help_text = "Return number, order number, email or name"
    date_hierarchy = None
    actions = ["approve_chosen"]
    ordering = ["requested_at"]
    inlines = [LineInline, EventInline, NoticeInline]
    change_form_template = "admin/returns/returnauthorization/change_form.html"
    fieldsets = [
        (None, {"fields": [
            "order", "status", "wish", "note", "value", "payer", "estimated_fee",
            "estimated_postage", "estimated_total", "keeps_goods",
        ]}),
        ("Dates", {"fields": ["requested_at", "approved_at", "post_by", "reminded_at",
                              "ended_at", "decided_by"]}),
        ("Words", {"fields": ["question", "answer", "decline_reason", "decline_words",
                              "appeal", "appealed_at"]}),
    ]

    class Media:
        css = {"all": ["css/desk.css"]}

    # --- the list -------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReturnAuthorization]:
        return super().get_queryset(request).prefetch_related("lines__line")

    @admin.display(description="order", ordering="order__number")
    def order_number(self, rma: ReturnAuthorization) -> str:
        url = reverse("admin:returns_order_change", args=[rma.order_id])
        return format_html('<a href="{}">{}</a>', url, rma.order.number)

    @admin.display(description="buyer", ordering="order__name")
    def buyer(self, rma: ReturnAuthorization) -> str:
        return rma.order.name or rma.order.email

    @admin.display(description="what and why")
    def wanted(self, rma: ReturnAuthorization) -> str:
        return "; ".join(
            f"{row.requested} × {row.line.title}: {row.get_reason_display()}"
            for row in rma.lines.all()
        )

    @admin.display(description="value", ordering="value")
    def value_shown(self, rma: ReturnAuthorization) -> str:
        return f"{rma.value:.2f} {rma.order.currency}"

    @admin.display(description="waiting", ordering="requested_at")
    def waiting(self, rma: ReturnAuthorization) -> str:
        return timesince(rma.requested_at, timezone.now(), depth=1)

    @admin.display(description="decide")
    def decisions(self, rma: ReturnAuthorization) -> str:
        """Approve posts from the list itself: the list is a form, and this is its button."""
        if not self.may_decide:
            return ""
        parts = []
        for name in possible(rma):
            url = reverse(f"admin:returns_returnauthorization_{name}", args=[rma.pk])
            if name == "approve":
                parts.append(format_html(
                    '<button class="button" formaction="{}" formmethod="post" '
                    'aria-label="Approve {}">Approve</button>', url, rma.number,
                ))
            else:
                parts.append(format_html(
                    '<a class="button" href="{}">{}<span class="visually-hidden"> {}</span></a>',
                    url, "Ask" if name == "ask" else "Decline", rma.number,
                ))
        return format_html("{} {} {}", *(parts + [""] * (3 - len(parts))))

    may_decide = False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        self.may_decide = self.has_decide_permission(request)
        return super().changelist_view(request, extra_context)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("returns.decide_return")

    @admin.action(description="Approve the chosen requests", permissions=["decide"])
    def approve_chosen(
        self, request: HttpRequest, queryset: QuerySet[ReturnAuthorization]
    ) -> None:
        """Does what is possible and names the rest."""
        done, refused = 0, []
        for rma in queryset.select_related("order__store__account"):
            if "approve" not in possible(rma):
                refused.append(rma)
                continue
            try:
                rma.approve(by=acting(request))
            except (IllegalTransition, Refused):
                refused.append(rma)
                continue
            self._log(request, rma, "approve")
            done += 1
        if done:
            self.message_user(request, f"{done} approved.", messages.SUCCESS)
        for rma in refused:
            self.message_user(
                request, f"{rma.number} was not approved: it is {rma.get_status_display()}.",
                messages.WARNING,
            )

    # --- the page of one return -------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        rma = self.get_object(request, object_id)
        context: dict[str, Any] = {"title": ""}
        if rma is not None:
            earlier = (
                ReturnAuthorization.objects.filter(
                    order__store=rma.order.store, order__email=rma.order.email
                ).exclude(pk=rma.pk)
                if rma.order.email else ReturnAuthorization.objects.none()
            )
            context = {
                "title": f"Return {rma.number}",
                "decisions": possible(rma) if self.has_decide_permission(request) else [],
                "promise": rma.promises.open().first(),
                "earlier": earlier.select_related("order")[:10],
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def get_urls(self) -> list:
        own = [
            path(
                f"<int:pk>/{name}/", self.admin_site.admin_view(self._decision_view(name)),
                name=f"returns_returnauthorization_{name}",
            )
            for name in DECISIONS
        ]
        return own + super().get_urls()

    def _decision_view(self, name: str) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, pk: int) -> HttpResponse:
            return self._decide(request, pk, name)

        return view

    def _decide(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        rma = self.get_object(request, str(pk))
        if rma is None or not self.has_decide_permission(request):
            raise Http404
        decision = DECISIONS[name]
        page = reverse("admin:returns_returnauthorization_change", args=[pk])
        if name not in possible(rma):
            self.message_user(
                request,
                f"{rma.number} is {rma.get_status_display()} now, so this is no longer possible.",
                messages.ERROR,
            )
            return redirect(page)
        posted = request.method == "POST"
        form = decision(request.POST if posted else None)
        if posted and form.is_valid():
            return self._apply(request, rma, name, form, page)
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "rma": rma,
            "form": form, "title": f"{decision.title}: {rma.number}", "page": page,
        }
        return TemplateResponse(
            request, "admin/returns/returnauthorization/decide.html", context
        )

    def _apply(
        self, request: HttpRequest, rma: ReturnAuthorization, name: str, form: Decision, page: str
    ) -> HttpResponse:
        try:
            form.apply(rma, acting(request))
        except IllegalTransition:
            self.message_user(
                request, f"Somebody else was faster: {rma.number} has moved on.", messages.ERROR
            )
            return redirect(page)
        self._log(request, rma, name)
        self.message_user(
            request, f"{rma.number}: {rma.get_status_display()}. The buyer is told by email.",
            messages.SUCCESS,
        )
        queue = reverse("admin:returns_returnauthorization_changelist") + "?status=requested"
        return redirect(queue if rma.status != Status.REQUESTED else page)

    def _log(self, request: HttpRequest, rma: ReturnAuthorization, name: str) -> None:
        LogEntry.objects.log_actions(
            cast(User, request.user).pk, ReturnAuthorization.objects.filter(pk=rma.pk), CHANGE,
            change_message=f"{DECISIONS[name].title}.",
        )
