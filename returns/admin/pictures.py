"""Photographs: taken at the warehouse, and shown, with labels and the papers that buyers sent,
to whoever works at the desk.

Nothing here has a public address: each file is handed out by a view that knows who asks.
"""

from typing import Any
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from returns import photos
from returns.admin.decisions import FOLDER, Decision
from returns.codes import PhotoKind
from returns.models import Actor, Document, Photo, ReturnAuthorization
from returns.models.photo import TooMany
from returns.photos.words import PROBLEMS
from returns.served import served


class AddPhoto(Decision):
    """One picture at a time; it is rebuilt without anything but the picture itself."""

    title = "Add a photo"
    button = "Add this photo"
    permission = "returns.receive_return"
    place = "photos"
    template = f"{FOLDER}/photo.html"

    kind = forms.ChoiceField(
        label="It shows",
        choices=PhotoKind.choices,
        initial=PhotoKind.ITEM,
        widget=forms.RadioSelect,
    )
    file = forms.FileField(
        label="The photo",
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "image/*", "capture": "environment"}),
    )

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return True

    def apply(self, by: Actor) -> None:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        try:
            Photo.objects.take(self.rma, self.cleaned_data["kind"], file.read(), by=by)
        except photos.Unusable as unusable:
            raise forms.ValidationError({"file": PROBLEMS[unusable.problem]}) from None
        except TooMany as problem:
            raise forms.ValidationError(
                f"This return has {problem.most} photos already, which is as many as we keep."
            ) from None

    def said(self) -> str:
        return f"{self.rma.number}: the photo is kept."

    def then(self, page: str) -> str:
        return reverse("admin:returns_returnauthorization_photo", args=[self.rma.pk])


def photo_file(request: HttpRequest, pk: int, key: UUID) -> HttpResponse:
    """One photo of this return as we rebuilt it; `?small` its thumbnail."""
    photo = get_object_or_404(Photo, authorization=pk, key=key)
    name = photo.thumbnail if "small" in request.GET else photo.file
    return served(name, "image/jpeg", f"{photo.key}.jpg")


def may_see_papers(request: HttpRequest) -> bool:
    """What buyers send for customs tells more than their orders do: bank accounts, numbers
    of identity cards. Whoever packs and unpacks has no use for it."""
    return request.user.has_perm("returns.view_document")


def document_file(request: HttpRequest, pk: int, key: UUID) -> HttpResponse:
    """The label of this return, or a paper that its buyer sent for the order."""
    found = Q(authorization=pk) | Q(order__returns=pk)
    return _handed_out(request, get_object_or_404(Document, found, key=key))


def paper_file(request: HttpRequest, pk: int, key: UUID) -> HttpResponse:
    """A paper that the buyer sent for this order."""
    return _handed_out(request, get_object_or_404(Document, order=pk, key=key))


def _handed_out(request: HttpRequest, document: Document) -> HttpResponse:
    """404 where only labels may be seen, as for a paper that does not exist."""
    if document.is_paper and not may_see_papers(request):
        raise Http404
    file = f"{document.kind}-{document.key}.{document.extension}"
    answer = served(document.file, document.content_type, file, attached=True)
    if document.is_buyers and request.method == "GET":
        document.note_look()
    return answer
