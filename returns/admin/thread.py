"""The thread of an order at the desk: what buyer and shop wrote, the form that answers, and
the list of all that was written."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.defaultfilters import truncatechars
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import get_language_info

from returns import routes
from returns.admin.acts import acting
from returns.admin.answering import ANSWER, NO_ANSWER, NOTE, AnswerForm
from returns.admin.base import ReadOnly
from returns.admin.countdown import countdown, moment
from returns.admin.filters import StoreFilter
from returns.admin.named import named
from returns.admin.notice_states import in_words
from returns.admin.replies import ANSWERS, OUR_WORDS, Reply, replies
from returns.letters import language_of
from returns.models import (
    ActorKind,
    Channel,
    Message,
    MessagePhoto,
    Notice,
    NoticeKind,
    Order,
    Promise,
    PromiseKind,
)
from returns.models.thread import CHANNEL_OF, MessageQuerySet
from returns.served import served
from tracking.admin.base import Narrowed

TEMPLATE = "admin/returns/order/thread.html"
WAITING, ANSWERED = "waiting", "answered"
# What the log says.
LOGGED = {
    ANSWER: "Message answered.",
    NOTE: "Private note written.",
    NO_ANSWER: "Message needs no answer.",
}


def may_read(request: HttpRequest) -> bool:
    return request.user.has_perm("returns.view_message")


def may_answer(request: HttpRequest) -> bool:
    return may_read(request) and request.user.has_perm("returns.answer_message")


def address(order_pk: int) -> str:
    return reverse("admin:returns_order_thread", args=[order_pk])


@dataclass(frozen=True)
class Entry:
    """One message. letters: those that carry an answer to the buyer, and what became of each."""

    message: Message
    who: str
    letters: list[tuple[Notice, str]]

    @property
    def is_ours(self) -> bool:
        return not self.message.is_buyers


class ThreadPages(admin.ModelAdmin):
    """The thread of an order, and its photos: pages of the admin of orders."""

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Callable[..., HttpResponse], str]] = [
            ("<int:pk>/thread/", self.thread, "thread"),
            ("<int:pk>/message_photo/<uuid:key>/", self.message_photo, "message_photo"),
        ]
        own = [
            path(where, self.admin_site.admin_view(view), name=f"returns_order_{name}")
            for where, view, name in pages
        ]
        return own + super().get_urls()

    def thread(self, request: HttpRequest, pk: int) -> HttpResponse:
        order = _story(pk)
        if order is None or not (self.has_view_permission(request) and may_read(request)):
            raise Http404
        if request.method != "POST":
            return self._thread(request, order)
        if not may_answer(request):
            raise Http404
        with timezone.override(order.store.zone):
            form = AnswerForm(order, request.POST)
            return self._write(request, order, form) or self._thread(request, order, form)

    def message_photo(self, request: HttpRequest, pk: int, key: UUID) -> HttpResponse:
        """One photo of this thread as we rebuilt it; `?small` its thumbnail."""
        if not (self.has_view_permission(request) and may_read(request)):
            raise Http404
        photo = get_object_or_404(MessagePhoto, message__order=pk, key=key)
        name = photo.thumbnail if "small" in request.GET else photo.file
        return served(name, "image/jpeg", f"{photo.key}.jpg")

    def _write(self, request: HttpRequest, order: Order, form: AnswerForm) -> HttpResponse | None:
        """None when there is something to look at once more."""
        if not form.is_valid():
            return None
        try:
            done = form.carry_out(acting(request))
        except forms.ValidationError as problem:
            form.add_error(None, problem)
            return None
        if done:
            self.log_change(request, order, LOGGED[form.does])
        self.message_user(request, form.said(), messages.SUCCESS)
        if form.does == ANSWER and form.warning:
            self.message_user(request, form.warning, messages.WARNING)
        return redirect(address(order.pk))

    def _thread(
        self, request: HttpRequest, order: Order, form: AnswerForm | None = None
    ) -> TemplateResponse:
        now, may = timezone.now(), may_answer(request)
        if may:
            _mark_read(order, now)
        found = replies(order, now) if may else []
        chosen = next((row for row in found if row.key == request.GET.get("reply")), None)
        if may and form is None:
            form = AnswerForm(order, text=chosen.text if chosen else "")
        entries = _entries(order, now)
        context = {
            **self.admin_site.each_context(request),
            **_standing(order, entries, now),
            "opts": self.opts,
            "title": f"Messages: {order.number}",
            "order": order,
            "entries": entries,
            "form": form,
            "groups": _grouped(found),
            "chosen": chosen,
            "now": now,
        }
        return TemplateResponse(request, TEMPLATE, context)


def _story(pk: int) -> Order | None:
    """With everything that can be answered with."""
    of_returns = ("returns__lines", "returns__receipts", "returns__resolutions")
    found = Order.objects.with_story().prefetch_related(*of_returns)
    return found.filter(pk=pk).first()


def _mark_read(order: Order, now: datetime) -> None:
    order.messages.filter(author=ActorKind.BUYER, read_at=None).update(read_at=now)


def _entries(order: Order, now: datetime) -> list[Entry]:
    letters = Notice.objects.filter(kind=NoticeKind.MESSAGE_ANSWER).defer("text").order_by("pk")
    rows = order.messages.select_related("user").prefetch_related(
        "pictures", Prefetch("notices", letters)
    )
    return [
        Entry(row, _called(row, order), [(one, in_words(one, now)) for one in row.notices.all()])
        for row in rows
    ]


def _called(message: Message, order: Order) -> str:
    if message.is_buyers:
        return order.name or "The buyer"
    return named(message.user) or "The desk"


def _standing(order: Order, entries: list[Entry], now: datetime) -> dict[str, Any]:
    """What is owed, in which language it is to be written, and how it goes out."""
    waiting = [entry for entry in entries if entry.message.is_buyers]
    waiting = [entry for entry in waiting if entry.message.answered_at is None]
    owed = (row for row in order.promises.all() if row.is_open and row.kind == PromiseKind.REPLY)
    promise = next(owed, None)
    code = language_of(order.language or order.store.language)
    return {
        "waiting": waiting,
        "promise": promise,
        "countdown": countdown(promise.due_at, now) if promise else "",
        "language": get_language_info(code)["name"],
        "language_code": code,
        "goes_by": _goes_by(order, entries, now),
    }


def _goes_by(order: Order, entries: list[Entry], now: datetime) -> str:
    """The channel of the next answer; '' when nobody can be written to."""
    ways = [entry.message.way for entry in entries if entry.message.is_buyers]
    channel = CHANNEL_OF.get(ways[-1], "") if ways else ""
    route = routes.of(order, NoticeKind.MESSAGE_ANSWER, channel, now)
    if route is None:
        return ""
    return "email" if route[1] == Channel.EMAIL else Channel(route[1]).label


def _grouped(found: list[Reply]) -> list[tuple[str, list[Reply]]]:
    groups = [(name, [row for row in found if row.group == name]) for name in (OUR_WORDS, ANSWERS)]
    return [(name, rows) for name, rows in groups if rows]


# --- The list -------------------------------------------------------------------------------------


def _waits(request: HttpRequest) -> bool:
    return request.GET.get(AnsweredFilter.parameter_name) == WAITING


class AnsweredFilter(admin.SimpleListFilter):
    title = "answer"
    parameter_name = "answer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(WAITING, "To be answered"), (ANSWERED, "Answered")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == WAITING:
            earlier = Message.objects.unanswered().filter(
                order=OuterRef("order"), pk__lt=OuterRef("pk")
            )
            return cast(MessageQuerySet, queryset).unanswered().exclude(Exists(earlier))
        if self.value() == ANSWERED:
            return queryset.filter(author=ActorKind.BUYER, answered_at__isnull=False)
        return queryset


@admin.register(Message)
class MessageAdmin(ReadOnly, Narrowed):
    """A message has no page of its own: it stands in its thread."""

    list_display = ["written", "order_number", "buyer", "author", "words", "way", "standing"]
    # Of those that wait: one row for each thread.
    to_answer = ["order_number", "buyer", "words", "answer_by"]
    list_filter = [AnsweredFilter, "author", "way", "is_private", StoreFilter]
    list_select_related = ["order__store", "user"]
    list_per_page = 50
    search_fields = ["order__number"]
    search_help_text = "Order number"

    class Media:
        css = {"all": ["css/desk.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        owed = Promise.objects.open().filter(order=OuterRef("order"), kind=PromiseKind.REPLY)
        return Message.objects.annotate(due_at=Subquery(owed.order_by().values("due_at")[:1]))

    def get_list_display(self, request: HttpRequest) -> Any:
        return self.to_answer if _waits(request) else self.list_display

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """Whoever has waited longest comes first, where somebody waits."""
        return ["at", "pk"] if _waits(request) else ["-at", "-pk"]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        message = self.get_object(request, object_id)
        if message is None or not self.has_view_permission(request, message):
            raise Http404
        return redirect(f"{address(message.order_id)}#message-{message.pk}")

    @admin.display(description="at", ordering="at")
    def written(self, message: Message) -> str:
        return moment(message.at, message.order.store)

    @admin.display(description="answer by", ordering="due_at")
    def answer_by(self, message: Any) -> str:
        """By the clock of the store, and how long that is from now."""
        if message.due_at is None:
            return ""
        now = timezone.now()
        kind, left = "late" if message.due_at < now else "due", countdown(message.due_at, now)
        when = moment(message.due_at, message.order.store)
        return format_html('{} <span class="{}">({})</span>', when, kind, left)

    @admin.display(description="order", ordering="order__number")
    def order_number(self, message: Message) -> str:
        return format_html('<a href="{}">{}</a>', address(message.order_id), message.order)

    @admin.display(description="buyer", ordering="order__name")
    def buyer(self, message: Message) -> str:
        return message.order.name

    @admin.display(description="what was written")
    def words(self, message: Message) -> str:
        return truncatechars(" ".join(message.text.split()), 90) or "(photos)"

    @admin.display(description="standing", ordering="answered_at")
    def standing(self, message: Message) -> str:
        if message.is_private:
            return "Only we see this"
        if not message.is_buyers:
            return "Read" if message.seen_at else ""
        if message.answered_at:
            return "Answered"
        return "Read, to be answered" if message.read_at else "New"
