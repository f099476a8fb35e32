"""Amounts of money, as people write them and as the desk tells them."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from django import forms

from returns import formats, policy
from returns.models import Resolution, ReturnAuthorization

ZERO = Decimal(0)
# 1,280.00 and 1280: thousands may stand apart, cents only behind a point or a lone comma.
THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?:[,.]|$))")
LONE_COMMA = re.compile(r"^(\d+),(\d{1,2})$")


class MoneyField(forms.DecimalField):
    """An amount in a currency, as people write it: 1,280.00 and 12,50 and 12.5."""

    def __init__(self, currency: str, **more: Any) -> None:
        self.currency = currency
        super().__init__(min_value=ZERO, max_digits=11, **more)
        self.widget = forms.TextInput(
            attrs={"inputmode": "decimal", "class": "big", "autocomplete": "off"}
        )

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            written = re.sub(r"\s", "", value.strip().removesuffix(self.currency))
            lone = LONE_COMMA.match(written)
            value = f"{lone[1]}.{lone[2]}" if lone else THOUSANDS.sub("", written)
        return super().to_python(value)

    def clean(self, value: Any) -> Decimal | None:
        amount = super().clean(value)
        if amount is not None and amount != amount.quantize(policy.unit(self.currency)):
            least = policy.unit(self.currency)
            raise forms.ValidationError(f"{self.currency} is paid in steps of {least}.")
        return amount

    def prepare_value(self, value: Any) -> Any:
        return self.written(value) if isinstance(value, Decimal) else value

    def written(self, amount: Decimal) -> str:
        return f"{amount:.{get_currency_precision(self.currency)}f}"


def in_words(rows: Iterable[Resolution], rma: ReturnAuthorization) -> str:
    """`refund 68.00 USD and store credit 5.00 USD`."""
    return " and ".join(one_in_words(row, rma.order.currency) for row in rows)


def one_in_words(row: Resolution, currency: str) -> str:
    kind = row.get_kind_display().lower()
    return f"{kind} {formats.money(row.amount, currency)}" if row.is_money else kind
