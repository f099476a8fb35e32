"""What was withdrawn before it left: did it stay? And money that does not wait for the goods."""

from django import forms

from returns import formats
from returns.admin.decisions import Decision
from returns.models import Actor, ReturnAuthorization, TooMuch
from returns.states import Status


class Stopped(Decision):
    """The warehouse has it, and it does not leave."""

    title = "It stays here"
    button = "It stays here: decide the money"

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return rma.waits_for_stop and rma.status == Status.APPROVED

    @property
    def asks(self) -> str:
        amount = formats.money(self.rma.estimated_total, self.rma.order.currency)
        return (
            "First make sure in the shop and at the warehouse that it is taken out and not "
            f"packed. Then {amount} go back to the buyer, the way they were paid."
        )

    def apply(self, by: Actor) -> None:
        self.rma.note_stopped(by=by)


class Left(Decision):
    """Too late: it is a return now."""

    title = "It has left already"
    button = "It has left: tell the buyer how to send it back"
    is_next = False

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return Stopped.fits(rma)

    @property
    def asks(self) -> str:
        return (
            "The buyer is told that we were too late and how to send it back, at our cost. The "
            "money waits until it is posted."
        )

    def apply(self, by: Actor) -> None:
        self.rma.note_left(by=by)


class PayOnProof(Decision):
    """After a withdrawal the money may not wait until we have looked into the parcel."""

    title = "Pay before the goods are looked at"
    button = "Decide the whole refund"
    permission = "returns.settle_return"

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return rma.withdrawal_id is not None and rma.may_be_paid_on_proof

    @classmethod
    def comes_next(cls, rma: ReturnAuthorization) -> bool:
        return False

    @property
    def asks(self) -> str:
        return (
            "It is shown that the goods are on their way. The law wants the money to leave within "
            "fourteen days of the withdrawal, the way it was paid, whatever is found later."
        )

    def apply(self, by: Actor) -> None:
        try:
            self.rma.pay_on_proof(by=by)
        except TooMuch as error:
            raise forms.ValidationError(
                f"No more than {formats.money(error.most, self.rma.order.currency)} is left."
            ) from None
