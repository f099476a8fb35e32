"""The forms of an exchange: which one instead, whether at once, and what instead of what is
sold out."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from returns import exchange_texts, formats, variants
from returns.codes import Wish
from returns.models import OrderLine, Variant
from returns.texts import WISHES

NOW, LATER = "now", "later"
CHOOSE_ONE = gettext_lazy("Choose one of the list. What is sold out by now is not on it.")
CHOOSE_WHEN = gettext_lazy("Choose when the new one should be sent.")


def kinds_field(line: OrderLine, offered: Sequence[Variant], label: Any) -> forms.ChoiceField:
    """The kinds of one product; under each what goes back because it is cheaper."""
    field = forms.ChoiceField(
        label=label,
        widget=forms.RadioSelect,
        choices=[(row.sku, row.title) for row in offered],
        error_messages={"required": CHOOSE_ONE, "invalid_choice": CHOOSE_ONE},
    )
    # Ours: the second line of each choice, for the tag `choices`.
    field.hints = {row.sku: price_hint(line, row) for row in offered}  # type: ignore[attr-defined]
    return field


def price_hint(line: OrderLine, row: Variant) -> str:
    """What one of it costs less, as it goes back."""
    each = line.paid_for_kept / line.kept if line.kept else line.unit_price
    less = variants.difference(line, row.price, each)
    if not less:
        return ""
    amount = formats.money(less, line.order.currency)
    return _("It costs less: you get %(amount)s back for each.") % {"amount": amount}


class WhichForm(forms.Form):
    """Which one instead of one line."""

    use_required_attribute = False

    def __init__(self, line: OrderLine, offered: Sequence[Variant], *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        label = _("Which one would you like instead of “%(item)s”?") % {"item": line.full_title}
        self.fields["variant"] = kinds_field(line, offered, label)


class AtOnceForm(forms.Form):
    """Whether the new goods go before the old ones are back. amount: what is charged if those
    do not come."""

    use_required_attribute = False
    when = forms.ChoiceField(
        label=gettext_lazy("When should we send the new one?"),
        widget=forms.RadioSelect,
        error_messages={"required": CHOOSE_WHEN, "invalid_choice": CHOOSE_WHEN},
    )

    def __init__(self, amount: Any, currency: str, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        field = self.fields["when"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (NOW, exchange_texts.AT_ONCE_LABEL),
            (LATER, exchange_texts.AFTER_LABEL),
        ]
        field.hints = {  # type: ignore[attr-defined]
            NOW: exchange_texts.at_once_hint(amount, currency),
            LATER: exchange_texts.AFTER_HINT,
        }


class ChooseAgainForm(forms.Form):
    """Another kind or the money. offered: line → its kinds; where one of them has none, only
    the money is left."""

    use_required_attribute = False
    wish = forms.ChoiceField(
        label=gettext_lazy("What would you like instead?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose what you would like."),
            "invalid_choice": gettext_lazy("Choose what you would like."),
        },
    )

    def __init__(
        self, offered: Mapping[OrderLine, Sequence[Variant]], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.can_exchange = bool(offered) and all(offered.values())
        wishes = [Wish.EXCHANGE, Wish.REFUND] if self.can_exchange else [Wish.REFUND]
        field = self.fields["wish"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, WISHES[code].label) for code in wishes]
        if len(wishes) == 1:
            field.initial = wishes[0]
        self.wishes_another = self.data.get("wish") == Wish.EXCHANGE
        self.lines = dict(offered) if self.can_exchange else {}
        for line, rows in self.lines.items():
            label = _("Instead of “%(item)s”") % {"item": line.full_title}
            self.fields[_name(line)] = kinds_field(line, rows, label)

    def full_clean(self) -> None:
        # Asked for only with an exchange.
        for line in self.lines:
            self.fields[_name(line)].required = self.wishes_another
        super().full_clean()
        for line in self.lines:
            self.fields[_name(line)].required = True

    @property
    def kinds(self) -> list[Any]:
        """A field for each line."""
        return [self[_name(line)] for line in self.lines]

    @property
    def chosen(self) -> dict[int, str]:
        """Line's id → SKU, once the form is valid; empty: the money."""
        if self.cleaned_data["wish"] != Wish.EXCHANGE:
            return {}
        return {line.pk: self.cleaned_data[_name(line)] for line in self.lines}


def _name(line: OrderLine) -> str:
    return f"variant-{line.pk}"
