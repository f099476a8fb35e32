"""What buyers send to us over email, SMS and WhatsApp becomes a message of their order.

Whoever sends it is never told whether there is such an order: what belongs to none is
noted for the desk and left unanswered.
"""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from django.utils import timezone

from returns import photos, reply_addresses
from returns.channels import Incoming
from returns.channels.stop_words import stop_words
from returns.models.contact_point import ContactPoint, as_number
from returns.models.notice import Notice
from returns.models.order import Order
from returns.models.thread import MOST_PICTURES, Way

if TYPE_CHECKING:
    from returns.models.channel_account import ChannelAccount
    from returns.models.inbound import Inbound
    from returns.models.thread import Message

BY_A_MACHINE = "A machine wrote it."
NOBODY = "unknown"  # where a mail names no sender

# A number without a message of ours is looked for among orders that are no older.
LOOKED_FOR = timedelta(days=180)


def take(inbound: "Inbound", told: Incoming) -> str:
    """Does what it says, once; returns a line for the desk, which names nobody."""
    if told.automatic:
        return BY_A_MACHINE
    if inbound.account:
        return _over_a_number(inbound, inbound.account, told)
    order = _of_mail(told)
    if order is None:
        return "A mail that belongs to no order."
    believed = _is(told.sender, order.email) and _answers_who_is_there_now(order, told)
    return _write(inbound, order, told, Way.EMAIL, believed=believed)


def show_files(inbound: "Inbound", message: "Message", told: Incoming) -> None:
    """The files of a message that its provider keeps: fetched, and shown with its words.
    Raises what `Inbound.fetch` raises; nothing is shown then."""
    pictures, _ = _developed(inbound.fetch(told.files))
    if pictures:
        message.order.show_more(message, pictures)


def _over_a_number(inbound: "Inbound", account: "ChannelAccount", told: Incoming) -> str:
    points, channel = ContactPoint.objects, account.channel
    # Read again, an old word is still of the day on which it came.
    at = min(told.at or inbound.received_at, inbound.received_at)
    points.heard(account.store, channel, told.sender, at)
    wish = ""
    match stop_words(told.text, channel):
        case "stop":
            points.stop(account.store, channel, told.sender, source="their own word", now=at)
            wish = "Wants no more messages. "
        case "start":
            points.agree(account.store, channel, told.sender, source="their own word", now=at)
            wish = "Wants messages again. "
    order = _of_number(account, told)
    if order is None:
        return wish + "From a number that belongs to no order."
    # Even such a word may have been meant otherwise: a person reads it, too.
    believed = _is(told.sender, as_number(order.phone, order.country))
    return wish + _write(inbound, order, told, Way(channel), believed=believed)


def _write(inbound: "Inbound", order: Order, told: Incoming, way: Way, *, believed: bool) -> str:
    """Words never wait for files that have to be fetched: these are left out until then.
    believed: the buyer wrote it, as far as one can tell."""
    developed, left_out = _developed(told.pictures)
    left_out += told.left_out
    if not (told.text.strip() or developed or left_out or told.files):
        return "It says nothing."
    message = order.write(
        told.text.strip(),
        key=_key(inbound.source, told),
        way=way,
        pictures=developed,
        mail_id=told.id[:250] if way == Way.EMAIL else "",
        sent_from="" if believed else told.sender[:254] or NOBODY,
        left_out=left_out + len(told.files),
    )
    if message.left_out > left_out:
        inbound.late_files.append((message, told))
    return f"A message of order {order.pk}."


def _is(sender: str, own: str) -> bool:
    return bool(own) and sender.casefold() == own.casefold()


def _answers_who_is_there_now(order: Order, told: Incoming) -> bool:
    """The signed address is as old as the letter that it stood in. Once links were closed,
    or the contact was changed, only later letters reached the right person for sure."""
    changes = [at for at in (order.links_closed_at, order.contact_changed_at) if at]
    if not changes:
        return True
    letters = order.notices.filter(message_id__in=told.references)
    return letters.filter(written_at__gt=max(changes)).exists()


def _key(source: str, told: Incoming) -> str:
    """The same message twice has one; two that a careless program gave one id have two."""
    words = sha256(told.text.encode()).hexdigest()[:12]
    return f"{source}:{told.id[:170]}:{words}"


def _developed(pictures: Sequence[bytes]) -> tuple[list[photos.Picture], int]:
    """Those that can be shown, and how many cannot. A full disk is no fault of theirs."""
    developed: list[photos.Picture] = []
    left_out = max(len(pictures) - MOST_PICTURES, 0)
    for data in pictures[:MOST_PICTURES]:
        try:
            developed.append(photos.develop(data))
        except photos.Unusable as error:
            if error.problem == photos.Problem.NO_ROOM:
                raise
            left_out += 1
    return developed, left_out


def _of_mail(told: Incoming) -> Order | None:
    """By the signed address that it was sent to, and by nothing else: whoever knows one of
    our Message-IDs knows no secret."""
    pk = reply_addresses.order_of(told.to)
    return Order.objects.select_related("store__account").filter(pk=pk).first() if pk else None


def _of_number(account: "ChannelAccount", told: Incoming) -> Order | None:
    """The order of the message that it answers, or of the last that we sent there; else the
    newest with this number."""
    orders = Order.objects.select_related("store__account").filter(store=account.store)
    ours = Notice.objects.filter(order__store=account.store, recipient=told.sender)
    for notices in (ours.filter(provider_id__in=told.references), ours):
        last = notices.exclude(channel="email").order_by("-pk").first()
        if last:
            return orders.get(pk=last.order_id)
    lately = orders.filter(
        placed_at__gt=timezone.now() - LOOKED_FOR, phone__endswith=told.sender[-4:]
    )
    mine = (row for row in lately if as_number(row.phone, row.country) == told.sender)
    return next(mine, None)
