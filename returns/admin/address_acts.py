"""What staff can do about a change of address: a form each, and the verb behind it."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from returns import formats
from returns.address_policy import AGAIN, Payer
from returns.address_states import WhyNot
from returns.admin.address_words import WHY_DESK
from returns.admin.case_acts import READ_BY_BUYER
from returns.letters import language_of, speaking
from returns.models import Actor, AddressChange, ChangeStatus
from tracking import carriers
from tracking.admin.calling import Call, Called, call, may_be_called_about
from tracking.milestones import Milestone

# What a buyer reads who is told no, in the buyer's language.
QUICK_REASONS: dict[str, Any] = {
    "unsure": _(
        "We could not make sure that the request came from you. Please write to us from the "
        "address that you ordered with."
    ),
    "incomplete": _(
        "The new address is not complete. Please ask once more, with the street, the number and "
        "the postcode."
    ),
    "not_there": _("The carrier does not bring anything to that address."),
    "too_far": _("The parcel has come too far for that. It goes on as before."),
    "buyer": _("You have told us that it is not needed any more."),
}
LONGEST = 500  # of AddressChange.words
NOT_TOLD_YET = "Its contact has not been told yet."


class Act(forms.Form):
    """title: as its button says. one_press: asks nothing, so its button posts at once. done:
    what the log says. shows_place: whether its page has the new address on it."""

    title: ClassVar[str]
    done: ClassVar[str]
    button: ClassVar[str] = ""
    one_press: ClassVar[bool] = False
    shows_place: ClassVar[bool] = False

    def __init__(self, change: AddressChange, *args: Any, **more: Any) -> None:
        self.change = change
        super().__init__(*args, **({"label_suffix": ""} | more))

    @classmethod
    def fits(cls, change: AddressChange) -> bool:
        """Whether it can be done about this change as it is now."""
        return change.is_open

    @classmethod
    def is_one_press(cls, change: AddressChange) -> bool:
        return cls.one_press

    @classmethod
    def why_not_yet(cls, change: AddressChange) -> str:
        """What has to happen first, where it fits; '' when nothing."""
        return ""

    @property
    def asks(self) -> str:
        """What will happen."""
        return ""

    @property
    def call(self) -> Call | None:
        """What to say, where it is about a call."""
        return None

    def apply(self, by: Actor) -> str:
        """Says what was done; '' when it was no longer possible."""
        raise NotImplementedError

    @property
    def carrier(self) -> str:
        parcel = self.change.shipment.parcel if self.change.shipment else None
        return (carriers.called(parcel.carrier) if parcel else "") or "the carrier"


class Approve(Act):
    """One press, but where it may cost us what nobody knows: then it is said first."""

    title = "Approve"
    button = "Approve it: we pay"
    done = "Approved"
    one_press = shows_place = True

    @classmethod
    def fits(cls, change: AddressChange) -> bool:
        waits = change.status == ChangeStatus.WAITING
        return waits and (not change.waits_for_parcel or bool(change.why_desk))

    @classmethod
    def is_one_press(cls, change: AddressChange) -> bool:
        return not is_fee_open(change)

    @property
    def asks(self) -> str:
        return (
            "We do not know what the carrier charges. If you go on, we pay it, whatever it is; "
            "the buyer pays nothing."
        )

    def clean(self) -> dict[str, Any]:
        if is_fee_open(self.change) and not self.data.get("read"):
            self.add_error(None, "Nothing was approved yet. Please read this first.")
        return super().clean() or {}

    def apply(self, by: Actor) -> str:
        if not self.change.approve(by=by):
            return ""
        if self.change.aim == AGAIN:
            return "Approved. It can be sent again once it is back."
        asked = self.carrier if self.change.was_shipped else "the warehouse"
        return f"Approved. Now {asked} is asked."


class Decline(Act):
    title = "Decline"
    button = "Decline it"
    done = "Declined"

    reason = forms.ChoiceField(
        label="Why",
        required=False,
        widget=forms.RadioSelect,
        help_text="The buyer reads it in the language of the order.",
    )
    words = forms.CharField(
        label="In your own words (instead, or besides)",
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=READ_BY_BUYER,
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["reason"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, str(words)) for code, words in QUICK_REASONS.items()]

    @classmethod
    def fits(cls, change: AddressChange) -> bool:
        return change.status == ChangeStatus.WAITING

    @property
    def asks(self) -> str:
        return "It is not done. The buyer is told, and why."

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("reason") and not data.get("words") and not self.errors:
            self.add_error("reason", "Choose why, or write it: the buyer reads it.")
        elif not self.errors and len(self._told(data)) > LONGEST:
            self.add_error("words", f"Both together have at most {LONGEST} letters.")
        return data

    def _told(self, data: dict[str, Any]) -> str:
        order = self.change.order
        with speaking(language_of(order.language or order.store.language), order.where):
            quick = str(QUICK_REASONS[data["reason"]]) if data["reason"] else ""
            between = "" if formats.language() == "zh" else " "
        return between.join(filter(None, (quick, data["words"])))

    def apply(self, by: Actor) -> str:
        if not self.change.decline(self._told(self.cleaned_data), by=by):
            return ""
        return "Declined. The buyer is told."


class NoteCall(Called, Act):
    title = "Note the call"
    button = "Note what they said"
    done = "Call to the carrier noted"

    def __init__(self, change: AddressChange, *args: Any, **more: Any) -> None:
        super().__init__(change, *args, **more)
        assert change.interception
        self.ask_about(change.interception)

    @classmethod
    def fits(cls, change: AddressChange) -> bool:
        row = change.interception
        return row is not None and may_be_called_about(row)

    @property
    def asks(self) -> str:
        if self.interception.is_uncertain:
            return (
                "It was asked for once, and the answer was lost. Ask first whether they have it: "
                "a second request may cost twice, or undo the first."
            )
        return "Call them, then note here what they said. The buyer is told at once."

    @property
    def call(self) -> Call:
        return call(self.interception, self.change.order.store.name)

    def apply(self, by: Actor) -> str:
        self.note()
        self.change.take_up()
        return f"Noted. The request stands at “{self.interception.get_status_display()}”."


class InShop(Act):
    title = "The warehouse has it"
    button = "Yes, the warehouse has it"
    done = "Noted that the warehouse has it"
    shows_place = True

    @classmethod
    def fits(cls, change: AddressChange) -> bool:
        """Not before its contact was told: until then nobody may act on it."""
        return HasLeft.fits(change) and (change.started_at is not None or change.must_act)

    @property
    def asks(self) -> str:
        return (
            "Press it once the new address stands where the label is made from. The buyer is "
            "told that it goes there."
        )

    def apply(self, by: Actor) -> str:
        if not self.change.note_in_shop(by=by):
            return ""
        return "Noted. The buyer is told that it goes to the new address."


class HasLeft(Act):
    title = "It left before"
    button = "Yes, it left with the old address"
    done = "Noted that it left before"

    @classmethod
    def fits(cls, change: AddressChange) -> bool:
        return change.is_open and not change.was_shipped and change.status != ChangeStatus.WAITING

    @property
    def asks(self) -> str:
        return (
            "The parcel is on its way to the old address. The order is set back to it, and the "
            "buyer is told. Once the parcel is known here, its carrier can be asked."
        )

    def apply(self, by: Actor) -> str:
        if not self.change.fail(WhyNot.SHIPPED, by=by):
            return ""
        return "Noted. The buyer is told that it left before."


class SendAgain(Act):
    title = "Send it again now"
    button = "Send it again to this address"
    done = "Sent again"
    shows_place = True

    @classmethod
    def fits(cls, change: AddressChange) -> bool:
        parcel = change.shipment.parcel if change.shipment else None
        is_back = parcel is not None and parcel.milestone == Milestone.RETURNED
        return change.waits_for_parcel and is_back

    @classmethod
    def why_not_yet(cls, change: AddressChange) -> str:
        if change.may_be_sent_again:
            return ""
        return WHY_DESK[change.why_desk] if change.why_desk else NOT_TOLD_YET

    @property
    def asks(self) -> str:
        return (
            f"{self._worth}The parcel is back. Its goods are booked and sent once more, the shop "
            "is told this address, and the buyer is told that they are on their way."
        )

    @property
    def _worth(self) -> str:
        """A warning, where a person would have looked before any other change of it."""
        order, limit = self.change.order, self.change.order.store.address_desk_from
        worth = order.worth
        is_foreign = order.currency != order.store.currency
        if limit is None or (worth < limit and not is_foreign):
            return ""
        amount = formats.money(worth, order.currency)
        return f"This order is worth {amount}: make sure who asked before you press it. "

    def apply(self, by: Actor) -> str:
        if not self.change.prepare_again(by=by):
            return ""
        return "It is sent once more. The shop and the buyer are told."


class Withdraw(Act):
    title = "Withdraw"
    button = "Withdraw it"
    done = "Withdrawn"

    @classmethod
    def fits(cls, change: AddressChange) -> bool:
        return change.can_be_withdrawn

    @property
    def asks(self) -> str:
        row = self.change.interception
        if row is not None and row.asked_at is not None:
            return (
                f"{self.carrier} was asked already, and is asked to forget it. What it says "
                "counts, and the buyer is told."
            )
        return "It is not wanted any more: the old address counts, and the buyer is told."

    def apply(self, by: Actor) -> str:
        self.change.withdraw(by=by)
        if self.change.interception is not None:
            self.change.take_up()
        self.change.refresh_from_db()
        if self.change.status == ChangeStatus.WITHDRAWN:
            return "It is withdrawn. The buyer is told."
        if self.change.withdraw_wanted_at is None:
            return ""
        return f"{self.carrier} is asked to forget it. What it says counts."


class Charged(Act):
    title = "The fee is charged"
    done = "Fee charged"
    one_press = True

    @classmethod
    def fits(cls, change: AddressChange) -> bool:
        return change.fee_owed_at is not None and change.fee_charged_at is None

    def apply(self, by: Actor) -> str:
        self.change.note_charged(by=by)
        fee = formats.money(self.change.fee, self.change.currency)
        return f"Noted: {fee} are charged."


def is_fee_open(change: AddressChange) -> bool:
    """The carrier is to be asked, and nobody knows what it charges: no fee was agreed to."""
    return change.aim != AGAIN and change.payer == Payer.BUYER and not change.fee


# In the order in which their buttons stand; the names stand in addresses.
ACTS: dict[str, type[Act]] = {
    "approve": Approve,
    "again": SendAgain,
    "decline": Decline,
    "call": NoteCall,
    "in_shop": InShop,
    "left": HasLeft,
    "charged": Charged,
    "withdraw": Withdraw,
}
