"""What staff can do about a request to a carrier: a form each, and the verb behind it."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db import transaction

from tracking import tasks
from tracking.admin.calling import Call, Called, call, may_be_called_about
from tracking.interceptions import InterceptionStatus
from tracking.models import Interception
from tracking.work import WorkState

# Whose wish it was is known to the pages that lead here, not to us.
ON_THE_PAGE = "Where a buyer has asked for it, their page says that the change was stopped."
Said = tuple[str, int]  # words, and a level of django.contrib.messages


class Act(forms.Form):
    """title: as its button says. one_press: asks nothing, so its button posts at once. done:
    what the log says."""

    title: ClassVar[str]
    done: ClassVar[str]
    button: ClassVar[str] = ""
    one_press: ClassVar[bool] = False

    def __init__(self, interception: Interception, *args: Any, **more: Any) -> None:
        self.interception = interception
        super().__init__(*args, **({"label_suffix": ""} | more))

    @classmethod
    def fits(cls, interception: Interception) -> bool:
        """Whether it can be done about this request as it is now."""
        return interception.is_open

    @property
    def asks(self) -> str:
        """What will happen."""
        return ""

    @property
    def call(self) -> Call | None:
        """What to say, where it is about a call."""
        return None

    def apply(self) -> Said:
        raise NotImplementedError


class NoteCall(Called, Act):
    title = "Note the call"
    done = "Call to the carrier noted"
    button = "Note what they said"

    def __init__(self, interception: Interception, *args: Any, **more: Any) -> None:
        super().__init__(interception, *args, **more)
        self.ask_about(interception)

    @classmethod
    def fits(cls, interception: Interception) -> bool:
        return may_be_called_about(interception)

    @property
    def asks(self) -> str:
        if self.interception.is_uncertain:
            return (
                "It was asked for once, and the answer was lost. Ask first whether they have it: "
                "a second request may cost twice, or undo the first."
            )
        return "Call them, then note here what they said. The buyer’s page follows at once."

    @property
    def call(self) -> Call:
        return call(self.interception)

    def apply(self) -> Said:
        self.note()
        now = self.interception.get_status_display()
        return f"Noted. The request stands at “{now}”.", messages.SUCCESS


class AskNow(Act):
    title = done = "Ask now"
    one_press = True

    @classmethod
    def fits(cls, interception: Interception) -> bool:
        return interception.is_open and not interception.is_by_phone

    def apply(self) -> Said:
        """Also of one that was given up."""
        mine = Interception.objects.filter(pk=self.interception.pk)
        with transaction.atomic():
            mine.filter(state=WorkState.DEAD).update(state=WorkState.DUE, attempts=0)
            mine.stir()
            transaction.on_commit(tasks.ring_interceptions, robust=True)
        return "The gateway is asked within the next seconds.", messages.SUCCESS


class LeaveToDesk(Act):
    title = "Let a person call"
    done = "Left to a person to call"
    button = "A person calls"

    why = forms.CharField(
        label="Why", max_length=300, help_text="For whoever calls. The buyer does not read it."
    )

    @classmethod
    def fits(cls, interception: Interception) -> bool:
        waits = interception.must_call or interception.status == InterceptionStatus.UNSUPPORTED
        return interception.is_open and not interception.is_by_phone and not waits

    @property
    def asks(self) -> str:
        if self.interception.asked_at is None:
            return "The gateway is not asked any more: it stands on the list of carriers to call."
        return "The gateway was asked already. It also stands on the list of carriers to call."

    def apply(self) -> Said:
        if not self.interception.hand_to_desk(self.cleaned_data["why"]):
            return "Nothing was changed: somebody else was faster.", messages.WARNING
        return "It stands on the list of carriers to call.", messages.SUCCESS


class Withdraw(Act):
    title = "Withdraw"
    done = "Withdrawn"
    button = "Withdraw this request"

    @classmethod
    def fits(cls, interception: Interception) -> bool:
        return interception.is_open and interception.withdraw_wanted_at is None

    @property
    def asks(self) -> str:
        return f"{self._then} {ON_THE_PAGE}"

    @property
    def _then(self) -> str:
        if self.interception.asked_at is None:
            return "Nobody was asked yet: nobody will be."
        gateway = self.interception.gateway
        if gateway is not None and gateway.adapter.CAN_WITHDRAW:
            return "The gateway is asked to forget it. What it answers counts."
        return "The carrier was asked already: it has to be called, and what it says counts."

    def apply(self) -> Said:
        if self.interception.withdraw():
            return "It is withdrawn.", messages.SUCCESS
        return "Withdrawing is asked for. What the carrier says of it counts.", messages.SUCCESS


# In the order in which their buttons stand; the names stand in addresses.
ACTS: dict[str, type[Act]] = {
    "call": NoteCall,
    "ask_now": AskNow,
    "leave": LeaveToDesk,
    "withdraw": Withdraw,
}
