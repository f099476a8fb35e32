"""GatewayAccount: an account's access to one gateway, for some carriers or for all."""

import secrets
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from tracking import gateways
from tracking.gateways import Access, Gateway
from tracking.models.connection import FORGED_PAUSE, Forged


def new_hook_key() -> str:
    return secrets.token_urlsafe(24)


class GatewayAccountQuerySet(models.QuerySet["GatewayAccount"]):
    def live(self) -> "GatewayAccountQuerySet":
        return self.filter(is_active=True)

    def at(self, gateway: str, hook_key: str) -> "GatewayAccount | None":
        """The one whose gateway calls at this address; None when it leads nowhere."""
        if gateway not in gateways.GATEWAYS:
            return None
        found = self.live().filter(gateway=gateway, hook_key=hook_key).first()
        return found if found and constant_time_compare(found.hook_key, hook_key) else None

    def for_parcel(self, account_id: int, carrier: str, aim: str) -> "GatewayAccount | None":
        """The first that can ask this carrier for that; None when nobody but a person can."""
        rows = self.live().filter(account_id=account_id).order_by("position", "pk")
        return next((row for row in rows if row.serves(carrier, aim)), None)


class GatewayAccount(models.Model):
    account = models.ForeignKey("tracking.Account", models.CASCADE, related_name="gateways")
    gateway = models.CharField(max_length=20, choices=gateways.choices)
    position = models.PositiveSmallIntegerField(default=0, help_text="The first that fits is used.")
    carriers = models.CharField(
        max_length=300,
        blank=True,
        validators=[RegexValidator(r"^[a-z0-9 -]*$", "Codes of carriers, separated by blanks.")],
        help_text="Only these carriers (codes, separated by blanks). Empty: all that it serves.",
    )
    keys = models.JSONField(
        default=dict, blank=True, help_text="By name, as the gateway gave them. Shown to nobody."
    )
    base = models.URLField(
        "address", blank=True, help_text="Where it is called, when not at its usual address."
    )
    requester_name = models.CharField(
        max_length=80, blank=True, help_text="Who asks, for the carrier. Empty: the account’s name."
    )
    requester_phone = models.CharField(
        max_length=40, blank=True, help_text="Where the carrier may call, with the country’s code."
    )
    is_active = models.BooleanField(default=True)
    hook_key = models.CharField(max_length=64, default=new_hook_key, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    forged_count = models.PositiveIntegerField("forged calls", default=0, editable=False)
    last_forged_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = GatewayAccountQuerySet.as_manager()

    class Meta:
        ordering = ["account__name", "position", "pk"]

    def __str__(self) -> str:
        return f"{self.account} at {gateways.label_of(self.gateway)}"

    def clean(self) -> None:
        if not isinstance(self.keys, dict):
            raise ValidationError({"keys": "It must be an object: names, and their values."})
        missing = [name for name in self.adapter.KEYS if not self.keys.get(name)]
        if missing:
            raise ValidationError({"keys": f"Missing: {', '.join(missing)}."})
        if problems := self.adapter.problems(self.access):
            raise ValidationError({"keys": problems})

    @property
    def adapter(self) -> Gateway:
        return gateways.load(self.gateway)

    @property
    def callback(self) -> str:
        """Where the gateway tells us results."""
        return settings.BASE_URL + reverse("tracking:result", args=[self.gateway, self.hook_key])

    @property
    def access(self) -> Access:
        return Access(self.keys, self.base, self.callback)

    @property
    def requester(self) -> tuple[str, str]:
        return self.requester_name or self.account.name, self.requester_phone

    def serves(self, carrier: str, aim: str) -> bool:
        if self.carriers.split() and carrier not in self.carriers.split():
            return False
        return aim in self.adapter.AIMS and self.adapter.serves(carrier, aim, self.access)

    def receive(self, headers: Mapping[str, str], body: bytes) -> None:
        """Stores what came, once however often it comes, and rings for a worker. Raises
        Forged, after counting it (at most one in a second); nothing of that is kept."""
        from tracking.models.interception_report import InterceptionReport

        if not self.adapter.is_genuine(headers, body, self.access):
            now = timezone.now()
            mine = GatewayAccount.objects.filter(pk=self.pk)
            known = Q(last_forged_at=None) | Q(last_forged_at__lte=now - FORGED_PAUSE)
            mine.filter(known).update(forged_count=F("forged_count") + 1, last_forged_at=now)
            raise Forged
        InterceptionReport.objects.keep(self, self.adapter.delivery_id(body), body)

    def acknowledge(self, body: bytes) -> dict[str, Any]:
        return self.adapter.acknowledge(body, self.access)
