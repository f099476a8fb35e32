"""The forms of a return: what goes back, why, what is wished for, and later words."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.datastructures import MultiValueDict
from django.utils.html import format_html_join
from django.utils.translation import gettext, gettext_lazy, ngettext_lazy

from portal import drawings
from returns import formats, ledger
from returns.codes import Payer, Reason, Wish
from returns.ledger import Availability, Obstacle
from returns.models import OrderLine, ReturnAuthorization
from returns.texts import OBSTACLES, REASONS, WISHES, obstacle

PREFIX = "line-"
COMMENT_LENGTH = 1000
ANSWER_LENGTH = 2000
# Longer than any order, short enough for int() whatever somebody sends.
DIGITS = 9


def whole_number(text: str) -> int | None:
    """`text` as a quantity: blank is 0, digits of any script count; None for all else."""
    text = unicodedata.normalize("NFKC", text).strip()
    if not text:
        return 0
    if not text.isdecimal():
        return None
    return int(text) if len(text) <= DIGITS else 10**DIGITS


class Words(forms.CharField):
    """Free text: limits and messages in plain words; a new line counts once."""

    def __init__(self, *, max_length: int, missing: Any = "", rows: int = 4, **options: Any):
        super().__init__(
            max_length=max_length,
            widget=forms.Textarea(attrs={"rows": rows}),
            error_messages={
                "required": missing,
                "max_length": ngettext_lazy(
                    "Make it shorter: %(show_value)d characters are written, "
                    "and there is room for %(limit_value)d.",
                    "Make it shorter: %(show_value)d characters are written, "
                    "and there is room for %(limit_value)d.",
                    "limit_value",
                ),
            },
            **options,
        )

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


# --- 1: what -------------------------------------------------------------------------------


class AllValues(forms.TextInput):
    """Every value sent under the name, as a list."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return data.getlist(name)


class Quantity(forms.Field):
    """How many of one line; named twice in one form it is added up first."""

    widget = AllValues

    def __init__(self, can: Availability):
        super().__init__(required=False, label=can.line.title)
        self.can = can

    def clean(self, value: list[str]) -> int:
        numbers = [whole_number(text) for text in value or [""]]
        total = sum(number or 0 for number in numbers)
        if None in numbers:
            raise ValidationError(obstacle(Obstacle.NO_QUANTITY), code=Obstacle.NO_QUANTITY)
        if total > self.can.limit:
            raise ValidationError(
                obstacle(Obstacle.TOO_MANY, limit=self.can.limit), code=Obstacle.TOO_MANY
            )
        return total


@dataclass(frozen=True)
class Row:
    """One line of the order on the page. field: None when it cannot be sent back."""

    can: Availability
    field: BoundField | None = None

    @property
    def line(self) -> OrderLine:
        return self.can.line

    @property
    def symbol(self) -> str:
        return drawings.of_line(self.line)

    @property
    def bought(self) -> int:
        return self.line.kept

    @property
    def typed(self) -> str:
        """What stands in the field: as it was written, right or wrong."""
        assert self.field is not None
        values = self.field.value() or [""]
        return values[0]

    @property
    def ticked(self) -> bool:
        return self.typed.strip() not in ("", "0")

    @property
    def until_usual(self) -> datetime | None:
        """The last second to change one's mind, where other reasons may be given longer."""
        if Reason.CHANGED_MIND not in self.can.reasons or self.can.on_the_way:
            return None
        end = self.line.window_end(Reason.CHANGED_MIND)
        return end if end != self.can.until else None

    @property
    def why_not(self) -> str:
        return obstacle(self.can.obstacle, until=self.can.until) if self.can.obstacle else ""

    @property
    def returns(self) -> list[ReturnAuthorization]:
        """The returns that this line is part of."""
        held = [row.authorization for row in self.line.return_lines.all() if ledger.held_by(row)]
        return held if self.can.obstacle == Obstacle.ALL_BACK else []


class ItemsForm(forms.Form):
    """One quantity per line that can be sent back. data: a MultiValueDict, or None."""

    def __init__(self, cans: list[Availability], data: MultiValueDict | None = None):
        super().__init__(data)
        self.posted: MultiValueDict = data if data is not None else MultiValueDict()
        self.cans = cans
        for can in cans:
            if can.limit:
                self.fields[f"{PREFIX}{can.line.pk}"] = Quantity(can)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, problem in self._strangers():
            self.add_error(None, ValidationError(problem, code=name))
        if not self.errors and not any(cleaned.values()):
            self.add_error(
                None,
                ValidationError(obstacle(Obstacle.NOTHING_CHOSEN), code=Obstacle.NOTHING_CHOSEN),
            )
        return cleaned

    def _strangers(self) -> Iterator[tuple[str, str]]:
        """Lines that were asked for although the page did not offer them."""
        known = {f"{PREFIX}{can.line.pk}": can for can in self.cans if not can.limit}
        for name in self.posted:
            if not name.startswith(PREFIX) or name in self.fields:
                continue
            if all(whole_number(text) == 0 for text in self.posted.getlist(name)):
                continue
            if can := known.get(name):
                yield (
                    can.obstacle,
                    gettext("%(item)s: %(problem)s")
                    % {
                        "item": can.line.title,
                        "problem": obstacle(can.obstacle, until=can.until),
                    },
                )
            else:
                yield Obstacle.UNKNOWN_LINE, obstacle(Obstacle.UNKNOWN_LINE)

    @property
    def chosen(self) -> dict[str, int]:
        """Line id → quantity of what is to go back, once the form is valid."""
        return {
            name.removeprefix(PREFIX): quantity
            for name, quantity in self.cleaned_data.items()
            if quantity
        }

    @property
    def rows(self) -> list[Row]:
        return [Row(can, self[f"{PREFIX}{can.line.pk}"]) for can in self.cans if can.limit]

    @property
    def closed(self) -> list[Row]:
        return [Row(can) for can in self.cans if not can.limit]

    @property
    def shared_obstacle(self) -> str:
        """The one reason why nothing can be sent back, or '' when lines differ."""
        words = {row.why_not for row in self.closed}
        return words.pop() if len(words) == 1 and not self.rows and len(self.cans) > 1 else ""

    @property
    def found(self) -> list[tuple[str, str]]:
        """The problems as (id to jump to, words)."""
        first = self.rows[0].field.id_for_label if self.rows and self.rows[0].field else ""
        general = [(first, str(words)) for words in self.non_field_errors()]
        return general + [
            (
                row.field.id_for_label,
                gettext("%(item)s: %(problem)s")
                % {
                    "item": row.line.title,
                    "problem": words,
                },
            )
            for row in self.rows
            if row.field
            for words in row.field.errors
        ]


# --- 2: why --------------------------------------------------------------------------------


def reason_hint(can: Availability, reason: str, currency: str) -> str:
    """Under a reason: what it covers, who pays, and whether we ask for a photo."""
    rules = can.line.rules
    if rules.payer(reason) == Payer.STORE:
        pays = gettext("We pay for everything.")
    elif rules.fee:
        pays = gettext("You pay the postage: %(amount)s is taken off what you get back.") % {
            "amount": formats.money(rules.fee, currency)
        }
    else:
        pays = gettext("You pay the postage.")
    rule = rules.reasons.get(reason)
    photo = (
        gettext("Please take a photo before you pack it; we may ask for it.")
        if rule and rule.photos
        else ""
    )
    second = f"{pays} {photo}".strip()
    lines = [(line,) for line in (str(REASONS[reason].hint), second) if line]
    return format_html_join(" ", '<span class="line">{}</span>', lines)


class ReasonForm(forms.Form):
    """can: the line it is about; only the reasons that are still possible are offered."""

    reason = forms.ChoiceField(widget=forms.RadioSelect)
    comment = Words(
        label=gettext_lazy("Tell us more"),
        max_length=COMMENT_LENGTH,
        required=False,
        rows=3,
        help_text=gettext_lazy("A few words help us to put it right."),
    )

    def __init__(self, can: Availability, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        field = self.fields["reason"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, REASONS[code].label) for code in can.reasons]
        # Ours: the second line of each choice, for the tag `choices`.
        field.hints = {  # type: ignore[attr-defined]
            code: reason_hint(can, code, can.line.order.currency) for code in can.reasons
        }
        field.label = gettext("Why are you sending “%(item)s” back?") % {"item": can.line.title}
        missing = (
            gettext("Choose the reason that fits best. If none does, choose “I changed my mind”.")
            if Reason.CHANGED_MIND in can.reasons
            else gettext("Choose the reason that fits best.")
        )
        self.can, self.missing = can, missing
        field.error_messages = {"required": missing, "invalid_choice": missing}

    def add_error(self, field: Any, error: Any) -> None:
        """A reason whose own time is over says so instead of being unknown."""
        given = self.data.get("reason", "")
        if (
            field == "reason"
            and given in self.can.line.rules.reasons
            and (given not in self.can.reasons)
        ):
            until = self.can.line.window_end(given)
            error = obstacle(Obstacle.REASON_CLOSED, until=until)
        super().add_error(field, error)


# --- 3: what one would like ------------------------------------------------------------------


class WishForm(forms.Form):
    """other: which one instead, only when an exchange is wished for."""

    use_required_attribute = False
    wish = forms.ChoiceField(
        label=gettext_lazy("What would you like?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose what you would like."),
            "invalid_choice": cast(Any, OBSTACLES[Obstacle.UNKNOWN_WISH]),
        },
    )
    other = Words(
        label=gettext_lazy("Which one would you like instead?"),
        max_length=500,
        rows=2,
        help_text=gettext_lazy("For example: the same in size L, or in blue."),
        missing=gettext_lazy("Write which size, colour or kind you would like."),
    )

    def __init__(
        self, wishes: list[str], *args: Any, needs_words: bool = True, **kwargs: Any
    ) -> None:
        """needs_words: which one instead is told here; else it is chosen on the next page."""
        super().__init__(*args, **kwargs)
        self.needs_words = needs_words
        field = self.fields["wish"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, WISHES[code].label) for code in wishes]
        # Ours, as in ReasonForm.
        field.hints = {code: WISHES[code].hint for code in wishes}  # type: ignore[attr-defined]
        self.offers_exchange = Wish.EXCHANGE in wishes and needs_words
        self.wishes_another = self.data.get("wish") == Wish.EXCHANGE

    def full_clean(self) -> None:
        # Required only for an exchange; but never said to be optional, which would
        # tell the opposite to whoever chooses the exchange.
        self.fields["other"].required = self.wishes_another and self.needs_words
        super().full_clean()
        self.fields["other"].required = True

    def clean_other(self) -> str:
        asked = self.wishes_another and self.needs_words
        return self.cleaned_data["other"] if asked else ""


# --- later: answer, appeal -------------------------------------------------------------------


class AnswerForm(forms.Form):
    """The buyer's answer to a question of ours about a return."""

    answer = Words(
        label=gettext_lazy("Your answer"),
        max_length=ANSWER_LENGTH,
        rows=5,
        missing=gettext_lazy("Write your answer, a few words are enough."),
    )


class AppealForm(forms.Form):
    """Why a return that was declined should be looked at again."""

    words = Words(
        label=gettext_lazy("What should we look at again?"),
        max_length=ANSWER_LENGTH,
        rows=5,
        missing=gettext_lazy("Write what we should look at again, a few words are enough."),
    )
