"""The form under a thread: an answer, a note for ourselves, or that nothing has to be said."""

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.db import transaction
from django.db.models import Max
from django.http import QueryDict
from django.utils import timezone
from django.utils.timesince import timesince

from returns.admin import said_asked
from returns.admin.named import named
from returns.letters import language_of
from returns.models import Actor, Message, Notice, Order
from returns.models.thread import LONGEST

ANSWER, NOTE, NO_ANSWER = "answer", "note", "no_answer"
# By then a promise to write again is none any more.
WITHIN = timedelta(days=60)
MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class AnswerForm(forms.Form):
    """key: its own, so that what is sent twice is one. seen: the last entry that was on the
    screen. To be checked in the store's time zone."""

    DONE: ClassVar[dict[str, str]] = {
        ANSWER: "The answer is on its way.",
        NOTE: "The note is kept. Only we see it.",
        NO_ANSWER: "Noted: it needs no answer.",
    }

    text = forms.CharField(
        label="Answer",
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 9}),
        help_text="We add the greeting, your name and the link: do not write them. "
        f"A private note is never sent. Up to {LONGEST:,} characters.",
    )
    again_by = forms.DateTimeField(
        label="We write again by (optional)",
        required=False,
        widget=MOMENT,
        help_text="Becomes a promise that the buyer reads below the answer.",
    )
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, order: Order, *args: Any, text: str = "", **more: Any) -> None:
        self.order = order
        initial = {"text": text, "key": uuid.uuid4().hex, "seen": newest(order)}
        super().__init__(*args, **({"initial": initial, "label_suffix": ""} | more))
        language = language_of(order.language or order.store.language)
        words = self.fields["text"].widget.attrs
        words |= {"lang": language, "dir": "auto"}
        # A browser cuts what is pasted there, and says nothing.
        del words["maxlength"]

    @property
    def does(self) -> str:
        """Which of its buttons was pressed."""
        wanted = self.data.get("do", "")
        return wanted if wanted in self.DONE else ANSWER

    def clean_text(self) -> str:
        return self.cleaned_data["text"].replace("\r\n", "\n").strip()

    def clean_again_by(self) -> datetime | None:
        at = self.cleaned_data["again_by"]
        if at is None or self.does != ANSWER:
            return None
        now, calendar = timezone.now(), self.order.store.calendar
        local = at.astimezone(ZoneInfo(calendar.zone))
        if at <= now:
            raise forms.ValidationError("That is over. Choose an hour to come.")
        if at > now + WITHIN:
            raise forms.ValidationError("That is too long for anybody to wait.")
        open_then = calendar.opens <= local.time() <= calendar.closes
        if not (calendar.works_on(local.date()) and open_then):
            hours = f"{calendar.opens:%H:%M} to {calendar.closes:%H:%M} ({calendar.zone})"
            raise forms.ValidationError(
                f"Nobody works then. Choose a working day, {hours}, so that it can be kept."
            )
        return at

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        text = data.get("text", "")
        if self.does == NO_ANSWER and text:
            self.add_error("text", "You have written something: send it, or empty the field.")
        elif self.does != NO_ANSWER and not text and "text" in data:
            self.add_error("text", "Write something first.")
        return data

    def carry_out(self, by: Actor) -> bool:
        """False when the very same form had been carried out before. Raises
        forms.ValidationError when somebody has written in the meantime: under the order's
        lock, so that nobody can come in between."""
        data, does = self.cleaned_data, self.does
        with transaction.atomic():
            order = self.order.locked()
            if order.messages.filter(key=data["key"]).exists():
                return False
            if does == NOTE:
                order.note_for_us(data["text"], by=by, key=data["key"])
                return True
            self._compare(data["seen"])
            if does == NO_ANSWER:
                return bool(order.needs_no_answer(by=by))
            order.answer(data["text"], by=by, key=data["key"], again_by=data["again_by"])
        return True

    def said(self) -> str:
        """What is said once it is done."""
        sent = Notice.objects.filter(entry__order=self.order, entry__key=self.cleaned_data["key"])
        if self.does == ANSWER and not sent.exists():
            return "The answer stands on the page of the order. There is no address to write to."
        return self.DONE[self.does]

    @property
    def warning(self) -> str:
        """What to look at before it is sent as it stands; nothing is held up by it."""
        return said_asked.warning(self.order, self["text"].value() or "")

    def _compare(self, seen: int) -> None:
        newer = self.order.messages.filter(pk__gt=seen).select_related("user")
        last = newer.order_by("pk").last()
        if last is None:
            return
        self._look_again(last.pk)
        raise forms.ValidationError(
            f"{_who(last)} {timesince(last.at, depth=1)} ago. Read it above; your words are "
            "still here. Then press again."
        )

    def _look_again(self, seen: int) -> None:
        """Shows the form again with what has been seen now, and all that was typed."""
        data: Any = self.data.copy() if isinstance(self.data, QueryDict) else dict(self.data)
        data["seen"] = seen
        self.data = data


def newest(order: Order) -> int:
    """Number of the last entry of its thread; 0 when nobody has written."""
    return order.messages.aggregate(last=Max("pk"))["last"] or 0


def _who(message: Message) -> str:
    if message.is_buyers:
        return "The buyer wrote"
    name = named(message.user) or "Somebody"
    return f"{name} noted something" if message.is_private else f"{name} answered"
