"""What a person types to find an order, and the code that opens it."""

import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

NO_HELP = {"autocapitalize": "off", "autocorrect": "off", "spellcheck": "false"}


class TypedField(forms.CharField):
    """One line as people type and paste it: signs that cannot be seen are left out (NUL,
    and the direction marks that phones put around copied numbers)."""

    def to_python(self, value: Any) -> str:
        seen = "".join(
            sign
            for sign in str(value or "")
            if sign.isspace() or not unicodedata.category(sign).startswith("C")
        )
        return " ".join(seen.split())


class FindForm(forms.Form):
    number = TypedField(
        label=_("Order number"),
        help_text=_("It stands in the email that confirmed your order."),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", **NO_HELP}),
        error_messages={
            "required": _(
                "Enter your order number. It stands in the email that confirmed your order."
            ),
            "max_length": _(
                "That is longer than an order number can be. Enter only the number itself."
            ),
        },
    )
    proof = TypedField(
        label=_("Email, phone number or postcode"),
        help_text=_(
            "As you gave it with the order. Of a phone number the last four digits are enough."
        ),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "email", **NO_HELP}),
        error_messages={
            "required": _(
                "Enter the email address, phone number or postcode that you gave with the order."
            ),
            "max_length": _(
                "That is too long. Enter only one of them: the email address, "
                "the phone number or the postcode."
            ),
        },
    )


class CodeForm(forms.Form):
    WRONG = _(
        "This code does not open an order. Compare it with the newest email from us, or "
        "ask for a new code."
    )
    OUT_OF_TRIES = _(
        "That was the fifth try, so this code is now closed. Please ask for a new one."
    )

    code = TypedField(
        label=_("Six-digit code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", **NO_HELP}
        ),
        error_messages={
            "required": _("Enter the six digits from the email."),
            "max_length": _("Enter only the six digits from the email."),
        },
    )

    def refuse(self, *, out_of_tries: bool) -> None:
        """Says that the code did not fit; never why. When it is closed, there is no field
        any more to say it beside."""
        if out_of_tries:
            self.add_error(None, self.OUT_OF_TRIES)
        else:
            self.add_error("code", self.WRONG)
