"""Writing: the thread between a buyer and the desk, as verbs on the order."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from django.db import models, transaction
from django.utils import timezone

from returns import files, photos
from returns.models.access import Throttle, TooOften
from returns.models.event import BUYER, RULE, Actor, ActorKind, Event, EventKind
from returns.models.notice import Notice, NoticeKind
from returns.models.promise import Promise, PromiseKind
from returns.models.thread import CHANNEL_OF, LONGEST, Message, MessagePhoto, Way

if TYPE_CHECKING:
    from returns.models.order import Order

# So many messages in a row are thanked for by a letter of their own.
MOST_THANKS = 3
# So many messages of one order we take, over each way.
MESSAGES = ((10, timedelta(hours=1)), (40, timedelta(days=1)))
# Ends what was cut.
CUT = "\n[…]"


class TooManyMessages(TooOften):
    """until: when the next one is taken."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__()


class Writing(models.Model):
    class Meta:
        abstract = True

    @property
    def _me(self) -> "Order":
        """There is no other kind."""
        return cast("Order", self)

    def write(
        self,
        text: str,
        *,
        key: str,
        way: str = Way.PAGE,
        pictures: "Sequence[photos.Picture]" = (),
        mail_id: str = "",
        sent_from: str = "",
        left_out: int = 0,
        now: datetime | None = None,
    ) -> Message:
        """The buyer writes to us: acknowledged at once, with the hour of our answer, which
        is a promise.

        key: the form's own, or the provider's id: the same once more gives the message that
        it made. pictures: developed. Raises TooManyMessages, photos.Unusable when the disk
        is full, or ValueError when the words are too long; nothing is kept then.
        """
        now, text = now or timezone.now(), _fitting(text, way)
        names = _kept(pictures)
        try:
            with transaction.atomic():
                order = self._me.locked()
                known = order.messages.filter(key=key).first()
                if known is None:
                    until = Throttle.objects.admit(_counted_as(order, way), MESSAGES, now)
                    if until:
                        raise TooManyMessages(until)
                    message = Message.objects.create(
                        order=order,
                        author=ActorKind.BUYER,
                        text=text,
                        at=now,
                        way=way,
                        key=key,
                        mail_id=mail_id,
                        sent_from=sent_from,
                        left_out=left_out,
                    )
                    _show(message, pictures, names)
                    Event.objects.note(order, EventKind.MESSAGE_WRITTEN, by=BUYER, at=now)
                    order.owe_answer(message, now)
                    return message
        except BaseException:
            files.drop(names)
            raise
        files.drop(names)
        return known

    def show_more(self, message: Message, pictures: "Sequence[photos.Picture]") -> None:
        """Files of a message that were fetched after its words; until then it counts them as
        left out. Done twice at once, they are shown once. Raises photos.Unusable when the
        disk is full."""
        names, shown = _kept(pictures), 0
        try:
            with transaction.atomic():
                self._me.locked()
                waiting = Message.objects.filter(pk=message.pk, left_out=message.left_out)
                shown = waiting.update(left_out=message.left_out - len(pictures))
                if shown:
                    _show(message, pictures, names)
        except BaseException:
            files.drop(names)
            raise
        if not shown:
            files.drop(names)

    def owe_answer(self, message: Message, now: datetime) -> None:
        """Under lock: thanks at once, and the hour of our answer. An open promise stays: its
        hour was said. Who goes on writing before we answer is thanked some times and no
        more, so that nobody, and no machine, makes us write letters without end."""
        due = self._me.store.answer_by(now)
        nth = min(self._me.messages.unanswered().count(), MOST_THANKS)
        promise = Promise.objects.sooner(self._me, PromiseKind.REPLY, due, by=RULE, now=now)
        Notice.objects.write(
            self._me,
            NoticeKind.MESSAGE_RECEIVED,
            event=f"reply-{promise.pk}-{nth}" if promise else f"message-{message.pk}",
            channel=CHANNEL_OF.get(message.way, ""),
            entry=message,
            now=now,
        )

    def owe_word_about_papers(self, now: datetime) -> None:
        """The same for papers: several of them are thanked for once, until we answer."""
        due = self._me.store.answer_by(now)
        promise = Promise.objects.sooner(self._me, PromiseKind.REPLY, due, by=RULE, now=now)
        if promise:
            Notice.objects.write(
                self._me,
                NoticeKind.MESSAGE_RECEIVED,
                event=f"papers-{promise.pk}",
                now=now,
                papers=True,
            )

    def answer(
        self,
        text: str,
        *,
        by: Actor,
        key: str,
        again_by: datetime | None = None,
        now: datetime | None = None,
    ) -> Message:
        """A person answers, over the way on which the buyer wrote last: that keeps what was
        promised. again_by: when we write again, where the answer says so."""
        now = now or timezone.now()
        with transaction.atomic():
            order = self._me.locked()
            known = order.messages.filter(key=key).first()
            if known:
                return known
            last = order.messages.filter(author=ActorKind.BUYER).order_by("at", "pk").last()
            message = Message.objects.create(
                order=order,
                author=ActorKind.STAFF,
                user=by.user,
                text=_fitting(text),
                at=now,
                way=last.way if last else Way.DESK,
                key=key,
            )
            order.messages.unanswered().update(answered_at=now, read_at=now)
            Event.objects.note(order, EventKind.MESSAGE_ANSWERED, by=by, at=now)
            Promise.objects.keep(order, PromiseKind.REPLY, now=now)
            if again_by:
                Promise.objects.sooner(order, PromiseKind.REPLY, again_by, by=by, now=now)
            Notice.objects.write(
                order,
                NoticeKind.MESSAGE_ANSWER,
                event=f"message-{message.pk}",
                channel=CHANNEL_OF.get(last.way, "") if last else "",
                entry=message,
                sent_by=by.user,
                now=now,
            )
        return message

    def note_for_us(
        self, text: str, *, by: Actor, key: str, now: datetime | None = None
    ) -> Message:
        """A private note: it never leaves the desk."""
        note, _ = Message.objects.get_or_create(
            order=self._me,
            key=key,
            defaults={
                "author": ActorKind.STAFF,
                "user": by.user,
                "text": _fitting(text),
                "at": now or timezone.now(),
                "way": Way.DESK,
                "is_private": True,
            },
        )
        return note

    def needs_no_answer(self, *, by: Actor, now: datetime | None = None) -> int:
        """A person has read what the buyer wrote, and nothing has to be said: "thank you"."""
        now = now or timezone.now()
        with transaction.atomic():
            order = self._me.locked()
            count = order.messages.unanswered().update(answered_at=now, read_at=now)
            # Nobody was answered: that is no promise kept.
            Promise.objects.open().filter(order=order, kind=PromiseKind.REPLY).let_go(now)
            Event.objects.note(order, EventKind.MESSAGE_READ, by=by, at=now)
        return count


def _fitting(text: str, way: str = Way.PAGE) -> str:
    """Of mails and texts, which nobody can be asked to shorten, so much as is kept, with a
    sign that there was more. Raises ValueError for longer words of our own forms."""
    if len(text) <= LONGEST:
        return text
    if way == Way.PAGE:
        raise ValueError(f"A message has at most {LONGEST} characters.")
    return text[: LONGEST - len(CUT)] + CUT


def _counted_as(order: "Order", way: str) -> str:
    """Each way for itself: whoever holds a forwarded link cannot silence the buyer's mails."""
    return f"message:{order.pk}" if way == Way.PAGE else f"message:{order.pk}:{way}"


def _kept(pictures: "Sequence[photos.Picture]") -> list[str]:
    parts = [part for picture in pictures for part in (picture.jpeg, picture.thumbnail)]
    return files.keep_all("photos", "jpg", parts)


def _show(message: Message, pictures: "Sequence[photos.Picture]", names: list[str]) -> None:
    """The same picture twice in one message is shown once; its second files go with the
    daily tidying."""
    pairs = zip(names[::2], names[1::2], strict=True)
    rows = {
        picture.sha256: MessagePhoto(
            message=message,
            file=file,
            thumbnail=thumbnail,
            sha256=picture.sha256,
            width=picture.width,
            height=picture.height,
        )
        for picture, (file, thumbnail) in zip(pictures, pairs, strict=True)
    }
    MessagePhoto.objects.bulk_create(rows.values())
