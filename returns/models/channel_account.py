"""ChannelAccount: a store's keys at a provider of SMS or WhatsApp, and the texts that the
provider has approved."""

import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.module_loading import import_string

from returns.channels import CHANNELS, Access
from returns.models.notice import Channel, NoticeKind

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

# provider → the channel that it carries.
CARRIES: dict[str, str] = {
    "twilio": Channel.SMS,
    "aliyun": Channel.SMS,
    "whatsapp": Channel.WHATSAPP,
    "demo": Channel.SMS,
}
PROVIDERS = [(slug, CHANNELS[slug][0]) for slug in CARRIES]


def new_hook_key() -> str:
    return secrets.token_urlsafe(24)


class ChannelAccountQuerySet(models.QuerySet["ChannelAccount"]):
    def at(self, provider: str, hook_key: str) -> "ChannelAccount | None":
        """The account whose provider calls at this address; None when there is none."""
        found = self.filter(provider=provider, is_active=True, hook_key=hook_key)
        account = found.select_related("store").first()
        return account if account and constant_time_compare(account.hook_key, hook_key) else None

    def for_number(self, store_id: int, channel: str, number: str) -> "ChannelAccount | None":
        """The first account of the store that carries `channel` to this number."""
        rows = self.filter(store_id=store_id, is_active=True).order_by("position", "pk")
        return next((row for row in rows if row.channel == channel and row.reaches(number)), None)


class ChannelAccount(models.Model):
    store = models.ForeignKey("returns.Store", models.CASCADE, related_name="channel_accounts")
    provider = models.CharField(max_length=12, choices=PROVIDERS)
    sender = models.CharField(
        max_length=40,
        blank=True,
        help_text="Number, sender id or signature that messages come from.",
    )
    keys = models.JSONField(default=dict, blank=True)
    base = models.URLField(
        "address of the interface", blank=True, help_text="Empty: the provider’s usual one."
    )
    prefixes = models.CharField(
        "numbers",
        max_length=200,
        blank=True,
        validators=[RegexValidator(r"^[+0-9 ]*$")],
        help_text="Only numbers that begin so, separated by blanks: +86 +852. Empty: all.",
    )
    position = models.PositiveSmallIntegerField(default=0, help_text="The first that fits is used.")
    is_active = models.BooleanField(default=True)
    hook_key = models.CharField(max_length=64, default=new_hook_key, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ChannelAccountQuerySet.as_manager()

    if TYPE_CHECKING:
        templates: RelatedManager["ApprovedTemplate"]

    class Meta:
        ordering = ["store", "position", "pk"]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} of {self.store}"

    def clean(self) -> None:
        missing = [name for name in self.adapter_keys if not self.keys.get(name)]
        if missing:
            raise ValidationError({"keys": f"Missing: {', '.join(missing)}."})

    @property
    def adapter_keys(self) -> tuple[str, ...]:
        """The names of the keys without which nothing can be sent."""
        return tuple(getattr(import_string(CHANNELS[self.provider][1]), "KEYS", ()))

    @property
    def channel(self) -> str:
        return CARRIES[self.provider]

    def reaches(self, number: str) -> bool:
        return not self.prefixes.split() or number.startswith(tuple(self.prefixes.split()))

    @property
    def hook_address(self) -> str:
        """Where its provider tells us about messages; to be entered there."""
        return settings.BASE_URL + reverse("messages:hook", args=[self.provider, self.hook_key])

    @property
    def access(self) -> Access:
        return Access(self.keys, self.sender, self.base, self.hook_address)


class ApprovedTemplate(models.Model):
    """A text that the provider has approved for one kind of notice in one language.

    kind: of NoticeKind, or `incident:<IncidentKind>` for the news of one trouble."""

    account = models.ForeignKey(ChannelAccount, models.CASCADE, related_name="templates")
    kind = models.CharField(max_length=50)
    language = models.CharField(max_length=12, help_text="Ours: en, zh-hans.")
    name = models.CharField("id at the provider", max_length=120)
    provider_language = models.CharField(
        max_length=12, blank=True, help_text="As the provider writes it: en_GB, zh_CN."
    )
    parameters = models.CharField(
        max_length=300, blank=True, help_text="What fills its gaps, in order: name order promise"
    )
    has_button = models.BooleanField(
        default=False, help_text="It has a button to our link, whose end is filled in."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "language"], name="approved_once_per_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.language}): {self.name}"


def kinds() -> list[tuple[str, str]]:
    """What a template may be for."""
    from tracking.incidents import IncidentKind

    troubles = [(f"incident:{kind}", f"News: {kind.label}") for kind in IncidentKind]
    return [*NoticeKind.choices, *troubles]
