"""Routes: over which channel a notice goes, to which address, through whose account, and
whether it may go now."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from returns.channels import NO_ACCESS, Access
from returns.models.contact_point import ContactPoint, as_number
from returns.models.notice import Channel, Notice, NoticeKind
from returns.urgency import SHORT_KINDS, leaves_at_once, needs_no_pause

if TYPE_CHECKING:
    from returns.models.channel_account import ChannelAccount
    from returns.models.order import Order

# Whoever agreed to both reads the one that costs nothing to answer.
SHORT_CHANNELS = (Channel.WHATSAPP, Channel.SMS)


def of(order: "Order", kind: str, channel: str, now: datetime) -> tuple[str, str] | None:
    """(address, channel) of a notice of this kind; None when nobody can be reached.
    channel: this one, or '' for the one that the buyer agreed to."""
    if kind in SHORT_KINDS and channel != Channel.EMAIL:
        number = as_number(order.phone, order.country)
        wanted = (channel,) if channel else SHORT_CHANNELS
        points = _points(order, number) if number else {}
        for short in wanted:
            point = points.get(short)
            if point and _carries(order, point, now, answers=bool(channel)):
                return number, short
    return (order.email, Channel.EMAIL) if order.email else None


def may_use(
    order: "Order", channel: str, number: str, now: datetime, *, answers: bool = False
) -> bool:
    """Whether its owner agreed, something arrives there, and somebody carries it. answers:
    whoever has just written over it may be answered over it."""
    point = _points(order, number).get(channel)
    return point is not None and _carries(order, point, now, answers=answers)


def _points(order: "Order", number: str) -> dict[str, ContactPoint]:
    rows = ContactPoint.objects.filter(
        store_id=order.store_id, channel__in=SHORT_CHANNELS, address=number
    )
    return {row.channel: row for row in rows}


def _carries(order: "Order", point: ContactPoint, now: datetime, *, answers: bool) -> bool:
    if point.stopped_at or not point.can_be_reached:
        return False
    if not (point.is_agreed or (answers and point.takes_free_words(now))):
        return False
    return account_for(order, point.channel, point.address) is not None


def account_for(order: "Order", channel: str, number: str) -> "ChannelAccount | None":
    from returns.models.channel_account import ChannelAccount

    return ChannelAccount.objects.for_number(order.store_id, channel, number)


def carrier(notice: Notice) -> tuple[str, "ChannelAccount | None", Access]:
    """(adapter, account, keys) that carry this notice. Raises channels.Error when there is
    nobody any more."""
    from returns.channels import Error

    if notice.channel == Channel.EMAIL:
        return "email", None, NO_ACCESS
    account = account_for(notice.order, notice.channel, notice.recipient)
    if account is None:
        raise Error("No account carries this number.", permanent=True)
    return account.provider, account, account.access


def is_right(notice: Notice, now: datetime) -> bool:
    """Whether this is still the address to write to. One that was changed is followed; one
    that was taken away, or wants no more, settles the notice here."""
    order = notice.order
    if notice.is_addressed:
        return True
    if notice.channel == Channel.EMAIL:
        if not order.email:
            notice.drop("There is no address to write to any more.")
            return False
        if order.email != notice.recipient:
            Notice.objects.filter(pk=notice.pk).update(recipient=order.email)
            notice.recipient = order.email
        return True
    answers = notice.kind in {NoticeKind.MESSAGE_RECEIVED, NoticeKind.MESSAGE_ANSWER}
    number = as_number(order.phone, order.country)
    same = number == notice.recipient
    if same and may_use(order, notice.channel, number, now, answers=answers):
        return True
    notice.dead("It may not, or cannot, go there any more.")
    notice.fall_back(now)
    return False


def wait(notice: Notice, now: datetime) -> datetime | None:
    """From when on it may leave; None: now. What a person sends, and what the buyer waits
    for, always may; a draft that was changed and then left by itself was not sent by one."""
    if leaves_at_once(notice.kind) or (notice.sent_by_id and not notice.held_until):
        return None
    order = notice.order
    quiet = order.quiet.until(now)
    if quiet:
        return None if _breaks_our_word(notice, now, quiet) else quiet
    # Or it had its turn, and did not come through.
    if needs_no_pause(notice.kind) or notice.admitted_at:
        return None
    person = order.email or notice.recipient
    with transaction.atomic():
        later = ContactPoint.objects.admit(order.store_id, person, now)
        if later is None:
            Notice.objects.filter(pk=notice.pk).update(admitted_at=now)
            notice.admitted_at = now
    if later:
        later = order.quiet.until(later) or later
    return None if later and _breaks_our_word(notice, now, later) else later


def _breaks_our_word(notice: Notice, now: datetime, later: datetime) -> bool:
    """Whether waiting would make it late. Our word comes before quiet hours and pauses: it
    was given for an hour outside of them, so that this happens only after mail could not
    leave for hours. What is late already wakes nobody."""
    promise = notice.keeps
    return promise is not None and promise.is_open and now <= promise.due_at < later
