"""The queue of returns, and the page of one return where it is decided.

Approve is one click from the list and from the page; asking and declining need words,
so they open a form. All three are POSTs, go through the verbs of the model (which
refuse what the state does not allow), and are written into history with the name.
"""

from collections.abc import Callable, Set
from datetime import date
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
from django.utils.html import format_html, format_html_join
from django.utils.timesince import timesince

from returns import formats, states
from returns.admin.base import ReadOnly
from returns.codes import DeclineReason
from returns.ledger import Obstacle, Refused
from returns.models import Actor, ReturnAuthorization
from returns.states import IllegalTransition, Status
from tracking.calendars import end_of_day

TEXTAREA = forms.Textarea(attrs={"rows": 4, "cols": 60})


class Decision(forms.Form):
    """What a member of staff says with a decision, and the verb that carries it out.

    starts_from, leads_to: the states before and after; offered only where the table of
    states allows it too. one_press: needs no words, so its button posts at once.
    """

    title: str
    button: str
    starts_from: Set[str] = states.UNDECIDED
    leads_to: str
    one_press = False

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        allowed = cls.leads_to in states.TRANSITIONS[rma.status]
        return allowed and rma.status in cls.starts_from

    @classmethod
    def asks(cls, rma: ReturnAuthorization) -> str:
        """What to be sure of before pressing; '' when the button says it all."""
        return ""

    def apply(self, rma: ReturnAuthorization, by: Actor) -> None:
        raise NotImplementedError


class Approve(Decision):
    title = button = "Approve"
    leads_to = Status.APPROVED
    one_press = True

    def apply(self, rma: ReturnAuthorization, by: Actor) -> None:
        rma.approve(by=by)


class Ask(Decision):
    """What the buyer is asked; it goes out word for word."""

    title = "Ask"
    button = "Send the question"
    leads_to = Status.INFO_REQUESTED
    question = forms.CharField(
        max_length=2000,
        widget=TEXTAREA,
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
        required=False,
        max_length=2000,
        widget=TEXTAREA,
        help_text="In the buyer’s language. Needed when the reason is “other”.",
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("reason") == DeclineReason.OTHER and not data.get("words", "").strip():
            self.add_error("words", "Explain it in words: no reason of the list does.")
        return data

    def apply(self, rma: ReturnAuthorization, by: Actor) -> None:
        rma.decline(self.cleaned_data["reason"], self.cleaned_data["words"], by=by)


class Posted(Decision):
    """The buyer told us: from now on nothing is reminded of, and nothing expires."""

    title = "It is posted"
    button = "The buyer has posted it"
    starts_from = frozenset({Status.APPROVED})
    leads_to = Status.IN_TRANSIT

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return super().fits(rma) and not rma.keeps_goods

    def apply(self, rma: ReturnAuthorization, by: Actor) -> None:
        rma.note_posted(by=by)


class PutRight(Decision):
    """For goods that stay with the buyer: pressed once the money or the goods are sent."""

    title = "Put right"
    button = "It is sent: tell the buyer"
    starts_from = frozenset({Status.APPROVED})
    leads_to = Status.RESOLVED

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return super().fits(rma) and rma.keeps_goods

    @classmethod
    def asks(cls, rma: ReturnAuthorization) -> str:
        what = rma.get_wish_display().lower()
        if rma.estimated_total:
            what = formats.money(rma.estimated_total, rma.order.currency)
        return f"Is it sent ({what})? Pressing tells the buyer so."

    def apply(self, rma: ReturnAuthorization, by: Actor) -> None:
        rma.put_right(by=by)


class Extend(Decision):
    title = "Give more time"
    button = "Give more time and write to the buyer"
    starts_from = frozenset({Status.EXPIRED})
    leads_to = Status.APPROVED
    last_day = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The new last day to post it, where the buyer lives.",
    )

    def clean_last_day(self) -> date:
        day = self.cleaned_data["last_day"]
        if day <= timezone.now().date():
            raise forms.ValidationError("Choose a day after today.")
        return day

    def apply(self, rma: ReturnAuthorization, by: Actor) -> None:
        rma.extend(end_of_day(self.cleaned_data["last_day"], rma.order.where), by=by)


class Cancel(Decision):
    title = "Cancel"
    button = "Cancel the return and write to the buyer"
    starts_from = states.OPEN
    leads_to = Status.CANCELLED

    def apply(self, rma: ReturnAuthorization, by: Actor) -> None:
        rma.cancel(by=by)


# In the order in which their buttons stand; the names stand in addresses.
DECISIONS: dict[str, type[Decision]] = {
    "approve": Approve,
    "ask": Ask,
    "decline": Decline,
    "posted": Posted,
    "put_right": PutRight,
    "extend": Extend,
    "cancel": Cancel,
}
# Those that the queue offers in its rows.
IN_ROWS = ("approve", "ask", "decline", "posted", "put_right")


def acting(request: HttpRequest) -> Actor:
    """The member of staff behind a request to the desk, which lets nobody else in."""
    return Actor.staff(cast(User, request.user))


def told(rma: ReturnAuthorization) -> str:
    return (
        "The buyer is told by email."
        if rma.order.email
        else "This order has no email address: please tell the buyer in another way."
    )


def possible(rma: ReturnAuthorization) -> list[str]:
    """The names of the decisions that can be made about it now."""
    return [name for name, decision in DECISIONS.items() if decision.fits(rma)]


def decision_button(rma: ReturnAuthorization, name: str) -> str:
    """Posts at once where no words are needed (list and page are forms already, and it is
    a button of theirs), else leads to the form."""
    decision = DECISIONS[name]
    url = reverse(f"admin:returns_returnauthorization_{name}", args=[rma.pk])
    words = format_html('{}<span class="visually-hidden"> {}</span>', decision.title, rma.number)
    if decision.one_press:
        return format_html(
            '<button class="button default" formaction="{}" formmethod="post">{}</button>',
            url,
            words,
        )
    return format_html('<a class="button" href="{}">{}</a>', url, words)


@admin.register(ReturnAuthorization)
class ReturnAuthorizationAdmin(ReadOnly, admin.ModelAdmin):
    list_display = [
        "number",
        "order_number",
        "buyer",
        "status",
        "wanted",
        "value_shown",
        "waiting",
        "decisions",
    ]
    list_filter = ["status", "order__store", "keeps_goods"]
    list_select_related = ["order__store"]
    list_per_page = 50
    search_fields = ["number", "order__number", "order__email", "order__name"]
    search_help_text = "Return number, order number, email or name"
    actions = ["approve_chosen"]
    ordering = ["requested_at"]
    change_form_template = "admin/returns/returnauthorization/change_form.html"
    fields = ()  # the page lays everything out itself

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
        return formats.money(rma.value, rma.order.currency)

    @admin.display(description="waiting", ordering="requested_at")
    def waiting(self, rma: ReturnAuthorization) -> str:
        return timesince(rma.requested_at, timezone.now(), depth=1)

    @admin.display(description="decide")
    def decisions(self, rma: ReturnAuthorization) -> str:
        names = [name for name in possible(rma) if name in IN_ROWS]
        buttons = format_html_join(" ", "{}", ((decision_button(rma, name),) for name in names))
        return format_html('<span class="decide">{}</span>', buttons)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        columns = list(super().get_list_display(request))
        return columns if self.has_decide_permission(request) else columns[:-1]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Returns"} | (extra_context or {}))

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("returns.decide_return")

    @admin.action(description="Approve the chosen requests", permissions=["decide"])
    def approve_chosen(self, request: HttpRequest, queryset: QuerySet[ReturnAuthorization]) -> None:
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
                request,
                f"{rma.number} was not approved: it is {rma.get_status_display()}.",
                messages.WARNING,
            )

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
            earlier = (
                ReturnAuthorization.objects.filter(
                    order__store=rma.order.store, order__email=rma.order.email
                ).exclude(pk=rma.pk)
                if rma.order.email
                else ReturnAuthorization.objects.none()
            )
            context = {
                "title": f"Return {rma.number}",
                "buttons": [decision_button(rma, name) for name in possible(rma)]
                if self.has_decide_permission(request)
                else [],
                "subtitle": None,
                "now": timezone.now(),
                "promise": rma.promises.open().first(),
                "rows": rma.lines.all(),
                "history": rma.events.select_related("user"),
                "letters": rma.notices.all(),
                "earlier": earlier.select_related("order")[:10],
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def get_urls(self) -> list:
        own = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(self._decision_view(name)),
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
        allowed = self.has_view_permission(request) and self.has_decide_permission(request)
        if rma is None or not allowed:
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
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "rma": rma,
            "form": form,
            "question": decision.asks(rma),
            "title": f"{decision.title}: {rma.number}",
            "page": page,
        }
        return TemplateResponse(request, "admin/returns/returnauthorization/decide.html", context)

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
        except Refused as refused:
            codes = {problem.code for problem in refused.problems}
            cancelled = Obstacle.ORDER_CANCELLED in codes
            because = "its order was cancelled" if cancelled else "its goods are in another return"
            words = f"{rma.number} cannot be opened again: {because} now."
            self.message_user(request, words, messages.ERROR)
            return redirect(page)
        self._log(request, rma, name)
        self.message_user(
            request,
            f"{rma.number}: {rma.get_status_display()}. {told(rma)}",
            messages.SUCCESS,
        )
        queue = reverse("admin:returns_returnauthorization_changelist") + "?status=requested"
        return redirect(queue if rma.status != Status.REQUESTED else page)

    def _log(self, request: HttpRequest, rma: ReturnAuthorization, name: str) -> None:
        LogEntry.objects.log_actions(
            cast(User, request.user).pk,
            ReturnAuthorization.objects.filter(pk=rma.pk),
            CHANGE,
            change_message=f"{DECISIONS[name].title}.",
        )
