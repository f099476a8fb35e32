"""The desk: Django's admin, opened by what has to be done today."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.humanize.templatetags.humanize import apnumber
from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.timesince import timeuntil

from portal import access
from portal.views.errors import too_often
from returns import promise_rate
from returns.address_queues import WAITING, is_late
from returns.investigation_queues import WAITING as SEARCHES
from returns.models import (
    Case,
    ContactPoint,
    Document,
    Inbound,
    Message,
    Notice,
    Promise,
    ReturnAuthorization,
    SignatureQuestion,
)
from returns.queues import QUEUES, Queue, answer_is_late, word_due
from returns.states import Status
from returns.withdrawal_queues import WAITING as WITHDRAWN
from returns.withdrawal_queues import is_late as is_late_answer
from tracking import health
from tracking import queues as parcels
from tracking.models import Push
from tracking.work import WorkState

OVERDUE_SHOWN = 20
LANGUAGE = "en"
OVERDUE = "Promises overdue"
SEES_RETURNS, SEES_PARCELS = "returns.view_returnauthorization", "tracking.view_parcel"
SEES_MESSAGES, SEES_CASES = "returns.view_message", "returns.view_case"
SEES_SEARCHES = "returns.view_investigation"
SEES_WITHDRAWALS = "returns.view_withdrawal"
SEES_PROMISES, SEES_ADDRESSES = "returns.view_promise", "returns.view_addresschange"


@dataclass(frozen=True)
class Tile:
    """One queue: how many wait, since when, how many of them longer than promised; note:
    that in words. needs: the permission to open it."""

    name: str
    url: str
    count: int
    oldest: datetime | None = None
    late: int = 0
    note: str = ""
    needs: str = SEES_RETURNS


@dataclass(frozen=True)
class Group:
    """Tiles that the same people work on."""

    name: str
    tiles: list[Tile]


def _tile(queue: Queue, query: str) -> Tile:
    figures: dict[str, Any] = {"count": Count("pk"), "oldest": Min(queue.since)}
    if queue.owed:
        figures["late"] = Count("pk", filter=Q(queue.late()))
    url = reverse("admin:returns_returnauthorization_changelist") + f"?{query}"
    found = queue.rows().aggregate(**figures)
    late = found.get("late", 0)
    note = f"{apnumber(late)} later than promised" if late else ""
    return Tile(queue.label, url, **found, note=note)


def _work(*names: str) -> list[Tile]:
    return [_tile(QUEUES[name], f"work={name}") for name in names]


def _requests() -> list[Tile]:
    asked = ReturnAuthorization.objects.filter(status=Status.INFO_REQUESTED)
    appeals = _tile(QUEUES["appeals"], "work=appeals")
    return [
        _tile(QUEUES["answer"], "status=requested&work=answer"),
        replace(appeals, needs="returns.decide_appeal"),
        _tile(
            Queue("Waiting for the buyer’s answer", lambda: asked, "requested_at"),
            "status=info_requested",
        ),
        *_work("post", "put_right", "sold_out"),
    ]


def _coming_back() -> list[Tile]:
    return [
        *_work("receive", "inspect", "weigh", "called_back", "book", "delivered"),
        _signatures(),
    ]


def _signatures() -> Tile:
    """Parcels to us that somebody else signed for, as the carriers say."""
    found = SignatureQuestion.objects.of_warehouse().order_by()
    figures = found.aggregate(count=Count("pk"), oldest=Min("asked_at"))
    page = reverse("admin:returns_signaturequestion_changelist")
    url = f"{page}?answer=waiting&asks__exact=warehouse"
    return Tile(
        "Signed for by somebody else: is it here?",
        url,
        **figures,
        needs="returns.view_signaturequestion",
    )


def _conversation() -> list[Tile]:
    return [_messages(), *_cases(), *(_searches(name) for name in SEARCHES)]


def _searches(name: str) -> Tile:
    waiting = SEARCHES[name]
    found = waiting.rows().order_by().aggregate(count=Count("pk"), oldest=Min("opened_at"))
    url = reverse("admin:returns_investigation_changelist") + f"?queue={name}"
    late = found["count"] if name == "late" else 0
    return Tile(waiting.label, url, **found, late=late, needs=SEES_SEARCHES)


def _messages() -> Tile:
    waiting = Message.objects.unanswered().order_by()
    threads = Count("order", distinct=True)
    late = Count("order", distinct=True, filter=answer_is_late())
    found = waiting.aggregate(count=threads, oldest=Min("at"), late=late)
    missed = found["late"]
    note = f"{apnumber(missed)} later than promised" if missed else ""
    url = reverse("admin:returns_message_changelist") + "?answer=waiting"
    return Tile("Messages to answer", url, **found, note=note, needs=SEES_MESSAGES)


def _cases() -> list[Tile]:
    """The lists that these lead to show one's own first."""
    unowned = Case.objects.open().filter(owner=None)
    return [
        _of_cases("Cases nobody has looked at", "looked=no", Case.objects.unseen()),
        _of_cases("Cases without an owner", "state=open&whose=nobody", unowned),
    ]


def _of_cases(name: str, query: str, cases: QuerySet[Case]) -> Tile:
    late = Count("pk", filter=Q(word_due__lt=timezone.now()))
    known = cases.order_by().annotate(word_due=word_due())
    found = known.aggregate(count=Count("pk"), oldest=Min("opened_at"), late=late)
    note = f"{apnumber(found['late'])} with a promise that is late" if found["late"] else ""
    page = reverse("admin:returns_case_changelist")
    return Tile(name, f"{page}?{query}", **found, note=note, needs=SEES_CASES)


def _addresses() -> list[Tile]:
    return [_of_addresses(name) for name in WAITING]


def _of_addresses(name: str) -> Tile:
    waiting = WAITING[name]
    late = Count("pk", filter=Q(is_late()))
    rows = waiting.rows().order_by()
    found = rows.aggregate(count=Count("pk"), oldest=Min(waiting.since), late=late)
    note = f"{apnumber(found['late'])} later than promised" if found["late"] else ""
    page = reverse("admin:returns_addresschange_changelist")
    return Tile(waiting.label, f"{page}?queue={name}", **found, note=note, needs=SEES_ADDRESSES)


def _withdrawals() -> list[Tile]:
    return [*_work("stop", "on_proof", "left_late"), *(_declared(name) for name in WITHDRAWN)]


def _declared(name: str) -> Tile:
    waiting = WITHDRAWN[name]
    late = Count("pk", filter=Q(is_late_answer()))
    rows = waiting.rows().order_by()
    found = rows.aggregate(count=Count("pk"), oldest=Min("received_at"), late=late)
    note = f"{apnumber(found['late'])} later than promised" if found["late"] else ""
    page = reverse("admin:returns_withdrawal_changelist")
    return Tile(waiting.label, f"{page}?queue={name}", **found, note=note, needs=SEES_WITHDRAWALS)


def _to_look_into() -> list[Tile]:
    papers = Document.objects.from_buyers().filter(looked_at=None).order_by()
    found = papers.aggregate(count=Count("pk"), oldest=Min("added_at"))
    url = reverse("admin:returns_document_changelist") + "?sent_by=buyer&looked_at__isempty=1"
    return [
        *_work("surplus", "doubt", "quiet"),
        Tile("Papers from buyers", url, **found, needs="returns.view_document"),
    ]


def _promises() -> list[Tile]:
    late = Promise.objects.late().aggregate(count=Count("pk"), oldest=Min("late_since"))
    promises = reverse("admin:returns_promise_changelist") + "?state=open&due=late"
    given_up = Push.objects.filter(state=WorkState.DEAD)
    unread = given_up.aggregate(count=Count("pk"), oldest=Min("received_at"))
    pushes = reverse("admin:tracking_push_changelist") + "?state=dead"
    return [
        Tile(OVERDUE, promises, **late, late=late["count"], needs="returns.view_promise"),
        Tile("Carriers’ news not understood", pushes, **unread, needs="tracking.view_push"),
    ]


def _letters() -> list[Tile]:
    notices = reverse("admin:returns_notice_changelist")
    given_up = Notice.objects.filter(state=WorkState.DEAD, fallback=None)
    lost = given_up.aggregate(count=Count("pk"), oldest=Min("written_at"))
    broken = ContactPoint.objects.broken().aggregate(count=Count("pk"), oldest=Min("failed_at"))
    unread = Inbound.objects.filter(state=WorkState.DEAD)
    strange = unread.aggregate(count=Count("pk"), oldest=Min("received_at"))
    points = reverse("admin:returns_contactpoint_changelist") + "?arrives=no"
    inbound = reverse("admin:returns_inbound_changelist") + "?state__exact=dead"
    sees = "returns.view_notice"
    return [
        _drafts(),
        Tile("Letters that could not be sent", f"{notices}?state=lost", **lost, needs=sees),
        Tile("Addresses that bounce", points, **broken, needs="returns.view_contactpoint"),
        Tile("Incoming messages not understood", inbound, **strange, needs="returns.view_inbound"),
    ]


def _drafts() -> Tile:
    found = Notice.objects.drafts().aggregate(
        count=Count("pk"), oldest=Min("written_at"), next=Min("due_at")
    )
    url = reverse("admin:returns_notice_changelist") + "?state=draft"
    goes = found.pop("next")
    note = f"the next goes by itself in {timeuntil(goes, depth=1)}" if goes else ""
    return Tile("Drafts to read", url, **found, note=note, needs="returns.view_notice")


def _under_way() -> list[Tile]:
    page = reverse("admin:tracking_parcel_changelist")
    tiles = [
        Tile(
            parcels.TROUBLES[name].label,
            f"{page}?wrong={name}",
            found.count,
            found.oldest,
            needs=SEES_PARCELS,
        )
        for name, found in parcels.troubles().items()
    ]
    left = parcels.unfollowed_figures()
    refused = f"{page}?follow=refused"
    return [
        *tiles,
        Tile(
            "Numbers that nobody follows",
            refused,
            left.count,
            left.oldest,
            needs=SEES_PARCELS,
        ),
        _silent_providers(),
    ]


def _silent_providers() -> Tile:
    silent = health.silent()
    heard = min((row.last_answer_at or row.created_at for row in silent), default=None)
    page = reverse("admin:tracking_connection_health")
    name = "Providers that do not answer"
    return Tile(name, page, len(silent), heard, needs="tracking.view_connection")


@dataclass(frozen=True)
class Section:
    """A group before it is counted. works: the permission of those who work on it. sees:
    the permissions of whom it shows anything."""

    name: str
    works: str
    tiles: Callable[[], list[Tile]]
    sees: tuple[str, ...] = (SEES_RETURNS,)


GROUPS: tuple[Section, ...] = (
    Section(
        "Messages and cases",
        "returns.answer_message",
        _conversation,
        (SEES_MESSAGES, SEES_CASES, SEES_SEARCHES),
    ),
    Section("Addresses", "returns.decide_address", _addresses, (SEES_ADDRESSES,)),
    Section("Requests", "returns.decide_return", _requests),
    Section(
        "Withdrawals",
        "returns.decide_withdrawal",
        _withdrawals,
        (SEES_WITHDRAWALS, SEES_RETURNS),
    ),
    Section("Parcels that come back", "returns.receive_return", _coming_back),
    Section(
        "Money and goods",
        "returns.settle_return",
        lambda: _work("settle", "send", "ahead", "missing", "refunds", "postage"),
    ),
    Section("To look into", "returns.decide_return", _to_look_into),
    Section(
        "Parcels on their way",
        "tracking.change_parcel",
        _under_way,
        (SEES_PARCELS, "tracking.view_connection"),
    ),
    Section("Our word", "returns.decide_return", _promises),
    Section(
        "Letters",
        "returns.send_notice",
        _letters,
        ("returns.view_notice", "returns.view_contactpoint", "returns.view_inbound"),
    ),
)


def may_see(request: HttpRequest, needs: str) -> bool:
    """As the desk's own pages do, who may change a thing may look at it."""
    may = request.user.has_perm
    return may(needs) or may(needs.replace(".view_", ".change_"))


def groups(request: HttpRequest) -> list[Group]:
    """Every queue of the desk in the order in which it should be worked: what this member
    of staff may do comes first."""
    seen = [group for group in GROUPS if any(may_see(request, needs) for needs in group.sees)]
    mine = sorted(seen, key=lambda group: not request.user.has_perm(group.works))
    found = [
        Group(group.name, [tile for tile in group.tiles() if may_see(request, tile.needs)])
        for group in mine
    ]
    return [group for group in found if group.tiles]


class Desk(AdminSite):
    site_title = "Homeward"
    site_header = "Homeward desk"
    index_title = "Today"
    index_template = "admin/today.html"
    enable_nav_sidebar = False

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """The desk's words are English; Django's own around them shall be, too."""
        guarded = super().admin_view(view, cacheable)

        def in_english(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            translation.activate(LANGUAGE)  # until the next request: pages render later
            return guarded(request, *args, **kwargs)

        return in_english

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        translation.activate(LANGUAGE)
        if request.method == "POST" and (again_at := access.may_log_in(request)):
            return too_often(request, again_at)
        return super().login(request, extra_context)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        found = groups(request)
        context: dict[str, Any] = {"groups": found, "sees_returns": may_see(request, SEES_RETURNS)}
        if context["sees_returns"]:
            overdue = Promise.objects.late().select_related("order", "authorization")
            context |= {
                "overdue": overdue[:OVERDUE_SHOWN],
                "late": sum(t.count for g in found for t in g.tiles if t.name == OVERDUE),
            }
        if may_see(request, SEES_PROMISES):
            context["kept"], context["kept_before"] = promise_rate.this_and_last()
        return super().index(request, context | (extra_context or {}))
