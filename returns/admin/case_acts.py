"""What staff can do about a case: a form each, and the verb that carries it out."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from returns import papers, photos
from returns.admin.answering import MOMENT
from returns.labels import Label
from returns.models import Actor, CarrierContact, Case, Document
from returns.models.carrier_contact import Way
from tracking import carriers

READ_BY_BUYER = "The buyer may read it word for word: write in the buyer’s language, and no names."


class Act(forms.Form):
    """title: as its button and its log say. row: what it is about, if it is about one of
    several (`row_of`). To be checked in the store's time zone."""

    title: ClassVar[str]
    done: ClassVar[str]
    button: ClassVar[str]
    # About one of the contacts of the case, or of the steps of its investigation.
    has_row: ClassVar[bool] = False

    def __init__(
        self, case: Case, *args: Any, row: Any | None = None, user: User, **more: Any
    ) -> None:
        self.case, self.row, self.user = case, row, user
        super().__init__(*args, **({"label_suffix": ""} | more))

    @classmethod
    def fits(cls, case: Case) -> bool:
        """Whether it can be done about this case as it is now."""
        return case.is_open

    @classmethod
    def row_of(cls, case: Case, pk: int) -> Any | None:
        """What of the case it is about; None when there is no such."""
        return case.contacts.filter(pk=pk).first()

    @classmethod
    def takes(cls, row: Any) -> bool:
        """Whether it can still be done about this one."""
        return True

    @property
    def asks(self) -> str:
        """What will happen."""
        return ""

    def apply(self, by: Actor) -> str:
        """Says what was done."""
        raise NotImplementedError

    @property
    def carrier(self) -> str:
        return carriers.called(self.case.parcel.carrier) or "the carrier"


class Paper(forms.FileField):
    """What a carrier sent: a PDF or a picture, looked at like every paper."""

    def __init__(self) -> None:
        super().__init__(
            label="What it sent (PDF or picture, if there is any)",
            required=False,
            help_text="A proof of delivery. Where the buyer may read the contact, the buyer may "
            "fetch it, with a code.",
        )

    def clean(self, data: Any, initial: Any = None) -> Label | None:
        file = super().clean(data, initial)
        if not file:
            return None
        try:
            return papers.check(file.read())
        except (papers.Unusable, photos.Unusable) as unusable:
            raise forms.ValidationError(str(papers.PROBLEMS[unusable.problem])) from None


def _kept(case: Case, paper: Label | None, by: Actor) -> Document | None:
    return Document.objects.keep_from_carrier(case.order, paper, by=by) if paper else None


class LookAt(Act):
    title = button = "I have looked at it"
    done = "Looked at"

    @classmethod
    def fits(cls, case: Case) -> bool:
        return case.is_open and case.looked_at is None

    @property
    def asks(self) -> str:
        return (
            "It counts as looked at, by you and now. The buyer is not told. Should it become "
            "worse, it has to be looked at again."
        )

    def apply(self, by: Actor) -> str:
        self.case.look_at(by=by)
        return "Noted: you have looked at it."


class Member(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.first_name} ({obj.username})" if obj.first_name else obj.username


class GiveTo(Act):
    title = "Give it to somebody"
    button = "Give it to this person"
    done = "Given to somebody else"

    owner = Member(label="Who looks after it", queryset=User.objects.none())

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["owner"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = carers()
        field.initial = self.user.pk

    @property
    def asks(self) -> str:
        return (
            "Whoever has it looks at it before its promise falls due. The buyer reads the first "
            "name: that this person looks after it."
        )

    def apply(self, by: Actor) -> str:
        owner = self.cleaned_data["owner"]
        self.case.give_to(owner, by=by)
        return f"{owner.first_name or owner.username} looks after it now."


class LogContact(Act):
    title = "Log a contact with the carrier"
    button = "Log it"
    done = "Contact with the carrier logged"

    way = forms.ChoiceField(label="How", choices=Way.choices, widget=forms.RadioSelect)
    asked_at = forms.DateTimeField(label="When", widget=MOMENT)
    asked = forms.CharField(
        label="What we asked",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=READ_BY_BUYER,
    )
    answer = forms.CharField(
        label="What it answered (if it has)",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=READ_BY_BUYER,
    )
    is_visible = forms.BooleanField(
        label="The buyer may read it",
        required=False,
        initial=True,
        help_text="Without it nobody tells the buyer that we have asked.",
    )
    file = Paper()

    @classmethod
    def fits(cls, case: Case) -> bool:
        """Also where the case is closed and the carrier still owes us an answer."""
        mine = (row for row in case.order.searches if row.parcel_id == case.parcel_id)
        return case.is_open or any(row.is_open for row in mine)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["asked_at"].initial = timezone.now().replace(second=0, microsecond=0)

    @property
    def asks(self) -> str:
        return (
            f"Log it once you have asked {self.carrier}. The page and the letters then say that "
            "we have, and when. Nothing is sent by it."
        )

    def clean_asked_at(self) -> datetime:
        at = self.cleaned_data["asked_at"]
        if at > timezone.now():
            raise forms.ValidationError("That is still to come. Log it once it is done.")
        if at < self.case.order.placed_at:
            raise forms.ValidationError("The order had not been placed then.")
        return at

    def apply(self, by: Actor) -> str:
        """The same form sent twice is one contact."""
        data = dict(self.cleaned_data)
        same = {name: data[name] for name in ("way", "asked", "asked_at")}
        with transaction.atomic():
            self.case.order.locked()
            if not self.case.contacts.filter(**same, user=by.user).exists():
                data["file"] = _kept(self.case, data["file"], by)
                CarrierContact.objects.ask(self.case, by=by, at=data.pop("asked_at"), **data)
        return f"Logged: we asked {self.carrier}."


class NoteAnswer(Act):
    title = "Note the answer"
    button = "Note this answer"
    done = "Answer of the carrier noted"
    has_row = True

    answer = forms.CharField(
        label="What it answered", max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )
    file = Paper()

    @classmethod
    def fits(cls, case: Case) -> bool:
        """Also of one that is closed: carriers take their time."""
        return True

    @classmethod
    def takes(cls, row: Any) -> bool:
        return not row.answer

    @property
    def asks(self) -> str:
        assert self.row
        if self.row.is_visible:
            return READ_BY_BUYER
        return "Only we see it, as the question."

    def apply(self, by: Actor) -> str:
        assert self.row
        self.row.case = self.case
        file = _kept(self.case, self.cleaned_data["file"], by)
        self.row.note_answer(self.cleaned_data["answer"], by=by, file=file)
        return "The answer is noted."


class Close(Act):
    title = "Close"
    button = "Close this case"
    done = "Closed"

    reason = forms.CharField(max_length=300, help_text="For us. The buyer does not read it.")

    @property
    def asks(self) -> str:
        return (
            "Nothing is left to be done. What was promised for it alone falls away, and news of "
            "it that waits to be sent is not sent. If the carrier reports more, a new case is "
            "opened."
        )

    def apply(self, by: Actor) -> str:
        self.case.close(self.cleaned_data["reason"], by=by)
        return "The case is closed."


# In the order in which their buttons stand; the names stand in addresses.
ACTS: dict[str, type[Act]] = {
    "look": LookAt,
    "contact": LogContact,
    "answer": NoteAnswer,
    "give": GiveTo,
    "close": Close,
}


def carers() -> QuerySet[User]:
    """Members of staff who may look after cases."""
    may = Q(user_permissions__codename="care_for_case") | Q(
        groups__permissions__codename="care_for_case"
    )
    staff = User.objects.filter(is_active=True, is_staff=True)
    return staff.filter(may | Q(is_superuser=True)).distinct().order_by("username")
