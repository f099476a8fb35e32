"""Where a notice stands, in the desk's words, and the lists that they narrow down to."""

from datetime import datetime
from typing import Any, cast

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.timesince import timeuntil

from returns.channels import Delivery
from returns.models import Notice
from returns.models.notice import NoticeQuerySet
from tracking.work import WorkState

DRAFT, LOST = "draft", "lost"
WORDS: dict[str, str] = {
    DRAFT: "Draft",
    WorkState.DUE: "Waiting",
    WorkState.CLAIMED: "Being sent",
    WorkState.DONE: "Sent",
    Delivery.DELIVERED: "Delivered",
    Delivery.READ: "Read",
    Delivery.FAILED: "Failed",
    WorkState.DEAD: "Given up",
    WorkState.DROPPED: "Dropped",
}
# What a provider told after it was sent.
TOLD = (Delivery.DELIVERED, Delivery.READ, Delivery.FAILED)
# Given up, and no other message tells it instead.
NOTHING_WENT = Q(state=WorkState.DEAD, fallback=None)


def state_of(notice: Notice, now: datetime) -> str:
    """A key of WORDS."""
    if notice.is_draft(now):
        return DRAFT
    if notice.state == WorkState.DONE and notice.provider_state in TOLD:
        return notice.provider_state
    return notice.state


def in_words(notice: Notice, now: datetime) -> str:
    """With the time at which it goes, while it has not: Draft, goes by itself in 12 minutes."""
    state = state_of(notice, now)
    words = WORDS[state]
    if state == DRAFT:
        leaves_at = max(notice.due_at, notice.held_until or notice.due_at)
        return f"{words}, goes by itself in {timeuntil(leaves_at, now, depth=1)}"
    if state == WorkState.DUE and notice.due_at > now:
        return f"{words}, goes in {timeuntil(notice.due_at, now, depth=1)}"
    return words


class NoticeStateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        named = WORDS | {DRAFT: "Drafts", LOST: "Given up, and nothing went instead"}
        return list(named.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        notices, now = cast(NoticeQuerySet, queryset), timezone.now()
        match self.value():
            case "draft":
                return notices.drafts(now)
            case "lost":
                return notices.filter(NOTHING_WENT)
            case WorkState.DUE:
                return notices.filter(state=WorkState.DUE).exclude(held_until__gt=now)
            case WorkState.DONE:
                return notices.filter(state=WorkState.DONE).exclude(provider_state__in=TOLD)
            case state if state in TOLD:
                return notices.filter(state=WorkState.DONE, provider_state=state)
            case state if state in WorkState.values:
                return notices.filter(state=state)
        return notices
