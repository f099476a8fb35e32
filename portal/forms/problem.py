"""The forms of "Something is wrong": which parcel, where one has looked, which things, and how
it should be put right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.forms.boundfield import BoundField
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import drawings
from portal.forms.returns import PREFIX, AllValues, Words, whole_number
from returns import problem_texts
from returns.models import OrderLine
from returns.problem_texts import MISSING_ANSWER, TALK, Place
from returns.texts import Choice
from returns.wording import filled

WORDS_LENGTH = 2000
VIDEO_LENGTH = 500
VARIANT = "variant-"
# In place of an article number: the buyer says in words which one.
IN_WORDS = "other"

CHOOSE_A_THING = gettext_lazy("Choose at least one thing.")
HOW_MANY = gettext_lazy("Write how many, as a whole number from 1.")
AT_MOST = gettext_lazy("Of this you can tell about {limit} at most. Write {limit} or fewer.")
NOT_OF_THIS = gettext_lazy("This is not possible here. Choose from the list.")


def _radios(label: Any, choices: Mapping[str, Choice], missing: Any = MISSING_ANSWER) -> Any:
    """One answer of several; the second line of each stands in `hints`, for the tag `choices`."""
    field = forms.ChoiceField(
        label=label,
        widget=forms.RadioSelect,
        choices=[(code, choice.label) for code, choice in choices.items()],
        error_messages={"required": missing, "invalid_choice": missing},
    )
    field.hints = {code: choice.hint for code, choice in choices.items()}  # type: ignore[attr-defined]
    return field


class WhichForm(forms.Form):
    """Which parcel. parcels: key → how it is called and what is in it."""

    def __init__(self, parcels: Mapping[int, Choice], *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        choices = {str(key): choice for key, choice in parcels.items()}
        self.fields["parcel"] = _radios(
            _("Which parcel is it about?"), choices, _("Choose the parcel that it is about.")
        )


class LookForm(forms.Form):
    """Where one has looked; nobody has to tick anything."""

    def __init__(self, places: Sequence[Place], *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        field = forms.MultipleChoiceField(
            label=_("Have you looked here?"),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            choices=[(place.code, place.label) for place in places],
            error_messages={"invalid_choice": cast(Any, NOT_OF_THIS)},
        )
        field.hints = {place.code: place.hint for place in places}  # type: ignore[attr-defined]
        self.fields["looked"] = field


# --- Which things -------------------------------------------------------------------------------


class HowMany(forms.Field):
    """How many of one thing; named twice in one form it is added up first."""

    widget = AllValues

    def __init__(self, line: OrderLine, limit: int):
        super().__init__(required=False, label=line.title)
        self.limit = limit

    def clean(self, value: list[str]) -> int:
        numbers = [whole_number(text) for text in value or [""]]
        total = sum(number or 0 for number in numbers)
        if None in numbers:
            raise ValidationError(HOW_MANY, code="no_quantity")
        if total > self.limit:
            raise ValidationError(filled(AT_MOST, limit=self.limit), code="too_many")
        return total


@dataclass(frozen=True)
class Row:
    """One thing on the page. field: None where it is not possible, and `why_not` says why."""

    line: OrderLine
    limit: int = 0
    why_not: str = ""
    field: BoundField | None = None

    @property
    def symbol(self) -> str:
        return drawings.of_line(self.line)

    @property
    def typed(self) -> str:
        """What stands in the field: as it was written, right or wrong."""
        assert self.field is not None
        values = self.field.value() or [""]
        return values[0]

    @property
    def ticked(self) -> bool:
        return self.typed.strip() not in ("", "0")


class ThingsForm(forms.Form):
    """One quantity per thing. limits: line → how many, in the order of the page. data: a
    MultiValueDict, or None."""

    def __init__(self, limits: Mapping[OrderLine, int], data: MultiValueDict | None = None):
        super().__init__(data)
        self.posted: MultiValueDict = data if data is not None else MultiValueDict()
        self.limits = limits
        for line, limit in limits.items():
            self.fields[f"{PREFIX}{line.pk}"] = HowMany(line, limit)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if any(self._is_strange(name) for name in self.posted):
            self.add_error(None, ValidationError(NOT_OF_THIS, code="unknown"))
        if not self.errors and not any(cleaned.values()):
            self.add_error(None, ValidationError(CHOOSE_A_THING, code="nothing"))
        return cleaned

    def _is_strange(self, name: str) -> bool:
        """A thing that was named although the page did not offer it."""
        if not name.startswith(PREFIX) or name in self.fields:
            return False
        return any(whole_number(text) != 0 for text in self.posted.getlist(name))

    @property
    def chosen(self) -> dict[str, int]:
        """Line id → how many, once the form is valid."""
        return {
            name.removeprefix(PREFIX): quantity
            for name, quantity in self.cleaned_data.items()
            if quantity
        }

    @property
    def rows(self) -> list[Row]:
        return [
            Row(line, limit, field=self[f"{PREFIX}{line.pk}"])
            for line, limit in self.limits.items()
        ]

    @property
    def found(self) -> list[tuple[str, str]]:
        """The problems as (id to jump to, words)."""
        rows = self.rows
        first = rows[0].field.id_for_label if rows and rows[0].field else ""
        general = [(first, str(words)) for words in self.non_field_errors()]
        return general + [
            (
                row.field.id_for_label,
                _("%(item)s: %(problem)s") % {"item": row.line.title, "problem": words},
            )
            for row in rows
            if row.field
            for words in row.field.errors
        ]


# --- What, and how ------------------------------------------------------------------------------


class ReasonForm(forms.Form):
    """What kind of fault it is. reasons: those that are still possible."""

    def __init__(self, reasons: Sequence[str], *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        choices = {code: problem_texts.REASONS[code] for code in reasons}
        self.fields["reason"] = _radios(_("What is it like?"), choices)


def _https_only(value: str) -> None:
    try:
        host = urlsplit(value).hostname
        URLValidator(schemes=["https"])(value)
    except (ValueError, ValidationError):
        host = None
    if not host:
        raise ValidationError(
            _("Copy the whole address of the video; it begins with https://"), code="video"
        )


class DetailsForm(forms.Form):
    """What a kind of problem asks: its questions, own words, and where things are shown the
    address of a video. questions: code → its answers."""

    use_required_attribute = False

    def __init__(
        self,
        kind: str,
        questions: Mapping[str, Sequence[str]],
        *args: Any,
        shows: bool = False,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.questions = list(questions)
        for code, answers in questions.items():
            choices = {
                answer: Choice(problem_texts.ANSWERS[code, answer], "") for answer in answers
            }
            self.fields[code] = _radios(problem_texts.question(kind, code), choices)
        label, hint, is_needed = problem_texts.OWN_WORDS[kind]
        self.fields["words"] = Words(
            label=label,
            help_text=hint,
            max_length=WORDS_LENGTH,
            required=is_needed,
            missing=problem_texts.WRITE_A_FEW_WORDS,
            rows=4,
        )
        if shows:
            self.fields["video"] = forms.CharField(
                label=_("The address of a video"),
                required=False,
                max_length=VIDEO_LENGTH,
                help_text=_("Only if you have one: it begins with https://"),
                validators=[_https_only],
                widget=forms.TextInput(
                    attrs={"inputmode": "url", "autocomplete": "off", "dir": "ltr"}
                ),
                error_messages={"max_length": _("This address is too long. Choose a shorter one.")},
            )

    @property
    def asked(self) -> list[BoundField]:
        """The questions, in their order."""
        return [self[code] for code in self.questions]


class RemedyForm(forms.Form):
    """How it should be put right. choices: wish, or TALK → its words."""

    def __init__(self, choices: Mapping[str, Choice], *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["wish"] = _radios(
            _("How should we put it right?"), choices, _("Choose what you would like.")
        )
        assert TALK in choices


class VariantForm(forms.Form):
    """What each thing is exchanged for. allowed: line → (article number, how it is called), by
    what the store allows; nothing where it has not said, then the buyer writes it."""

    use_required_attribute = False

    def __init__(
        self, allowed: Mapping[OrderLine, Sequence[tuple[str, str]]], *args: Any, **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        self.allowed = allowed
        in_words = Choice(_("Another one"), _("Write below which; a person looks whether we can."))
        for line, variants in allowed.items():
            if variants:
                choices = {sku: Choice(title, "") for sku, title in variants}
                self.fields[f"{VARIANT}{line.pk}"] = _radios(
                    _("Which one instead of “{item}”?").format(item=line.full_title),
                    {**choices, IN_WORDS: in_words},
                    _("Choose which one you would like."),
                )
        self.fields["other"] = Words(
            label=_("Which one would you like instead?"),
            max_length=500,
            rows=2,
            required=False,
            help_text=_("For example: the same in size L, or in blue."),
        )

    def clean(self) -> dict[str, Any]:
        """Words are needed where nothing was chosen from a list."""
        cleaned = super().clean() or {}
        picked = [cleaned.get(f"{VARIANT}{line.pk}") for line, some in self.allowed.items() if some]
        from_list = len(picked) == len(self.allowed) and IN_WORDS not in picked
        if not from_list and not cleaned.get("other") and "other" not in self.errors:
            words = _("Write which size, colour or kind you would like.")
            self.add_error("other", ValidationError(words, code="required"))
        return cleaned

    @property
    def chosen(self) -> dict[str, str]:
        """Line id → article number, of what was chosen from a list."""
        return {
            name.removeprefix(VARIANT): value
            for name, value in self.cleaned_data.items()
            if name.startswith(VARIANT) and value != IN_WORDS
        }

    @property
    def picks(self) -> list[BoundField]:
        return [self[name] for name in self.fields if name.startswith(VARIANT)]
