"""InterceptionRule: on which terms a store has parcels turned, where carriers' usual ones
(`tracking/terms.py`) are not what it wants."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models

from returns.address_policy import AGAIN, Payer, Rule
from returns.models.store import AMOUNT, Lane
from tracking.gateways import Aim
from tracking.milestones import Milestone

STEPS = [
    (step.value, step.label)
    for step in (
        Milestone.ANNOUNCED,
        Milestone.ACCEPTED,
        Milestone.IN_TRANSIT,
        Milestone.CUSTOMS,
        Milestone.OUT_FOR_DELIVERY,
        Milestone.ATTEMPTED,
        Milestone.READY_FOR_PICKUP,
    )
]
AIMS = [
    (Aim.REDIRECT.value, "To another address"),
    (Aim.RETURN.value, "Back to us"),
    (Aim.DEPOT.value, "Back to the depot it left from"),
    (Aim.HOLD.value, "Kept at a counter"),
    (Aim.RESCHEDULE.value, "On another day"),
    (AGAIN, "Sent again when it is back"),
]


class InterceptionRule(models.Model):
    store = models.ForeignKey("returns.Store", models.CASCADE, related_name="interception_rules")
    aim = models.CharField(
        "what",
        max_length=12,
        choices=AIMS,
        blank=True,
        help_text="Empty: anything but sending it again, which is free unless it is named.",
    )
    lane = models.CharField(max_length=12, choices=Lane, blank=True, help_text="Empty: any.")
    carrier = models.CharField(
        max_length=40, blank=True, help_text="A code of carriers.py. Empty: any."
    )
    milestone = models.CharField(
        "while the parcel is",
        max_length=20,
        choices=STEPS,
        blank=True,
        help_text="Empty: wherever the carrier does it. “Out for delivery” by name allows another "
        "address there, with carriers that take it.",
    )
    is_offered = models.BooleanField("offered", default=True)
    payer = models.CharField(
        "who pays",
        max_length=5,
        choices=[(Payer.BUYER.value, "The buyer"), (Payer.STORE.value, "We")],
        default=Payer.BUYER.value,
    )
    fee = models.DecimalField(
        null=True,
        blank=True,
        help_text="In the store’s currency. Empty: what the carrier charges, where that is known; "
        "else a person looks first.",
        **AMOUNT,
    )
    days_from = models.PositiveSmallIntegerField(null=True, blank=True)
    days_to = models.PositiveSmallIntegerField(null=True, blank=True)
    chance = models.PositiveSmallIntegerField(
        "chance (percent)",
        null=True,
        blank=True,
        validators=[MaxValueValidator(100)],
        help_text="Empty: by our own figures, once there are enough.",
    )
    not_served = models.TextField(
        "areas not served",
        blank=True,
        help_text="One to a line: the beginning of a postcode, or a region. They are named on the "
        "page, and an address there is not taken.",
    )
    needs_desk = models.BooleanField("a person looks first", default=False)

    class Meta:
        ordering = ["store", "carrier", "milestone", "aim", "lane", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["store", "aim", "lane", "carrier", "milestone"],
                name="interception_rule_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_aim_display() or 'Anything'}, {self.carrier or 'any carrier'}"

    def clean(self) -> None:
        if (self.days_from is None) != (self.days_to is None):
            raise ValidationError({"days_to": "Give both numbers of days, or none."})
        if (
            self.days_from is not None
            and self.days_to is not None
            and self.days_to < self.days_from
        ):
            raise ValidationError({"days_to": "Not fewer days than the first number."})

    @property
    def rule(self) -> Rule:
        days = None
        if self.days_from is not None and self.days_to is not None:
            days = (self.days_from, self.days_to)
        return Rule(
            aim=self.aim,
            lane=self.lane,
            carrier=self.carrier,
            milestone=self.milestone,
            is_offered=self.is_offered,
            payer=self.payer,
            fee=self.fee,
            days=days,
            chance=self.chance,
            not_served=tuple(line.strip() for line in self.not_served.splitlines() if line.strip()),
            needs_desk=self.needs_desk,
        )
