"""Photo: one picture of a return's goods, parcel or waybill, rebuilt before it is kept."""

import uuid
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from returns import files, photos
from returns.codes import SHOWS_ADDRESS, PhotoKind
from returns.models.access import Throttle, TooOften
from returns.models.event import Actor, ActorKind, Event, EventKind
from returns.states import OPEN, IllegalTransition, Status

if TYPE_CHECKING:
    from returns.models.authorization import ReturnAuthorization

MOST_OF_BUYER = 10
MOST_OF_STAFF = 30
# Of one order: each costs a second of the machine, also when nothing comes of it.
UPLOADS = ((40, timedelta(hours=1)), (120, timedelta(days=1)))
MOST_RECEIPTS = 3
# A buyer's picture tells of the goods before we have them.
TAKEN_UNTIL = frozenset(OPEN - {Status.RECEIVED, Status.INSPECTED})


class TooMany(Exception):
    """The return has as many photos as it may have; `most` says how many."""

    def __init__(self, most: int):
        self.most = most
        super().__init__(f"no more than {most} photos")


class PhotoQuerySet(models.QuerySet["Photo"]):
    def take(self, rma: "ReturnAuthorization", kind: str, data: bytes, *, by: Actor) -> "Photo":
        """Keeps what is in `data` (the bytes of one upload) for this return.

        The same file sent twice is one photo. Raises photos.Unusable when it is no
        picture that can be kept, TooMany, IllegalTransition when the return no longer
        takes photos, or TooOften; then nothing is kept.
        """
        known = self.filter(authorization=rma, sha256=sha256(data).hexdigest()).first()
        if known:
            return known
        if by.is_buyer and Throttle.objects.admit(f"photo:{rma.order_id}", UPLOADS):
            raise TooOften
        # Before the work, and once more under the lock.
        _check_room(rma, kind, by)
        return self.keep(rma, kind, photos.develop(data), by=by)

    def keep(
        self,
        rma: "ReturnAuthorization",
        kind: str,
        picture: photos.Picture,
        *,
        by: Actor,
        now: datetime | None = None,
    ) -> "Photo":
        """The second half of `take`: a picture that has been developed. Raises the same."""
        now = now or timezone.now()
        names = files.keep_all("photos", "jpg", [picture.jpeg, picture.thumbnail])
        try:
            with transaction.atomic():
                order = rma.order.locked()
                fresh = order.returns.get(pk=rma.pk)
                known = self.filter(authorization=rma, sha256=picture.sha256).first()
                if known is None:
                    _check_room(fresh, kind, by)
                    photo = self.create(
                        authorization=rma,
                        kind=kind,
                        file=names[0],
                        thumbnail=names[1],
                        sha256=picture.sha256,
                        width=picture.width,
                        height=picture.height,
                        codes=[code.text for code in picture.codes],
                        taken_at=now,
                        taken_by=by.kind,
                        user=by.user,
                    )
                    Event.objects.note(
                        order, EventKind.PHOTO_ADDED, by=by, authorization=fresh, at=now, photo=kind
                    )
                    return photo
        except BaseException:
            files.drop(names)
            raise
        files.drop(names)
        return known


def _check_room(rma: "ReturnAuthorization", kind: str, by: Actor) -> None:
    """A receipt for the postage proves what we owe, so it may come as long as we owe it."""
    is_receipt, theirs = Q(kind=PhotoKind.POSTAGE), Q(taken_by=ActorKind.BUYER)
    if by.is_buyer and kind == PhotoKind.POSTAGE:
        alike, most, allowed = theirs & is_receipt, MOST_RECEIPTS, rma.repays_postage
    elif by.is_buyer:
        alike, most = theirs & ~is_receipt, MOST_OF_BUYER
        allowed = rma.status in TAKEN_UNTIL
    else:
        alike, most, allowed = ~theirs, MOST_OF_STAFF, True
    if not allowed:
        raise IllegalTransition(rma.status, rma.status)
    if rma.photos.filter(alike).count() >= most:
        raise TooMany(most)


class Photo(models.Model):
    """`file` and `thumbnail` are names in the store of files (returns/files.py), never an
    address: portal/views/photos.py shows them to whoever may see them."""

    authorization = models.ForeignKey(
        "returns.ReturnAuthorization", models.CASCADE, related_name="photos"
    )
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=PhotoKind)
    file = models.CharField(max_length=200)
    thumbnail = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, help_text="Of the file as it was sent to us.")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    codes = models.JSONField(default=list, blank=True, help_text="Barcodes that were read on it.")
    taken_at = models.DateTimeField(default=timezone.now)
    taken_by = models.CharField(max_length=8, choices=ActorKind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = PhotoQuerySet.as_manager()

    class Meta:
        ordering = ["taken_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["authorization", "sha256"], name="photo_once_per_return"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.authorization_id}"

    @property
    def is_buyers(self) -> bool:
        return self.taken_by == ActorKind.BUYER

    @property
    def counts(self) -> bool:
        """As one of those that a buyer may send of the goods and their way."""
        return self.is_buyers and self.kind != PhotoKind.POSTAGE

    @property
    def shows_address(self) -> bool:
        return self.kind in SHOWS_ADDRESS

    def take_away(self, *, by: Actor) -> None:
        """The buyer's own, while the return still takes photos; the files go with it."""
        names = [self.file, self.thumbnail]
        with transaction.atomic():
            order = self.authorization.order.locked()
            rma = order.returns.get(pk=self.authorization_id)
            # What we went by when we declined stays, as evidence for both sides.
            shown = rma.shown_photos.filter(pk=self.pk).exists()
            if shown or not self.counts or rma.status not in TAKEN_UNTIL:
                raise IllegalTransition(rma.status, rma.status)
            gone, _ = Photo.objects.filter(pk=self.pk).delete()
            if gone:
                Event.objects.note(
                    order, EventKind.PHOTO_REMOVED, by=by, authorization=rma, photo=self.kind
                )
            transaction.on_commit(lambda: files.drop(names), robust=True)
