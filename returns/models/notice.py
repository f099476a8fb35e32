"""Notice: one message to one person over one channel, written with the change it tells.

It is a leased row: written in the transaction of the change, delivered afterwards by
`returns.tasks.deliver_notices` (returns/models/sending.py), at least once, under one
Message-ID. Held, it is a draft that a person may read, change, send or drop.
"""

import hashlib
import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from returns.channels import Delivery, Report
from returns.models.event import Actor
from returns.models.sending import Sending
from returns.rounds import in_time
from tracking.work import LeasedQuerySet, WorkState, lease_indexes

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django_stubs_ext.db.models.manager import RelatedManager

    from returns.models.authorization import ReturnAuthorization
    from returns.models.case import Case
    from returns.models.channel_account import ChannelAccount
    from returns.models.order import Order
    from returns.models.promise import Promise
    from returns.models.shipment import Shipment
    from returns.models.thread import Message


logger = logging.getLogger(__name__)
# Rows that one round takes.
AT_ONCE = 200


class NoticeKind(models.TextChoices):
    """Each has its templates: templates/notices/<kind>.{subject,text,html}."""

    RETURN_REQUESTED = "return_requested", "Request received"
    RETURN_APPROVED = "return_approved", "Approved, with the instructions"
    INFO_REQUESTED = "info_requested", "More needed"
    QUESTION_REMINDER = "question_reminder", "Our question once more"
    RETURN_DECLINED = "return_declined", "Declined"
    RETURN_CANCELLED = "return_cancelled", "Cancelled"
    RETURN_PUT_RIGHT = "return_put_right", "Put right without a parcel"
    RETURN_REMINDER = "return_reminder", "Reminder before the deadline"
    RETURN_EXPIRED = "return_expired", "Expired"
    RETURN_SCANNED = "return_scanned", "The carrier has the return"
    RETURN_NEWS = "return_news", "News of the parcel that comes back"
    RETURN_UPDATE = "return_update", "Where the return is"
    RETURN_ARRIVED = "return_arrived", "The return is with us"
    RETURN_RECEIVED = "return_received", "The return was opened"
    RETURN_RESOLVED = "return_resolved", "Decided what the buyer gets"
    RETURN_SETTLED = "return_settled", "Money or goods are sent"
    ORDER_NEWS = "order_news", "News of the parcels"
    ORDER_UPDATE = "order_update", "Where the parcel is"
    PROMISE_LATE = "promise_late", "We are late"
    MESSAGE_RECEIVED = "message_received", "We have your message"
    MESSAGE_ANSWER = "message_answer", "Answer of a person"
    ADDRESS_QUESTION = "address_question", "Is the address right?"
    ADDRESS_ASKED = "address_asked", "A change of address was asked for"
    ADDRESS_NEWS = "address_news", "What became of the change of address"
    PROBLEM_RECEIVED = "problem_received", "We have heard that something is wrong"
    PROBLEM_REMINDER = "problem_reminder", "It can be reported now"
    INVESTIGATION_NEWS = "investigation_news", "What the investigation found"
    SIGNATURE_QUESTION = "signature_question", "Who took it in?"
    OFFER_MADE = "offer_made", "An offer"
    RETURN_POSTAGE = "return_postage", "Answer about the postage"
    REPLACEMENT_SENT = "replacement_sent", "New goods are on their way"
    ORIGINAL_REMINDER = "original_reminder", "The old goods are awaited"
    VARIANT_GONE = "variant_gone", "What was chosen is sold out"
    REFUND_REVERSED = "refund_reversed", "The money came back to us"
    WITHDRAWAL_NEWS = "withdrawal_news", "What follows from the withdrawal"
    CONTACT_CHANGED = "contact_changed", "Contact was changed"
    ACCESS_CODE = "access_code", "Code to open the order"


class Channel(models.TextChoices):
    EMAIL = "email", "Email"
    SMS = "sms", "SMS"
    WHATSAPP = "whatsapp", "WhatsApp"


class What(models.TextChoices):
    """What a piece of news is about."""

    TROUBLE = "trouble", "Something is wrong"
    OVER = "over", "The trouble is over"
    POSTED = "posted", "The parcel left"
    NUMBER = "number", "Its number was corrected"
    ARRIVED = "arrived", "The parcel arrived"


# Never kept after sending: the text itself would open the order.
SECRET_KINDS = frozenset({NoticeKind.ACCESS_CODE})
# Nothing else is asked before these have left (AddressChange.told).
URGENT_KINDS = SECRET_KINDS | {NoticeKind.ADDRESS_ASKED}
# Several pieces of these within minutes are one message.
GATHERED = frozenset({NoticeKind.ORDER_NEWS, NoticeKind.RETURN_NEWS})
# A draft whose news has turned good need not be held.
GOOD_NEWS = frozenset({What.OVER, What.ARRIVED})


class NoticeQuerySet(LeasedQuerySet["Notice"]):
    def send_again(self) -> int:
        """What was given up is tried anew; what arrived, or went by email instead, is never
        sent twice from here."""
        return self.filter(state=WorkState.DEAD, fell_back=False).update(
            state=WorkState.DUE, due_at=timezone.now(), attempts=0, done_at=None
        )

    def urgent(self) -> "NoticeQuerySet":
        """What somebody sits waiting for, and what is worth nothing in ten minutes."""
        return self.filter(kind__in=URGENT_KINDS)

    def next_one(self, without: Collection[str] = ()) -> "list[Notice]":
        """The one that goes next, claimed; none when nothing is due. without: channels."""
        others = self.exclude(channel__in=without)
        return others.urgent().claim(1) or others.claim(1)

    def drafts(self, now: datetime | None = None) -> "NoticeQuerySet":
        """Held for a person, the one that goes next first."""
        now = now or timezone.now()
        held = self.filter(state=WorkState.DUE, held_until__gt=now)
        return held.order_by("held_until", "pk")

    def write(
        self,
        order: "Order",
        kind: str,
        *,
        event: str,
        authorization: "ReturnAuthorization | None" = None,
        recipient: str = "",
        channel: str = "",
        entry: "Message | None" = None,
        keeps: "Promise | None" = None,
        sent_by: "User | None" = None,
        held_until: datetime | None = None,
        now: datetime | None = None,
        **facts: Any,
    ) -> "Notice | None":
        """Writes a message to the buyer of `order`, once per event, person and channel.

        event: names the change that it tells ("return-12-approved"). recipient: somebody
        in particular; else whoever the order names when it is sent. channel: else the one
        that the buyer agreed to. entry: of the thread, that it carries. keeps: the promise
        that it keeps. sent_by: whose name stands under it. held_until: a draft until then.
        facts: plain JSON for the template.
        None when nobody can be reached. The worker's bell rings after commit; if that is
        lost, the minute's sweep finds the row.
        """
        from returns import routes, tasks

        now = now or timezone.now()
        route = routes.of(order, kind, channel, now) if not recipient else None
        to, over = (recipient, Channel.EMAIL) if recipient else (route or ("", ""))
        if not to:
            return None
        key = dedupe_key(event, kind, over, to)
        notice, made = self.get_or_create(
            dedupe_key=key,
            defaults={
                "order": order,
                "authorization": authorization,
                "kind": kind,
                "channel": over,
                "recipient": to,
                "is_addressed": bool(recipient),
                "language": order.language or order.store.language,
                "facts": facts,
                "message_id": message_id(key),
                "entry": entry,
                "keeps": keeps,
                "sent_by": sent_by,
                "held_until": held_until,
                "written_at": now,
                "due_at": held_until or now,
            },
        )
        if made:
            transaction.on_commit(tasks.ring, robust=True)
        return notice

    def gather(
        self,
        order: "Order",
        kind: str,
        *,
        event: str,
        what: str,
        authorization: "ReturnAuthorization | None" = None,
        case: "Case | None" = None,
        shipment: "Shipment | None" = None,
        held: bool = False,
        now: datetime | None = None,
    ) -> "Notice | None":
        """Adds one piece of news to the message about this order that has not left yet, or
        begins one. held: as long as the store wants a person to be able to read it."""
        from returns import routes

        now = now or timezone.now()
        route = routes.of(order, kind, "", now)
        if route is None:
            return None
        to, over = route
        key = dedupe_key(event, kind, over, to)
        told = NoticeEvent.objects.filter(key=key).select_related("notice").first()
        if told:
            return told.notice
        store = order.store
        soon = now + timedelta(minutes=store.gather_minutes)
        held_until = now + timedelta(minutes=store.hold_minutes) if held else None
        with transaction.atomic():
            joined = self._joined(order, kind, route, authorization, what, case, soon, held_until)
            notice = joined or self.write(
                order,
                kind,
                event=event,
                authorization=authorization,
                held_until=held_until if held_until and held_until > soon else None,
                now=now,
            )
            assert notice
            if joined is None and notice.held_until is None:  # later pieces do not put it off
                self.filter(pk=notice.pk, state=WorkState.DUE, attempts=0).update(due_at=soon)
            NoticeEvent.objects.get_or_create(
                key=key,
                defaults={
                    "notice": notice,
                    "what": what,
                    "case": case,
                    "shipment": shipment,
                    "at": now,
                },
            )
        return notice

    def _joined(
        self,
        order: "Order",
        kind: str,
        route: tuple[str, str],
        authorization: "ReturnAuthorization | None",
        what: str,
        case: "Case | None",
        soon: datetime,
        held_until: datetime | None,
    ) -> "Notice | None":
        """The one that has not left and may still take this in; a worker that claims it at
        this moment comes before or after, never between. What a person has rewritten takes
        in nothing: the words are theirs."""
        waiting = self.filter(
            order=order,
            kind=kind,
            recipient=route[0],
            channel=route[1],
            authorization=authorization,
            state=WorkState.DUE,
            attempts=0,
            edited_at=None,
        )
        notice = waiting.select_related("order__store", "keeps").order_by("pk").first()
        if notice is None:
            return None
        values: dict[str, Any] = {"attempts": 0}
        if notice.held_until:
            if what in GOOD_NEWS and not notice.tells_trouble(without=case):
                values = {"held_until": None, "due_at": min(soon, notice.due_at)}
        elif held_until and (until := min(held_until, notice.latest)) > soon:
            values = {"held_until": until, "due_at": until}
        return notice if waiting.filter(pk=notice.pk).update(**values) else None

    def have_told(self, case: "Case") -> bool:
        """Whether a letter about this trouble has begun to leave. One that has not cannot
        begin while we look: it is locked until we are done."""
        about = self.filter(news__case=case, news__what=What.TROUBLE)
        states = about.select_for_update(of=("self",)).values_list("state", "attempts")
        gone = (WorkState.DONE, WorkState.CLAIMED)
        return any(state in gone or (state == WorkState.DUE and tries) for state, tries in states)

    def reported(self, report: Report, account: "ChannelAccount | None" = None) -> str:
        """A provider told what became of a message; returns a line for the desk. account:
        whose messages it may speak of, None for emails. Reports come in any order and more
        than once: nothing falls back."""
        mine = Q(channel=Channel.EMAIL)
        if account:  # it may speak before our own row says through whom it went
            unsent = Q(account=None, channel=account.channel, order__store=account.store_id)
            mine = Q(account=account) | unsent
        named = Q(message_id=report.key) if report.key else Q(pk=None)
        named |= Q(provider_id=report.id) if report.id else Q(pk=None)
        notice = self.filter(mine & named).order_by("-pk").first()
        if notice is None:
            return "About a message that is not ours."
        notice.take(report)
        return f"Message {notice.pk}: {report.state}."

    def fall_back(self, now: datetime) -> None:
        """What was given up goes by email; one that cannot holds up no other."""
        for notice in in_time(self.given_up().select_related("order")[:AT_ONCE]):
            try:
                notice.fall_back(now)
            except Exception:
                logger.exception("notice %s could not go by email instead", notice.pk)

    def given_up(self) -> "NoticeQuerySet":
        """What never arrived over its channel, and has not been sent by email instead."""
        lost = Q(state=WorkState.DEAD) | Q(state=WorkState.DONE, provider_state=Delivery.FAILED)
        lost &= ~Q(channel=Channel.EMAIL)
        return self.filter(lost, fell_back=False)


def dedupe_key(event: str, kind: str, channel: str, recipient: str) -> str:
    """One per event, person and channel."""
    person = hashlib.sha256(recipient.casefold().encode()).hexdigest()[:12]
    return f"{event}:{kind}:{channel}:{person}"


def message_id(key: str) -> str:
    """The same for every attempt, so that a mailbox that folds repeats shows one."""
    host = settings.MAIL_FROM.rpartition("@")[2].rstrip(">") or "localhost"
    return f"<{hashlib.sha256(f'{settings.BASE_URL} {key}'.encode()).hexdigest()[:40]}@{host}>"


class Notice(Sending):
    """recipient: an email address or a number. is_addressed: it was written to this very
    person; else whoever the order names at sending gets it. words: what a person wrote in
    its place ({"subject", "body"}), version: of the text that stood there before."""

    order = models.ForeignKey("returns.Order", models.CASCADE, related_name="notices")
    authorization = models.ForeignKey(
        "returns.ReturnAuthorization",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="notices",
    )
    kind = models.CharField(max_length=30, choices=NoticeKind)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.EMAIL)
    recipient = models.CharField(max_length=254)
    is_addressed = models.BooleanField(default=False, editable=False)
    language = models.CharField(max_length=12)
    facts = models.JSONField(default=dict, blank=True)
    dedupe_key = models.CharField(max_length=160, unique=True)
    message_id = models.CharField(max_length=200)
    written_at = models.DateTimeField(default=timezone.now)
    subject = models.CharField(max_length=250, blank=True, help_text="As it was sent.")
    text = models.TextField(blank=True, help_text="As it was sent.")

    held_until = models.DateTimeField(
        null=True, blank=True, help_text="A draft until then; after that it leaves by itself."
    )
    words = models.JSONField("words of a person", default=dict, blank=True)
    version = models.CharField("version of the text", max_length=40, blank=True)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    edited_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whose name stands under it; empty: the shop’s.",
    )
    entry = models.ForeignKey(
        "returns.Message", models.SET_NULL, null=True, blank=True, related_name="notices"
    )
    keeps = models.ForeignKey(
        "returns.Promise", models.SET_NULL, null=True, blank=True, related_name="kept_by"
    )

    account = models.ForeignKey(
        "returns.ChannelAccount", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    admitted_at = models.DateTimeField(null=True, blank=True, editable=False)
    provider_id = models.CharField(max_length=200, blank=True)
    provider_state = models.CharField(max_length=10, blank=True)
    provider_state_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(
        "page opened", null=True, blank=True, help_text="Its link was first followed."
    )
    falls_back_from = models.OneToOneField(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="fallback",
        help_text="The message that did not arrive over its channel.",
    )
    fell_back = models.BooleanField(default=False, editable=False)

    objects = NoticeQuerySet.as_manager()

    if TYPE_CHECKING:
        news: RelatedManager["NoticeEvent"]

    class Meta:
        ordering = ["-written_at", "-pk"]
        indexes = [
            *lease_indexes("notice"),
            models.Index(
                fields=["held_until"],
                name="notice_held",
                condition=Q(state="due", held_until__isnull=False),
            ),
            models.Index(
                fields=["provider_id"], name="notice_provider_id", condition=~Q(provider_id="")
            ),
            models.Index(fields=["message_id"], name="notice_message_id"),
            models.Index(fields=["recipient"], name="notice_number", condition=~Q(channel="email")),
            models.Index(
                fields=["done_at"],
                name="notice_given_up",
                condition=Q(state="dead") | Q(provider_state="failed"),
            ),
        ]
        permissions = [("send_notice", "Can change, send and drop drafts")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} → {self.order_id}"

    # --- what a person does with a draft ----------------------------------------------------

    def is_draft(self, now: datetime | None = None) -> bool:
        held = self.held_until is not None and self.held_until > (now or timezone.now())
        return held and self.state == WorkState.DUE

    @property
    def next_word(self) -> "Promise | None":
        """The promise that it tells: by when we write again. Where it keeps one itself, the
        next of that kind, which is made as soon as it has left."""
        from returns.models.promise import Promise, PromiseKind

        if again_at := self.facts.get("again_at"):
            kind = self.keeps.kind if self.keeps else PromiseKind.UPDATE
            return Promise(order=self.order, kind=kind, due_at=datetime.fromisoformat(again_at))
        mine = Promise.objects.open().filter(order=self.order, authorization=self.authorization)
        return mine.order_by("due_at", "pk").first()

    @property
    def latest(self) -> datetime:
        """Until when more news may hold it: its first piece waits no longer than it would
        alone, and neither does the promise that it keeps."""
        from returns.models.promise import MARGIN

        store = self.order.store
        own = self.written_at + timedelta(minutes=store.gather_minutes + store.hold_minutes)
        return min(own, self.keeps.due_at - MARGIN) if self.keeps else own

    def tells_trouble(self, without: "Case | None" = None) -> bool:
        """Whether it tells of something that is still wrong. without: that is over now."""
        troubles = self.news.filter(what=What.TROUBLE, case__closed_at=None)
        return troubles.exclude(case=without).exists()

    @property
    def can_be_changed(self) -> bool:
        """Nobody has begun to send it."""
        return self.state == WorkState.DUE and not self.attempts

    @property
    def mark(self) -> str:
        """What changes whenever somebody edits it, or more news comes into it."""
        edited = self.edited_at.isoformat() if self.edited_at else ""
        return f"{edited}/{self.news.count()}"

    def edit(
        self, subject: str, body: str, *, by: Actor, seen: str = "", now: datetime | None = None
    ) -> bool:
        """A person's words take the place of ours, under that person's name. seen: the `mark`
        of what that person read. False when it left, or changed, in the meantime."""
        from returns import letters

        now = now or timezone.now()
        words = {"subject": subject, "body": body}
        version = self.version or letters.version(self.kind)
        with transaction.atomic():
            self.order.locked()
            # News that joins without that lock changes this row first, and so waits here.
            here = Notice.objects.select_for_update(of=("self",), no_key=True).get(pk=self.pk)
            if seen not in ("", here.mark):
                return False
            return self._while_here(
                words=words, version=version, edited_by=by.user, edited_at=now, sent_by=by.user
            )

    def send_now(self, *, by: Actor, now: datetime | None = None) -> bool:
        """Leaves at once, under the name of who sent it."""
        from returns import tasks

        now = now or timezone.now()
        if not self._while_here(held_until=None, due_at=now, sent_by=by.user):
            return False
        transaction.on_commit(tasks.ring, robust=True)
        return True

    def drop_by_hand(self, reason: str, *, by: Actor, now: datetime | None = None) -> bool:
        """It does not leave, and why stands in the row. A promise that it would have kept
        stays open, and is kept in another way or breaks."""
        return self._while_here(
            state=WorkState.DROPPED,
            done_at=now or timezone.now(),
            last_error=reason[:2000],
            edited_by=by.user,
        )

    def _while_here(self, **values: Any) -> bool:
        here = Notice.objects.filter(pk=self.pk, state=WorkState.DUE, attempts=0)
        if not here.update(**values):
            return False
        for name, value in values.items():
            setattr(self, name, value)
        return True


class NoticeEvent(models.Model):
    """One piece of news that a notice tells. key: once per event, person and channel."""

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="news")
    key = models.CharField(max_length=160, unique=True)
    what = models.CharField(max_length=8, choices=What)
    case = models.ForeignKey(
        "returns.Case", models.CASCADE, null=True, blank=True, related_name="news"
    )
    shipment = models.ForeignKey(
        "returns.Shipment", models.CASCADE, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_what_display()} ({self.notice_id})"
