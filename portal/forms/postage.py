"""The form of the postage that the buyer paid: how much, and a photo of the receipt."""

import re
import unicodedata
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy

from returns import formats, policy
from returns.models.draft import new_key

PHOTO_MISSING = gettext_lazy("Choose a photo of the receipt, or take one.")
NUMBER = re.compile(r"(?P<whole>\d[\d.,]*?)(?:(?P<mark>[.,])(?P<rest>\d*))?")
KEY_LENGTH = 64


class Amount(forms.CharField):
    """An amount as people write it: 1,280.00 and 12,50 and 12.5; a Decimal in `currency`."""

    def __init__(self, currency: str, **more: Any) -> None:
        self.currency = currency
        super().__init__(max_length=20, **more)
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean(self, value: Any) -> Any:
        amount = _read(super().clean(value), get_currency_precision(self.currency))
        example = formats.money(Decimal(12), self.currency)
        if amount is None or not 0 < amount < 10**9:
            words = gettext("Write what you paid as a number, for example {example}.")
            raise ValidationError(words.format(example=example))
        if amount != amount.quantize(policy.unit(self.currency)):
            words = gettext("Write it with no more decimals than on the receipt.")
            raise ValidationError(words)
        return amount


def _read(typed: str, decimals: int) -> Decimal | None:
    """None for what is no number. decimals: of the currency. Behind the last point or comma
    stand the cents, where it is not one that sets thousands apart."""
    number = "".join(
        sign for sign in unicodedata.normalize("NFKC", typed) if sign.isdecimal() or sign in ".,-"
    )
    found = NUMBER.fullmatch(number)
    if not found:
        return None
    whole, mark, rest = (found[name] or "" for name in ("whole", "mark", "rest"))
    parts = len(rest) == 3 and (decimals < 3 or mark == ",")
    digits = re.sub(r"[.,]", "", whole)
    return Decimal(digits + rest) if parts else Decimal(f"{digits}.{rest or 0}")


class PostageForm(forms.Form):
    """key: of this very form; sent twice it makes one claim."""

    use_required_attribute = False
    key = forms.CharField(max_length=KEY_LENGTH, widget=forms.HiddenInput)
    photo = forms.FileField(
        label=gettext_lazy("The receipt"),
        allow_empty_file=True,  # what is wrong with it is said by returns.photos
        error_messages={
            "required": PHOTO_MISSING,
            "invalid": PHOTO_MISSING,
            "missing": PHOTO_MISSING,
        },
    )

    def __init__(self, currency: str, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["paid"] = Amount(
            currency,
            label=gettext("What you paid, in {currency}").format(currency=currency),
            help_text=gettext("As it is on the receipt."),
            error_messages={"required": gettext("Write what you paid.")},
        )
        self.initial.setdefault("key", new_key())
