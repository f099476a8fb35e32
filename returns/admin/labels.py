"""The label that the merchant made, for the buyer to print."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from returns import labels, photos
from returns.admin.posting import Numbered
from returns.models import Actor, Document, ReturnAuthorization
from returns.photos.problems import Problem
from returns.photos.words import PROBLEMS
from returns.states import Status


class AddLabel(Numbered):
    title = "Add a label"
    button = "Keep this label"
    place = "papers"

    field_order = ["file", "number", "as_typed", "carrier"]

    file = forms.FileField(
        label="The label",
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "application/pdf,image/*"}),
        help_text="A PDF or a picture, at most 5 MB. It replaces an earlier one.",
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        number = self.fields["number"]
        number.required = False
        number.label = "Tracking number on it, if it has one"
        number.help_text = "The parcel is followed; we go on reminding until it is posted."

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return rma.status in {Status.APPROVED, Status.IN_TRANSIT} and not rma.keeps_goods

    @property
    def asks(self) -> str:
        return "The buyer prints it instead of writing on the parcel."

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        if file.size > labels.MOST_BYTES:
            raise forms.ValidationError(str(labels.PROBLEMS[Problem.TOO_LARGE]))
        try:
            self.label = labels.check(file.read())
        except labels.Unusable as unusable:
            raise forms.ValidationError(str(labels.PROBLEMS[unusable.problem])) from None
        return file

    def apply(self, by: Actor) -> None:
        label = self.label
        try:
            # The file first: the disk is no place to wait at while an order is locked.
            Document.objects.add_label(
                self.rma, label.data, label.content_type, label.sha256, by=by
            )
        except photos.Unusable as unusable:
            raise forms.ValidationError({"file": str(PROBLEMS[unusable.problem])}) from None
        if self.cleaned_data["number"]:
            self.rma.name_parcel(*self.found, by=by, posted=False)

    def said(self) -> str:
        followed = ""
        if self.cleaned_data["number"]:
            followed = f" {self.found[0]} is known now.{self.warning()}"
        return (
            f"{self.rma.number} has its label.{followed} The buyer finds it on the return’s page."
        )
