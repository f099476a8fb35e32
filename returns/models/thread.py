"""Message: one entry of the thread between a buyer and the desk, and the photos in it."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from returns.channels import Incoming
from returns.models.event import ActorKind
from returns.models.notice import Channel

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

    from returns.models.inbound import Inbound

LONGEST = 5000  # characters
MOST_PICTURES = 5


class Way(models.TextChoices):
    """How an entry came in, or went out."""

    PAGE = "page", "On the page"
    EMAIL = "email", "By email"
    SMS = "sms", "By SMS"
    WHATSAPP = "whatsapp", "By WhatsApp"
    DESK = "desk", "At the desk"


# Who wrote over one of these is answered over it.
CHANNEL_OF: dict[str, str] = {
    Way.EMAIL: Channel.EMAIL,
    Way.SMS: Channel.SMS,
    Way.WHATSAPP: Channel.WHATSAPP,
}


class MessageQuerySet(models.QuerySet["Message"]):
    def shared(self) -> "MessageQuerySet":
        """What both sides may read."""
        return self.filter(is_private=False)

    def unanswered(self) -> "MessageQuerySet":
        """What buyers wrote and nobody has answered."""
        return self.filter(author=ActorKind.BUYER, answered_at=None)

    def come_in(self, inbound: "Inbound", told: Incoming) -> str:
        """Takes in what somebody sent over a channel; returns a line for the desk."""
        from returns import coming_in

        return coming_in.take(inbound, told)


class Message(models.Model):
    """author: of ActorKind; buyer or staff. key: the form's own, or the provider's id of it,
    so that the same one twice is one. mail_id: Message-ID of the mail that it came in.
    sent_from: the address or number it came from, where we are not sure that it is the
    buyer who wrote."""

    order = models.ForeignKey("returns.Order", models.CASCADE, related_name="messages")
    authorization = models.ForeignKey(
        "returns.ReturnAuthorization",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="messages",
    )
    author = models.CharField(max_length=8, choices=ActorKind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    text = models.TextField(max_length=LONGEST, blank=True)
    at = models.DateTimeField(default=timezone.now)
    way = models.CharField(max_length=10, choices=Way, default=Way.PAGE)
    is_private = models.BooleanField(default=False, help_text="A note of the desk for itself.")
    key = models.CharField(max_length=200)
    mail_id = models.CharField(max_length=250, blank=True)
    sent_from = models.CharField(max_length=254, blank=True)
    left_out = models.PositiveSmallIntegerField(
        default=0, help_text="Files that came with it and cannot be shown."
    )
    read_at = models.DateTimeField("read by the desk", null=True, blank=True)
    seen_at = models.DateTimeField("seen by the buyer", null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    if TYPE_CHECKING:
        pictures: RelatedManager["MessagePhoto"]

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "key"], name="message_once"),
            models.CheckConstraint(
                condition=Q(is_private=False) | Q(author=ActorKind.STAFF),
                name="message_private_of_staff_only",
            ),
        ]
        indexes = [
            models.Index(
                fields=["at"],
                name="message_unanswered",
                condition=Q(author="buyer", answered_at=None),
            )
        ]

        permissions = [("answer_message", "Can answer messages")]

    def __str__(self) -> str:
        return f"{self.get_author_display()}, {self.at:%Y-%m-%d %H:%M}"

    @property
    def is_buyers(self) -> bool:
        return self.author == ActorKind.BUYER


class MessagePhoto(models.Model):
    """`file` and `thumbnail` are names in the store of files (returns/files.py)."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="pictures")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    file = models.CharField(max_length=200)
    thumbnail = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, help_text="Of the file as it was sent to us.")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["message", "sha256"], name="message_photo_once_per_message"
            )
        ]

    def __str__(self) -> str:
        return f"photo of message {self.message_id}"
