"""Photos of a return: sending them, one at a time, and showing them to who may see them."""

from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from portal import access
from portal.access import OrderRequest, order_view
from portal.forms.photos import PhotoForm
from portal.pages import form_page, render_page
from portal.return_page import number as numbers
from portal.return_page.pictures import drawer, kinds, room, takes_photos
from portal.return_page.reading import found
from portal.views.return_page import CONFLICT, attempt
from returns import addresses, photos
from returns.models import BUYER, Photo, ReturnAuthorization
from returns.models.access import TooOften
from returns.models.photo import MOST_OF_BUYER, TooMany
from returns.photos.darkroom import MOST_BYTES
from returns.photos.problems import Problem
from returns.photos.words import PROBLEMS
from returns.served import served
from returns.states import IllegalTransition

UNUSABLE = 422
TOO_MANY = 429
# What is not the sender's fault: the same photo may be sent again later.
OURS = {Problem.BUSY: 503, Problem.NO_ROOM: 507}


@form_page
@order_view(bare=True)
def page(request: OrderRequest, number: str) -> HttpResponse:
    """What is there, what helps, and a field for each kind."""
    rma = found(request, number)
    if request.method == "POST":
        return _take(request, rma)
    return _page(request, rma)


def _take(request: OrderRequest, rma: ReturnAuthorization) -> HttpResponse:
    """One photo, beside whose field every answer stands."""
    form = PhotoForm(kinds(rma), request.POST, request.FILES)
    kind = form.data.get("kind", "")
    if not takes_photos(rma):
        return _page(request, rma, status=CONFLICT, problem=(kind, _too_late()))
    if not form.is_valid():
        return _page(request, rma, status=UNUSABLE, problem=(kind, _first_problem(form)))
    try:
        data = form.cleaned_data["photo"].read()
        photo = Photo.objects.take(rma, form.cleaned_data["kind"], data, by=BUYER)
    except photos.Unusable as error:
        status = OURS.get(error.problem, UNUSABLE)
        return _page(request, rma, status=status, problem=(kind, str(PROBLEMS[error.problem])))
    except TooOften:
        return _page(request, rma, status=TOO_MANY, problem=(kind, _too_often()))
    except TooMany as error:
        return _page(request, rma, status=CONFLICT, problem=(kind, _too_many(error.most)))
    except IllegalTransition:
        fresh = found(request, rma.number)
        return _page(request, fresh, status=CONFLICT, problem=(kind, _too_late()))
    access.remember(request, photo)
    return redirect(f"{addresses.return_page(rma, 'photos')}#kind-{photo.kind}")


def _page(
    request: OrderRequest,
    rma: ReturnAuthorization,
    *,
    status: int = 200,
    problem: tuple[str, str] = ("", ""),
) -> HttpResponse:
    """problem: (kind, words) of a photo that could not be kept."""
    prefetch_related_objects([rma], "photos")
    sections = drawer(request, rma, *problem)
    read = numbers.read_on(rma, [photo for section in sections for photo in section.seen])
    context: dict[str, Any] = {
        "rma": rma,
        "sections": sections,
        "problems": [(s.field_id, s.problem) for s in sections if s.problem],
        "takes_photos": takes_photos(rma),
        "room": room(rma),
        "full": _too_many(MOST_OF_BUYER),
        "most_bytes": MOST_BYTES,
        "too_large": PROBLEMS[Problem.TOO_LARGE],
        "read": read,
        "here": addresses.return_page(rma, "photos"),
        "back": addresses.return_page(rma),
    }
    if problem[1] and not context["problems"]:
        context["problems"] = [("", problem[1])]
    return render_page(request, "return_photos", context, status=status)


def _first_problem(form: PhotoForm) -> str:
    return str(next(iter(form.errors.values()))[0])


def _too_late() -> str:
    return gettext("Your return has moved on, so this page takes no more photos.")


def _too_often() -> str:
    return gettext("You have sent many photos in a short time. Please try again in an hour.")


def _too_many(most: int) -> str:
    return ngettext(
        "There is %(most)d photo, which is the most. Take one away to add another.",
        "There are %(most)d photos, which is the most. Take one away to add another.",
        most,
    ) % {"most": most}


@require_POST
@order_view(bare=True)
def remove(request: OrderRequest, number: str, key: UUID) -> HttpResponse:
    """Takes a photo away. Pressed twice, it is gone once."""
    rma = found(request, number)
    page = addresses.return_page(rma, "photos")
    photo = Photo.objects.filter(authorization=rma, key=key).first()
    if photo is None or not access.owns(request, photo):
        return redirect(page)  # gone already, or never theirs: the page shows which are
    photo.authorization = rma
    answer = attempt(request, rma, lambda: photo.take_away(by=BUYER))
    return answer if answer.status_code == CONFLICT else redirect(page)


@require_safe
@order_view(bare=True)
def picture(request: OrderRequest, number: str, key: UUID) -> HttpResponse:
    return _served(request, number, key)


@require_safe
@order_view(bare=True)
def thumbnail(request: OrderRequest, number: str, key: UUID) -> HttpResponse:
    return _served(request, number, key, small=True)


def _served(request: OrderRequest, number: str, key: UUID, *, small: bool = False) -> HttpResponse:
    """404 for a photo that this reader may not see, as for one that does not exist."""
    photo = Photo.objects.filter(
        authorization__order=request.order, authorization__number=number, key=key
    ).first()
    if photo is None or not access.sees(request, photo):
        raise Http404
    name = photo.thumbnail if small else photo.file
    return served(name, "image/jpeg", f"{number}-{photo.kind}.jpg")
