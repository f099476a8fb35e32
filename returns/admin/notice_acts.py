"""What staff can do about a message: a form each, and the verb that carries it out."""

from typing import Any, ClassVar

from django import forms
from django.db import transaction
from django.utils import timezone

from returns import letters
from returns.admin import said_asked
from returns.admin.notice_page import leaves_at
from returns.models import Actor, Channel, Notice, NoticeEvent, NoticeKind
from returns.models.notice import SECRET_KINDS, dedupe_key
from returns.own_words import LOCKED
from tracking.work import WorkState

LONGEST_BODY, LONGEST_REASON = 5000, 500
# What a person wrote in the thread is not written anew here.
NOT_REWRITTEN = LOCKED | {NoticeKind.MESSAGE_ANSWER}


class Act(forms.Form):
    """title: as its button and its log say. done: what the log says. said: what is said
    when it was done."""

    title: ClassVar[str]
    done: ClassVar[str]
    button: ClassVar[str]
    said: ClassVar[str]

    def __init__(self, notice: Notice, *args: Any, **more: Any) -> None:
        self.notice = notice
        super().__init__(*args, **({"label_suffix": ""} | more))

    @classmethod
    def fits(cls, notice: Notice) -> bool:
        """Whether it can be done about this message as it is now."""
        return notice.can_be_changed

    @property
    def asks(self) -> str:
        """What to be sure of before pressing."""
        return ""

    @property
    def warning(self) -> str:
        """What to look at in its words; nothing is held up by it."""
        return ""

    def apply(self, by: Actor) -> bool:
        """False when the message left in the meantime."""
        raise NotImplementedError


class Edit(Act):
    title, done = "Edit", "Edited"
    button = "Save"
    said = "Saved. It is signed with your name now."

    subject = forms.CharField(
        required=False, max_length=letters.LONGEST_SUBJECT, help_text="Empty: our own subject."
    )
    body = forms.CharField(
        label="Text",
        max_length=LONGEST_BODY,
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text="A blank line begins a new paragraph.",
    )
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, notice: Notice, *args: Any, **more: Any) -> None:
        words = notice.words or {}
        initial = {
            "subject": words.get("subject", ""),
            "body": words.get("body") or letters.body_of(notice),
            "seen": notice.mark,
        }
        super().__init__(notice, *args, initial=initial, **more)
        if notice.channel != Channel.EMAIL:
            del self.fields["subject"]

    @classmethod
    def fits(cls, notice: Notice) -> bool:
        return notice.can_be_changed and notice.kind not in NOT_REWRITTEN

    @property
    def asks(self) -> str:
        if self.notice.channel != Channel.EMAIL:
            return "The link to the order’s page is added by us: do not write it."
        return (
            "Greeting, promise and signature are added by us: do not write them. If nobody "
            "sends it before, it leaves by itself at its time, in your words and signed by you."
        )

    @property
    def warning(self) -> str:
        return said_asked.warning(self.notice.order, self["body"].value() or "")

    def clean_body(self) -> str:
        return self.cleaned_data["body"].replace("\r\n", "\n").strip()

    def clean_seen(self) -> str:
        seen = self.cleaned_data["seen"]
        if seen != self.notice.mark:
            # Item by item: of what a browser sent, `**` takes lists.
            self.data = dict(self.data.items()) | {"seen": self.notice.mark}
            raise forms.ValidationError(
                "It has changed in the meantime: there is more news in it, or somebody else has "
                "edited it. Please look at it once more, then save again."
            )
        return seen

    def apply(self, by: Actor) -> bool:
        data = self.cleaned_data
        subject, seen = data.get("subject", ""), data["seen"]
        return self.notice.edit(subject, data["body"], by=by, seen=seen)


class SendNow(Act):
    title, done = "Send now", "Sent now"
    button = "Send it now"
    said = "It leaves now, signed with your name."

    @classmethod
    def fits(cls, notice: Notice) -> bool:
        """Once somebody has sent it there is nothing to hurry."""
        now = timezone.now()
        at = leaves_at(notice, now)
        return notice.can_be_changed and not (notice.sent_by_id and at is not None and at <= now)

    @property
    def warning(self) -> str:
        words = self.notice.words or {}
        return said_asked.warning(self.notice.order, words.get("body", ""))

    @property
    def asks(self) -> str:
        return "It leaves at once, at any hour, and your name stands under it."

    def apply(self, by: Actor) -> bool:
        return self.notice.send_now(by=by)


class Drop(Act):
    title, done = "Drop", "Dropped"
    button = "Drop it"
    said = "It does not leave."

    reason = forms.CharField(
        label="Why it shall not leave",
        max_length=LONGEST_REASON,
        help_text="For us: the buyer does not read it.",
    )

    @property
    def asks(self) -> str:
        promise = self.notice.keeps
        if promise is None or not promise.is_open:
            return "The buyer hears nothing of this."
        return (
            "The buyer hears nothing of this. It would have kept a promise: please keep that in "
            "another way, or we shall be late."
        )

    def apply(self, by: Actor) -> bool:
        return self.notice.drop_by_hand(self.cleaned_data["reason"], by=by)


class SendAgain(Act):
    title, done = "Try again", "Tried again"
    button = "Try to send it again"
    said = "It will be sent again."

    @classmethod
    def fits(cls, notice: Notice) -> bool:
        return notice.state == WorkState.DEAD and not is_replaced(notice)

    @property
    def asks(self) -> str:
        return "It was given up. If it is still news, it is sent again; else it is dropped."

    def apply(self, by: Actor) -> bool:
        return bool(Notice.objects.filter(pk=self.notice.pk, fallback=None).send_again())


class OnceMore(Act):
    title, done = "Send once more", "Sent once more"
    button = "Send it once more"
    said = "A new message with the same news leaves now, signed with your name."

    number = forms.IntegerField(min_value=1, max_value=9999, widget=forms.HiddenInput)

    def __init__(self, notice: Notice, *args: Any, **more: Any) -> None:
        super().__init__(notice, *args, initial={"number": times_sent(notice)}, **more)

    @classmethod
    def fits(cls, notice: Notice) -> bool:
        was_sent = notice.state == WorkState.DONE and not is_replaced(notice)
        return was_sent and notice.kind not in SECRET_KINDS and letters.is_still_true(notice)

    @property
    def asks(self) -> str:
        return (
            "The buyer gets the same news a second time, as things stand now, with your "
            "name under it."
        )

    def apply(self, by: Actor) -> bool:
        return send_once_more(self.notice, self.cleaned_data["number"], by=by) is not None


# In the order in which their buttons stand; the names stand in addresses.
ACTS: dict[str, type[Act]] = {
    "send_now": SendNow,
    "edit": Edit,
    "drop": Drop,
    "send_again": SendAgain,
    "once_more": OnceMore,
}


def is_replaced(notice: Notice) -> bool:
    """Another message tells it instead."""
    return Notice.objects.filter(falls_back_from=notice).exists()


def times_sent(notice: Notice) -> int:
    """How often it was sent, counting those by hand."""
    again = Notice.objects.filter(dedupe_key__startswith=f"again-{notice.pk}-")
    return again.count() + 1


def send_once_more(notice: Notice, number: int, *, by: Actor) -> Notice | None:
    """The same news as a message of its own, in the name of a person. number: which time it
    is; the same number twice is one message. None when nobody can be reached."""
    event, now = f"again-{notice.pk}-{number}", timezone.now()
    facts = {name: value for name, value in notice.facts.items() if name != "again_at"}
    with transaction.atomic():
        order = notice.order.locked()
        again = Notice.objects.write(
            order,
            notice.kind,
            event=event,
            authorization=notice.authorization,
            recipient=notice.recipient if notice.is_addressed else "",
            channel=notice.channel,
            entry=notice.entry,
            sent_by=by.user,
            now=now,
            **facts,
        )
        if again is None:
            return None
        Notice.objects.filter(pk=again.pk).update(words=notice.words, version=notice.version)
        for told in notice.news.all():
            key = dedupe_key(f"{event}-{told.pk}", notice.kind, again.channel, again.recipient)
            NoticeEvent.objects.get_or_create(
                key=key,
                defaults={
                    "notice": again,
                    "what": told.what,
                    "case_id": told.case_id,
                    "shipment_id": told.shipment_id,
                    "at": told.at,
                },
            )
    return again
