"""Event: one line of an order's history. Actor: who did it, always an argument."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class ActorKind(models.TextChoices):
    BUYER = "buyer", "Buyer"
    STAFF = "staff", "Staff"
    RULE = "rule", "By rule"
    SHOP = "shop", "The shop"
    CLOCK = "clock", "The clock"
    CARRIER = "carrier", "The carrier"


@dataclass(frozen=True)
class Actor:
    """Who does something. user: the staff member, when it is one."""

    kind: str
    user: "User | None" = None

    @classmethod
    def staff(cls, user: "User") -> Self:
        return cls(ActorKind.STAFF, user)

    @property
    def is_staff(self) -> bool:
        return self.kind == ActorKind.STAFF

    @property
    def is_buyer(self) -> bool:
        return self.kind == ActorKind.BUYER


BUYER = Actor(ActorKind.BUYER)
RULE = Actor(ActorKind.RULE)
SHOP = Actor(ActorKind.SHOP)
CLOCK = Actor(ActorKind.CLOCK)
CARRIER = Actor(ActorKind.CARRIER)


class EventKind(models.TextChoices):
    """What can happen; `returns/texts.py` has the sentence for each."""

    ORDER_CANCELLED = "order_cancelled", "Order cancelled in the shop"
    CONTACT_CHANGED = "contact_changed", "Contact changed in the shop"
    RETURN_REQUESTED = "return_requested", "Return requested"
    RETURN_APPROVED = "return_approved", "Return approved"
    INFO_REQUESTED = "info_requested", "More asked of the buyer"
    INFO_GIVEN = "info_given", "The buyer answered"
    RETURN_DECLINED = "return_declined", "Return declined"
    RETURN_APPEALED = "return_appealed", "The buyer asked to look again"
    RETURN_POSTED = "return_posted", "The buyer posted it"
    NUMBER_GIVEN = "number_given", "The buyer gave the tracking number"
    NUMBER_CORRECTED = "number_corrected", "The tracking number was corrected"
    NUMBER_CONFIRMED = "number_confirmed", "The tracking number was looked at"
    PHOTO_ADDED = "photo_added", "A photo was added"
    PHOTO_REMOVED = "photo_removed", "A photo was taken away"
    LABEL_ADDED = "label_added", "A label was added"
    PAPERS_ADDED = "papers_added", "Papers added"
    PAPERS_REMOVED = "papers_removed", "Papers taken away"
    RETURN_SCANNED = "return_scanned", "The carrier has it"
    RETURN_ARRIVED = "return_arrived", "The carrier says it is here"
    RETURN_RECEIVED = "return_received", "The parcel was opened"
    RECEIPT_UNDONE = "receipt_undone", "The receipt was taken back"
    RETURN_INSPECTED = "return_inspected", "Inspected"
    RETURN_RESOLVED = "return_resolved", "Decided what the buyer gets"
    RESOLUTION_DONE = "resolution_done", "Money or goods are sent"
    RESOLUTION_FAILED = "resolution_failed", "It could not be sent"
    GOODS_SENT_BACK = "goods_sent_back", "Goods sent back to the buyer"
    SURPLUS_DECIDED = "surplus_decided", "Decided about what came besides"
    RETURN_CANCELLED = "return_cancelled", "Return cancelled"
    RETURN_REMINDED = "return_reminded", "Reminder sent"
    RETURN_EXPIRED = "return_expired", "Return expired"
    RETURN_EXTENDED = "return_extended", "More time given"
    RETURN_PUT_RIGHT = "return_put_right", "Put right without a parcel"
    UPDATE_SENT = "update_sent", "We wrote as promised"
    PROMISE_BROKEN = "promise_broken", "A promise was not kept in time"
    MESSAGE_WRITTEN = "message_written", "The buyer wrote"
    MESSAGE_ANSWERED = "message_answered", "The desk answered"
    MESSAGE_READ = "message_read", "Read, needs no answer"
    CASE_GIVEN = "case_given", "Case given to somebody"
    CASE_CLOSED = "case_closed", "Case closed"
    CARRIER_ASKED = "carrier_asked", "The carrier was asked"
    CARRIER_ANSWERED = "carrier_answered", "The carrier answered"
    ADDRESS_CONFIRMED = "address_confirmed", "The buyer confirmed the address"
    ADDRESS_ASKED = "address_asked", "Another address (or the like) asked for"
    ADDRESS_SENT = "address_sent", "Warehouse or carrier asked"
    ADDRESS_ACCEPTED = "address_accepted", "The carrier said yes"
    ADDRESS_DONE = "address_done", "The change worked"
    ADDRESS_FAILED = "address_failed", "The change did not work"
    ADDRESS_WITHDRAWN = "address_withdrawn", "The change was withdrawn"
    ADDRESS_DECLINED = "address_declined", "The change was declined"
    ADDRESS_FEE_CHARGED = "address_fee_charged", "The fee was charged"
    PROBLEM_TOLD = "problem_told", "The buyer says that something is wrong"
    PROBLEM_OVER = "problem_over", "The buyer says that it is all right"
    INVESTIGATION_OPENED = "investigation_opened", "Investigation opened"
    INVESTIGATION_STEP = "investigation_step", "A step of the investigation was done"
    INVESTIGATION_ENDED = "investigation_ended", "Investigation ended"
    SIGNATURE_ASKED = "signature_asked", "Asked who took it in"
    SIGNATURE_ANSWERED = "signature_answered", "Answered who took it in"
    OFFER_MADE = "offer_made", "An offer was made"
    OFFER_ACCEPTED = "offer_accepted", "The offer was accepted"
    OFFER_DECLINED = "offer_declined", "The offer was not wanted"
    OFFER_ENDED = "offer_ended", "The offer ended"
    PARCEL_TURNED = "parcel_turned", "The parcel called back turned round"
    RECALL_FAILED = "recall_failed", "The parcel called back was delivered"
    RECALL_ASKED = "recall_asked", "A parcel is not wanted"
    KEPT_FOR_LESS = "kept_for_less", "The buyer keeps the parcel for less"
    GOODS_PLACED = "goods_placed", "Decided where goods stay that do not come back"
    SENT_AHEAD = "sent_ahead", "New goods are sent before the old ones are here"
    REPLACEMENT_SENT = "replacement_sent", "New goods are on their way"
    ORIGINAL_MISSING = "original_missing", "The old goods did not come"
    ORIGINAL_KEPT = "original_kept", "The buyer keeps old and new goods"
    VARIANT_GONE = "variant_gone", "What was chosen is sold out"
    VARIANT_CHOSEN = "variant_chosen", "The buyer chose again"
    GOODS_CAME_LATER = "goods_came_later", "Goods came after all was settled"
    REFUND_REVERSED = "refund_reversed", "The money came back to us"
    POSTAGE_CLAIMED = "postage_claimed", "The buyer sent the receipt for the postage"
    POSTAGE_DECIDED = "postage_decided", "Decided about the postage"
    WITHDRAWAL_RECEIVED = "withdrawal_received", "Withdrawal received"
    WITHDRAWAL_VERIFIED = "withdrawal_verified", "Withdrawal verified"
    WITHDRAWAL_SET_ASIDE = "withdrawal_set_aside", "Withdrawal has no effect"
    LEFT_ALL_THE_SAME = "left_all_the_same", "It left although it was withdrawn"
    WEIGHED_AGAIN = "weighed_again", "Weighed once more"
    EVIDENCE_MADE = "evidence_made", "An evidence pack was made"
    CODE_SENT = "code_sent", "A code was sent"
    LINKS_CLOSED = "links_closed", "Links closed by the desk"


# What the buyer's timeline does not tell: it would say nothing new, or tells of access.
HIDDEN_FROM_BUYER = frozenset(
    {
        EventKind.CODE_SENT,
        EventKind.ADDRESS_FEE_CHARGED,
        EventKind.CASE_GIVEN,
        EventKind.CASE_CLOSED,
        EventKind.MESSAGE_READ,
        EventKind.LINKS_CLOSED,
        EventKind.PHOTO_REMOVED,
        EventKind.RESOLUTION_FAILED,
        EventKind.EVIDENCE_MADE,
        EventKind.GOODS_PLACED,
    }
)


class EventQuerySet(models.QuerySet["Event"]):
    def note(
        self,
        order,
        kind: str,
        *,
        by: Actor,
        authorization=None,
        at: datetime | None = None,
        **data: Any,
    ) -> "Event":
        """Writes one line of history; `data` is plain JSON."""
        return self.create(
            order=order,
            authorization=authorization,
            kind=kind,
            at=at or timezone.now(),
            actor=by.kind,
            user=by.user,
            data=data,
        )


class Event(models.Model):
    """Written once, in the transaction of what it tells, and never changed."""

    order = models.ForeignKey("returns.Order", models.CASCADE, related_name="events")
    authorization = models.ForeignKey(
        "returns.ReturnAuthorization", models.CASCADE, null=True, blank=True, related_name="events"
    )
    kind = models.CharField(max_length=30, choices=EventKind)
    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=8, choices=ActorKind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    data = models.JSONField(default=dict, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.at:%Y-%m-%d %H:%M})"
