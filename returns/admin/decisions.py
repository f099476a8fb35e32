"""What staff can do about a return: a form each, and the verb that carries it out.

A decision knows when it is possible, what it asks, and what it says afterwards; the pages
around it are in authorization.py. Those about a request stand here, the others in
posting.py, reception.py, pictures.py, labels.py and settling.py.
"""

from collections.abc import Iterable, Set
from datetime import date
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.db import transaction
from django.db.models import Model
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from returns import formats, states
from returns.codes import PAYS_BACK, DeclineReason, Kind
from returns.ledger import Obstacle, Refused
from returns.models import Actor, Photo, ReturnAuthorization, TooMuch
from returns.models.appealing import DECIDES_APPEALS
from returns.states import IllegalTransition, Status
from tracking.calendars import end_of_day

TEXTAREA = forms.Textarea(attrs={"rows": 4, "cols": 60})
FOLDER = "admin/returns/returnauthorization"
WORDS_TO_BUYER = "In the buyer’s language. It is sent as you write it."


def told(rma: ReturnAuthorization) -> str:
    return (
        "The buyer is told by email."
        if rma.order.email
        else "This order has no email address: please tell the buyer in another way."
    )


class Decision(forms.Form):
    """What a member of staff says with a decision, and the verb that carries it out.

    permission: who may. one_press: needs no words, so its button posts at once. place:
    where its button stands on the page of the return. is_next: it is what one comes for,
    when it is possible. short: its button in the rows of a list. template: of its page.
    """

    title: ClassVar[str]
    button: ClassVar[str]
    short: ClassVar[str] = ""
    permission: ClassVar[str] = "returns.decide_return"
    one_press: ClassVar[bool] = False
    place: ClassVar[str] = "top"
    is_next: ClassVar[bool] = True
    template: ClassVar[str] = f"{FOLDER}/decide.html"

    def __init__(self, rma: ReturnAuthorization, *args: Any, row: Any = None, **more: Any) -> None:
        self.rma, self.row = rma, row
        super().__init__(*args, **({"label_suffix": ""} | more))

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        """Whether it can be made about this return as it is now."""
        raise NotImplementedError

    @classmethod
    def comes_next(cls, rma: ReturnAuthorization) -> bool:
        return cls.is_next

    @classmethod
    def allows(cls, user: Any, rma: ReturnAuthorization) -> bool:
        """Whether this member of staff may make it about this very return, beyond the
        permission for all of them."""
        return True

    @cached_property
    def photos(self) -> list[Photo]:
        return list(self.rma.photos.select_related("user"))

    @property
    def asks(self) -> str:
        """What to be sure of before pressing; '' when the button says it all."""
        return ""

    @property
    def press(self) -> str:
        """What the button says."""
        return self.button

    def apply(self, by: Actor) -> None:
        """May raise IllegalTransition and Refused, or forms.ValidationError for what stands
        in the form and can be typed anew."""
        raise NotImplementedError

    def type_in(self, name: str, value: str) -> None:
        """Shows the form again with this in a field, instead of what was sent."""
        data: Any = self.data.copy() if isinstance(self.data, QueryDict) else dict(self.data)
        data[name] = value
        self.data = data

    def carry_out(self, by: Actor) -> bool:
        """False when the very same form had been carried out before."""
        self.apply(by)
        return True

    def said(self) -> str:
        """What is said once it is done."""
        return f"{self.rma.number}: {self.rma.get_status_display()}. {told(self.rma)}"

    def refused(self, error: IllegalTransition | Refused) -> str:
        if isinstance(error, IllegalTransition):
            return f"Somebody else was faster: {self.rma.number} has moved on."
        codes = {problem.code for problem in error.problems}
        cancelled = Obstacle.ORDER_CANCELLED in codes
        because = "its order was cancelled" if cancelled else "its goods are in another return"
        return f"{self.rma.number} cannot be opened again: {because} now."

    def then(self, page: str) -> str:
        """Where it goes on; page: the page of the return."""
        return page


class RowDecision(Decision):
    """A decision about one row of a return (a resolution, a surplus): `row`."""

    @classmethod
    def rows(cls, rma: ReturnAuthorization) -> Iterable[Model]:
        """Every row that it could ever be about."""
        raise NotImplementedError

    @classmethod
    def takes(cls, row: Any) -> bool:
        """Whether it can be made about this row as it is now."""
        raise NotImplementedError

    @classmethod
    def called(cls, rma: ReturnAuthorization, row: Any) -> str:
        return str(row)

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return any(cls.takes(row) for row in cls.rows(rma))


class Witnessed(Decision):
    """A decision about what the page shows. When somebody changed that while the page was
    open, it is asked for again, with what was typed; under the order's lock, so that
    nobody can come in between."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["seen"].initial = self.shown()

    def shown(self) -> str:
        """A mark of what the page shows, read afresh."""
        raise NotImplementedError

    def what_changed(self) -> str:
        raise NotImplementedError

    @property
    def was_done(self) -> bool:
        """This very form has been carried out before: it was sent twice."""
        return False

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self._compare(data.get("seen", ""))
        return data

    def carry_out(self, by: Actor) -> bool:
        with transaction.atomic():
            now = self.rma.order.locked().returns.get(pk=self.rma.pk)
            if not self.fits(now):
                raise IllegalTransition(self.rma.status, now.status)
            repeated = self.was_done
            self._compare(self.cleaned_data["seen"])
            self.apply(by)
        return not repeated

    def _compare(self, seen: str) -> None:
        if self.was_done or seen == (now := self.shown()):
            return
        self.type_in("seen", now)
        raise forms.ValidationError(f"{self.what_changed()} Look once more, then press again.")


class Step(Decision):
    """From one state to another. starts_from, leads_to: offered only where the table of
    states allows it too."""

    starts_from: ClassVar[Set[str]] = states.UNDECIDED
    leads_to: ClassVar[str]

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        allowed = cls.leads_to in states.TRANSITIONS[rma.status]
        return allowed and rma.status in cls.starts_from

    def then(self, page: str) -> str:
        queue = reverse("admin:returns_returnauthorization_changelist") + "?status=requested"
        return queue if self.rma.status != Status.REQUESTED else page


class EndsAppeal(Step):
    """Where the buyer has asked to look again, somebody else decides."""

    @classmethod
    def allows(cls, user: Any, rma: ReturnAuthorization) -> bool:
        return not rma.is_appealed or user.has_perm(DECIDES_APPEALS)


class Approve(EndsAppeal):
    title = button = "Approve"
    leads_to = Status.APPROVED
    one_press = True

    @classmethod
    def allows(cls, user: Any, rma: ReturnAuthorization) -> bool:
        """A yes to a claim with which nothing comes back is one to the money as well."""
        gives = rma.kind == Kind.CLAIM and rma.keeps_goods and rma.wish in PAYS_BACK
        may_give = not gives or user.has_perm("returns.settle_return")
        return may_give and super().allows(user, rma)

    def apply(self, by: Actor) -> None:
        try:
            self.rma.approve(by=by)
        except TooMuch as problem:
            left = formats.money(problem.most, self.rma.order.currency)
            raise forms.ValidationError(
                f"Only {left} is left of what was paid, which is less than what is asked for. "
                "Make an offer of what is left, or decline."
            ) from None


class Ask(Step):
    """What the buyer is asked; it goes out word for word."""

    title = "Ask"
    button = "Send the question"
    leads_to = Status.INFO_REQUESTED
    question = forms.CharField(
        max_length=2000,
        widget=TEXTAREA,
        help_text="One thing at a time, in the buyer’s language. It is sent as you write it.",
    )

    def apply(self, by: Actor) -> None:
        self.rma.ask(self.cleaned_data["question"], by=by)


class Decline(EndsAppeal):
    """Why not; the buyer reads both."""

    title = "Decline"
    button = "Decline and write to the buyer"
    template = f"{FOLDER}/decline.html"
    leads_to = Status.DECLINED
    reason = forms.ChoiceField(choices=DeclineReason.choices, widget=forms.RadioSelect)
    words = forms.CharField(
        required=False,
        max_length=2000,
        widget=TEXTAREA,
        help_text="In the buyer’s language. Needed when the reason is “other”.",
    )
    shown = forms.MultipleChoiceField(
        label="Photos to show",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="What the answer goes by; the buyer sees these on the page of the return. No "
        "photo with the name, the address or the face of somebody else.",
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["reason"] = forms.ChoiceField(
            choices=[(code, code.label) for code in _reasons(self.rma)],
            widget=forms.RadioSelect,
        )
        self.can_be_shown = [photo for photo in self.photos if not photo.shows_address]
        field = self.fields["shown"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [
            (str(photo.pk), f"{number}: {_in_words(photo)}")
            for number, photo in enumerate(self.can_be_shown, 1)
        ]
        if not self.can_be_shown:
            del self.fields["shown"]

    @property
    def chosen(self) -> list[Photo]:
        wanted = set(self.cleaned_data.get("shown", ()))
        return [photo for photo in self.can_be_shown if str(photo.pk) in wanted]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        reason, words = data.get("reason"), data.get("words", "").strip()
        if reason == DeclineReason.OTHER and not words:
            self.add_error("words", "Explain it in words: no reason of the list does.")
        if reason in SHOWN and not words:
            self.add_error("words", "Tell the buyer what you saw: nobody believes a bare no.")
        return data

    def apply(self, by: Actor) -> None:
        said = self.cleaned_data
        self.rma.decline(said["reason"], said["words"], by=by, photos=self.chosen)


# What the buyer is to be told in words as well.
SHOWN = frozenset({DeclineReason.MISUSE, DeclineReason.NO_EVIDENCE})
# Of sending back alone; what is wrong is wrong whenever it is told.
NOT_OF_CLAIMS = frozenset(
    {DeclineReason.WINDOW_CLOSED, DeclineReason.NOT_RETURNABLE, DeclineReason.USED}
)


def _reasons(rma: ReturnAuthorization) -> list[DeclineReason]:
    is_claim = rma.kind == Kind.CLAIM
    return [code for code in DeclineReason if not (is_claim and code in NOT_OF_CLAIMS)]


def _in_words(photo: Photo) -> str:
    """As the photos stand on the page of the form, in the same order."""
    by = photo.get_taken_by_display().lower()
    return f"{photo.get_kind_display()}, {photo.taken_at:%Y-%m-%d %H:%M} UTC, by the {by}"


class PutRight(Step):
    """For goods that stay with the buyer: pressed once the money or the goods are sent."""

    title = "Put right"
    button = "It is sent: tell the buyer"
    permission = "returns.settle_return"
    starts_from = frozenset({Status.APPROVED})
    leads_to = Status.RESOLVED

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return super().fits(rma) and rma.keeps_goods

    @property
    def asks(self) -> str:
        what = self.rma.get_wish_display().lower()
        if self.rma.estimated_total:
            what = formats.money(self.rma.estimated_total, self.rma.order.currency)
        return f"Is it sent ({what})? Pressing tells the buyer so."

    def apply(self, by: Actor) -> None:
        try:
            self.rma.put_right(by=by)
        except TooMuch as problem:
            left = formats.money(problem.most, self.rma.order.currency)
            raise forms.ValidationError(
                f"Only {left} is left of what was paid, and the shop has reported no refund "
                "that could be this one."
            ) from None


class Extend(Step):
    title = "Give more time"
    button = "Give more time and write to the buyer"
    starts_from = frozenset({Status.EXPIRED})
    leads_to = Status.APPROVED
    last_day = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The new last day to post it, where the buyer lives.",
    )

    def clean_last_day(self) -> date:
        day = self.cleaned_data["last_day"]
        if day <= timezone.now().date():
            raise forms.ValidationError("Choose a day after today.")
        return day

    def apply(self, by: Actor) -> None:
        self.rma.extend(end_of_day(self.cleaned_data["last_day"], self.rma.order.where), by=by)


class Cancel(EndsAppeal):
    title = "Cancel"
    button = "Cancel the return and write to the buyer"
    starts_from = states.OPEN
    leads_to = Status.CANCELLED
    is_next = False

    def apply(self, by: Actor) -> None:
        self.rma.cancel(by=by)
