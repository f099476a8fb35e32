"""Whether a letter that waits to be sent is still news."""

from datetime import datetime

from django.utils import timezone

from returns.codes import ResolutionKind
from returns.letters import money_back, offer, problem, withdrawal
from returns.letters.parts import renewed
from returns.models import sending_ahead
from returns.models.access import FindAttempt
from returns.models.address_change import AddressChange
from returns.models.authorization import ReturnAuthorization
from returns.models.case import Case
from returns.models.notice import Notice, NoticeEvent, NoticeKind, What
from returns.models.resolution import Resolution
from returns.models.signature import SignatureQuestion
from returns.states import ENDED, SETTLED, ResolutionState, Status
from tracking.milestones import FINAL, Milestone

# What a return must be like for its news to be news.
STILL: dict[str, frozenset[str]] = {
    NoticeKind.RETURN_REQUESTED: frozenset({Status.REQUESTED}),
    NoticeKind.RETURN_APPROVED: frozenset({Status.APPROVED}),
    NoticeKind.INFO_REQUESTED: frozenset({Status.INFO_REQUESTED}),
    NoticeKind.QUESTION_REMINDER: frozenset({Status.INFO_REQUESTED}),
    NoticeKind.RETURN_DECLINED: frozenset({Status.DECLINED}),
    NoticeKind.RETURN_CANCELLED: frozenset({Status.CANCELLED}),
    NoticeKind.RETURN_PUT_RIGHT: SETTLED,
    NoticeKind.RETURN_REMINDER: frozenset({Status.APPROVED}),
    NoticeKind.RETURN_EXPIRED: frozenset({Status.EXPIRED}),
    NoticeKind.RETURN_SCANNED: frozenset({Status.IN_TRANSIT}),
    NoticeKind.RETURN_UPDATE: frozenset({Status.APPROVED, Status.IN_TRANSIT}),
    NoticeKind.RETURN_ARRIVED: frozenset({Status.APPROVED, Status.IN_TRANSIT, *ENDED}),
    NoticeKind.RETURN_RECEIVED: frozenset({Status.RECEIVED, Status.INSPECTED}),
    NoticeKind.RETURN_RESOLVED: SETTLED,
}


def is_still_true(notice: Notice, now: datetime | None = None) -> bool:
    """Whether the letter is still news. What came after it has a letter of its own."""
    now = now or timezone.now()
    match notice.kind:
        case kind if kind in STILL:
            rma = notice.authorization
            return rma is not None and _is_news_of(rma, notice, now)
        case NoticeKind.ORIGINAL_REMINDER | NoticeKind.VARIANT_GONE:
            rma = notice.authorization
            return rma is not None and _is_news_of_exchange(rma, notice, now)
        case NoticeKind.RETURN_SETTLED | NoticeKind.REPLACEMENT_SENT:
            sent = Resolution.objects.filter(
                pk=notice.facts.get("resolution"), state=ResolutionState.SUCCEEDED
            )
            return sent.exists()
        case NoticeKind.REFUND_REVERSED:
            return money_back.is_news(notice)
        case NoticeKind.SIGNATURE_QUESTION:
            mine = SignatureQuestion.objects.open().filter(pk=notice.facts["question"])
            return mine.exists()
        case NoticeKind.OFFER_MADE:
            return offer.still_stands(notice, now)
        case NoticeKind.ORDER_UPDATE:
            return notice.order.awaits_news(now)
        case NoticeKind.ORDER_NEWS | NoticeKind.RETURN_NEWS:
            return bool(still_news(notice))
        case NoticeKind.ADDRESS_QUESTION:
            # The answer comes back to who is asked: not to a contact that is new itself.
            return notice.order.waits_for_confirmation and not notice.order.contact_is_new(now)
        case NoticeKind.ADDRESS_NEWS:
            return _is_news_of_address(notice)
        case NoticeKind.WITHDRAWAL_NEWS:
            return withdrawal.is_news(notice, now)
        case NoticeKind.PROBLEM_REMINDER | NoticeKind.INVESTIGATION_NEWS:
            return problem.is_news(notice, now)
        case NoticeKind.MESSAGE_RECEIVED:
            # Answered already: that was quick, and says more.
            return notice.entry is None or notice.entry.answered_at is None
        case NoticeKind.PROMISE_LATE:
            return renewed(notice) is not None
        case NoticeKind.ACCESS_CODE:
            attempt = FindAttempt.objects.filter(pk=notice.facts.get("attempt")).first()
            if attempt is None or attempt.order is None or attempt.is_spent:
                return False
            # Never to an address that was taken off the order in the meantime.
            theirs = attempt.order.contact(sensitive=attempt.sensitive, now=now)
            in_time = attempt.expires_at is not None and now < attempt.expires_at
            return in_time and theirs == notice.recipient
    return True


def _is_news_of_exchange(rma: ReturnAuthorization, notice: Notice, now: datetime) -> bool:
    if notice.kind == NoticeKind.VARIANT_GONE:
        return rma.variant_gone_at is not None
    match notice.facts.get("about"):
        case sending_ahead.SOON:
            waits = rma.status == Status.APPROVED and rma.posted_at is None
            return waits and rma.post_by is not None and now < rma.post_by
        case sending_ahead.OVER:
            return rma.misses_original
    return rma.status in SETTLED


def still_news(notice: Notice) -> list[NoticeEvent]:
    """What of its news is true now, in the order in which it happened."""
    told = notice.news.select_related("case__parcel", "case__incident", "shipment__parcel")
    return [event for event in told if _is_true(event)]


def _is_true(event: NoticeEvent) -> bool:
    case, shipment = event.case, event.shipment
    match event.what:
        case What.TROUBLE:
            return case is not None and case.is_open
        case What.OVER:
            if case is None or case.is_open or case.parcel.milestone in FINAL:
                return False
            others = Case.objects.open().filter(order_id=case.order_id, parcel_id=case.parcel_id)
            return not others.exists()
    parcel = shipment.parcel if shipment else None
    if event.what == What.ARRIVED:
        return parcel is not None and parcel.milestone == Milestone.DELIVERED
    return shipment is not None and (parcel is None or parcel.milestone not in FINAL)


def _is_news_of_address(notice: Notice) -> bool:
    """What has moved on since has a letter of its own; "no answer yet" ends with the answer."""
    mine = AddressChange.objects.filter(order=notice.order)
    if "status" not in notice.facts:
        return mine.unanswered().exists()
    return mine.filter(pk=notice.facts["change"], status=notice.facts["status"]).exists()


def _is_news_of(rma: ReturnAuthorization, notice: Notice, now: datetime) -> bool:
    if rma.status not in STILL[notice.kind]:
        # With nothing to send it may be decided before the letter leaves.
        kept = notice.kind == NoticeKind.RETURN_APPROVED and rma.keeps_goods
        # And the buyer may ask to look again at what was decided.
        asked = notice.kind == NoticeKind.RETURN_REQUESTED and rma.is_appealed
        return (kept or asked) and rma.status in SETTLED
    match notice.kind:
        case NoticeKind.INFO_REQUESTED:
            return notice.facts.get("question") == rma.question
        case NoticeKind.RETURN_APPROVED if "label" in notice.facts:
            label = rma.documents.filter(pk=notice.facts["label"])
            return rma.posted_at is None and label.exists()
        case NoticeKind.RETURN_REMINDER:
            return rma.posted_at is None and rma.post_by is not None and now < rma.post_by
        case NoticeKind.RETURN_EXPIRED:
            # Who gave the number since knows of the end, and a person is at it.
            return rma.posted_at is None
        case NoticeKind.RETURN_SCANNED | NoticeKind.RETURN_UPDATE:
            return rma.awaits_arrival
        case NoticeKind.RETURN_ARRIVED:
            return rma.arrived_at is not None
        case NoticeKind.RETURN_RECEIVED:
            receipt = notice.facts.get("receipt")
            return rma.receipts.filter(pk=receipt, undone_at=None).exists()
        case NoticeKind.RETURN_RESOLVED if "appealed" not in notice.facts:
            # What is sent has a letter of its own; the last of them tells the end.
            something = rma.resolutions.live().exclude(kind=ResolutionKind.NONE).exists()
            return rma.status == Status.RESOLVED or not something
    return True
