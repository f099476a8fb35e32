"""The form beside an address, or alone: on which terms a parcel is turned, and what else has to
be known for it."""

import hashlib
import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from portal.forms.messages import FormKey
from returns import formats
from returns.address_policy import Offer, Payer
from tracking.gateways import Aim

# A carrier keeps a parcel for so many days at most.
DAYS_AHEAD = 7
# Codes as carriers' interfaces know them (tracking.gateways.Task).
REASONS = [
    ("changed_mind", gettext_lazy("I changed my mind")),
    ("late", gettext_lazy("It comes too late for me")),
    ("address", gettext_lazy("The address is wrong")),
    ("other", gettext_lazy("Another reason")),
]
CHOOSE_REASON = gettext_lazy("Choose the reason that fits best.")
CHOOSE_DAY = gettext_lazy("Choose one of the days.")
NO_AMOUNT = Decimal(-1)  # what no offer costs


class TermsForm(forms.Form):
    """offer: as it stands now. fee: what the page showed, which is compared and never believed.
    The tick is asked for where the buyer pays."""

    use_required_attribute = False
    reason = forms.ChoiceField(
        label=gettext_lazy("Why should it come back?"),
        choices=REASONS,
        widget=forms.RadioSelect,
        error_messages={"required": CHOOSE_REASON, "invalid_choice": CHOOSE_REASON},
    )
    on = forms.ChoiceField(
        label=gettext_lazy("On which day should it be brought?"),
        widget=forms.RadioSelect,
        error_messages={"required": CHOOSE_DAY, "invalid_choice": CHOOSE_DAY},
    )
    agrees = forms.BooleanField()
    key = FormKey(required=False, initial=uuid.uuid4)
    fee = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, offer: Offer, data: Any = None, *, now: datetime, **options: Any):
        super().__init__(data, **options)
        self.offer = offer
        if offer.aim != Aim.RETURN:
            del self.fields["reason"]
        if offer.aim == Aim.RESCHEDULE:
            self._offer_days(now)
        else:
            del self.fields["on"]
        if offer.fee and offer.payer == Payer.BUYER:
            self._ask_for_the_tick()
        else:
            del self.fields["agrees"]

    def _offer_days(self, now: datetime) -> None:
        today = timezone.localdate(now)
        days = [today + timedelta(days=ahead) for ahead in range(1, DAYS_AHEAD + 1)]
        field = self.fields["on"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(day.isoformat(), formats.day(day)) for day in days]

    def _ask_for_the_tick(self) -> None:
        amount = formats.money(self.offer.fee, self.offer.currency)
        field = self.fields["agrees"]
        field.label = gettext("I agree to pay %(amount)s if it works") % {"amount": amount}
        words = gettext("Tick that you agree to pay %(amount)s, or leave it as it is.")
        field.error_messages = {"required": words % {"amount": amount}}

    @property
    def shown_fee(self) -> Decimal:
        """What the page had shown when it was sent."""
        try:
            amount = Decimal(str(self.data.get("fee", "")).strip() or "0")
        except InvalidOperation:
            return NO_AMOUNT
        return amount if amount.is_finite() else NO_AMOUNT

    @property
    def is_as_shown(self) -> bool:
        return self.shown_fee == self.offer.fee

    @property
    def day(self) -> date | None:
        given = self.cleaned_data.get("on")
        return date.fromisoformat(given) if given else None

    def once(self, parcel: int | None, *content: str) -> str:
        """The same for the same form about the same parcel (None: what was not shipped) with
        the same content: sent twice it makes one change, and whoever goes back and changes a
        word has asked for something else."""
        parts = [str(self.fields["key"].clean(self.data.get("key"))), str(parcel), *content]
        parts += [self.data.get(name, "") for name in ("reason", "on")]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()
