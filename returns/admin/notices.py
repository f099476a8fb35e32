"""Every message to a buyer: what waits, what was sent, and what became of it.

Nobody edits a row: what can be done about a message is listed in notice_acts.py, each a
POST after a page that says what will happen, logged with who did it.
"""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from returns.admin.acts import acting
from returns.admin.base import ReadOnly
from returns.admin.countdown import countdown, moment
from returns.admin.filters import StoreFilter
from returns.admin.notice_acts import ACTS, Act, SendNow
from returns.admin.notice_page import leaves_at, letter, masked, page
from returns.admin.notice_states import DRAFT, NOTHING_WENT, NoticeStateFilter, in_words
from returns.models import Notice
from returns.models.notice import NoticeQuerySet
from tracking.admin.base import Narrowed

SEND = "returns.send_notice"
GONE = "Nothing was changed: it left, or somebody else was quicker."
KNOWN = (
    "order__store__account",
    "authorization",
    "entry",
    "keeps",
    "account",
    "edited_by",
    "sent_by",
    "falls_back_from",
)


@admin.register(Notice)
class NoticeAdmin(ReadOnly, Narrowed):
    list_display = ["written", "kind", "standing", "channel", "tries", "order_linked", "opened"]
    # Of drafts: what a person has to know who decides which to read first.
    of_drafts = ["trouble", "order_linked", "buyer", "promised", "leaves", "kind", "channel"]
    list_filter = [NoticeStateFilter, "kind", "channel", StoreFilter]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["order__number", "authorization__number", "=provider_id"]
    search_help_text = "Order number, return number, or the provider’s id of the message"
    actions = ["send_now", "send_again"]
    change_form_template = "admin/returns/notice/change_form.html"
    fields = ()  # the page lays everything out itself

    empty_value_display = ""

    class Media:
        css = {"all": ["css/desk.css"]}

    # --- the list -----------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notice]:
        known = super().get_queryset(request).select_related(*KNOWN)
        return known.prefetch_related("news__case") if _of_drafts(request) else known

    def get_list_display(self, request: HttpRequest) -> Any:
        return self.of_drafts if _of_drafts(request) else self.list_display

    def get_ordering(self, request: HttpRequest) -> Any:
        """Of drafts, the one that goes next comes first."""
        return ["held_until", "pk"] if _of_drafts(request) else super().get_ordering(request)

    @admin.display(description="written", ordering="written_at")
    def written(self, notice: Notice) -> str:
        return moment(notice.written_at, notice.order.store)

    @admin.display(description="page opened", ordering="opened_at")
    def opened(self, notice: Notice) -> str:
        return moment(notice.opened_at, notice.order.store)

    @admin.display(description="trouble")
    def trouble(self, notice: Notice) -> str:
        kinds = [event.case.get_kind_display() for event in notice.news.all() if event.case]
        return ", ".join(dict.fromkeys(kinds))

    @admin.display(description="buyer")
    def buyer(self, notice: Notice) -> str:
        return masked(notice.channel, notice.recipient)

    @admin.display(description="promised by", ordering="keeps__due_at")
    def promised(self, notice: Notice) -> str:
        """The hour of the promise that it keeps."""
        return moment(notice.keeps.due_at, notice.order.store) if notice.keeps else ""

    @admin.display(description="leaves at", ordering="held_until")
    def leaves(self, notice: Notice) -> str:
        now = timezone.now()
        at = leaves_at(notice, now)
        return f"{moment(at, notice.order.store)} ({countdown(at, now)})" if at else ""

    @admin.display(description="state")
    def standing(self, notice: Notice) -> str:
        return in_words(notice, timezone.now())

    @admin.display(description="tries", ordering="attempts")
    def tries(self, notice: Notice) -> int:
        return notice.attempts

    @admin.display(description="order", ordering="order__number")
    def order_linked(self, notice: Notice) -> str:
        url = reverse("admin:returns_order_change", args=[notice.order_id])
        return format_html('<a href="{}">{}</a>', url, notice.order.number)

    def has_hurry_permission(self, request: HttpRequest) -> bool:
        """Offered among drafts alone."""
        return may_send(request) and _of_drafts(request)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """What is a draft was not tried yet."""
        return may_send(request) and not _of_drafts(request)

    @admin.action(description="Send now", permissions=["hurry"])
    def send_now(self, request: HttpRequest, queryset: NoticeQuerySet) -> None:
        """Each under the name of who presses; what has left meanwhile is not counted."""
        sent = [row for row in queryset.drafts() if row.send_now(by=acting(request))]
        for notice in sent:
            self.log_change(request, notice, f"{SendNow.done}.")
        self.message_user(request, f"{len(sent)} of them leave now, signed with your name.")

    @admin.action(description="Try to send again", permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: NoticeQuerySet) -> None:
        """What went by email instead stays as it is."""
        keys = list(queryset.filter(NOTHING_WENT).values_list("pk", flat=True))
        count = Notice.objects.filter(pk__in=keys).send_again()
        self.message_user(request, f"{count} will be sent again.")

    # --- the page of one ----------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        notice = self.get_object(request, object_id)
        context: dict[str, Any] = {"title": ""}
        if notice is not None and self.has_view_permission(request, notice):
            context = page(notice, request, self.admin_site) | {
                "title": heading(notice),
                "subtitle": None,
                "buttons": buttons(request, notice),
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def get_urls(self) -> list[URLPattern]:
        return [self._url(name, act) for name, act in ACTS.items()] + super().get_urls()

    def _url(self, name: str, act: type[Act]) -> URLPattern:
        def view(request: HttpRequest, pk: int) -> HttpResponse:
            return self._act(request, pk, act)

        guarded = self.admin_site.admin_view(view)
        return path(f"<int:pk>/{name}/", guarded, name=f"returns_notice_{name}")

    def _act(self, request: HttpRequest, pk: int, act: type[Act]) -> HttpResponse:
        notice = self.get_object(request, str(pk))
        if notice is None or not self.has_view_permission(request) or not may_send(request):
            raise Http404
        if not act.fits(notice):
            now = in_words(notice, timezone.now())
            words = f"This message is “{now}” now, so this is no longer possible."
            self.message_user(request, words, messages.ERROR)
            return redirect("admin:returns_notice_change", pk)
        form = act(notice, request.POST) if request.method == "POST" else act(notice)
        if form.is_valid():
            return self._apply(request, notice, form)
        return self._form(request, notice, form)

    def _apply(self, request: HttpRequest, notice: Notice, form: Act) -> HttpResponse:
        if form.apply(acting(request)):
            self.log_change(request, notice, f"{form.done}.")
            self.message_user(request, form.said, messages.SUCCESS)
            if form.warning:
                self.message_user(request, form.warning, messages.WARNING)
        else:
            self.message_user(request, GONE, messages.ERROR)
        return redirect("admin:returns_notice_change", notice.pk)

    def _form(self, request: HttpRequest, notice: Notice, form: Act) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            **letter(notice),
            "opts": self.opts,
            "form": form,
            "title": f"{form.title}: {heading(notice)}",
        }
        return TemplateResponse(request, "admin/returns/notice/act.html", context)


def _of_drafts(request: HttpRequest) -> bool:
    return request.GET.get(NoticeStateFilter.parameter_name) == DRAFT


def heading(notice: Notice) -> str:
    return f"{notice.get_kind_display()}, order {notice.order.number}"


def may_send(request: HttpRequest) -> bool:
    return request.user.has_perm(SEND)


def buttons(request: HttpRequest, notice: Notice) -> list[tuple[str, str]]:
    """Address and words of what can be done now, by this member of staff."""
    if not may_send(request):
        return []
    return [
        (reverse(f"admin:returns_notice_{name}", args=[notice.pk]), act.title)
        for name, act in ACTS.items()
        if act.fits(notice)
    ]
