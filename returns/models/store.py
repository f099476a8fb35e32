"""Store: one shop of a merchant, with its voice, its rules and its keys."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.http.request import validate_host
from django.utils import timezone

from returns import links, withdrawal_policy
from returns.codes import CLAIM_REASONS, OUR_FAULT, RETURN_REASONS, Avoid, Payer, Payment, Wish
from returns.policy import ClaimRule, ReasonRule, Rules
from returns.quiet import Quiet
from tracking.calendars import Calendar
from tracking.models.account import known_zone

if TYPE_CHECKING:
    from returns.models.order import Order

AMOUNT: dict[str, Any] = {
    "max_digits": 12,
    "decimal_places": 3,
    "validators": [MinValueValidator(Decimal(0))],
}
HALF_AN_HOUR = timedelta(minutes=30)
# Of the buyer's day; in less nothing could be promised for an hour at which nobody sleeps.
AWAKE_FOR = timedelta(hours=6)


class OffersWithdrawal(models.TextChoices):
    """To whom the store offers to withdraw from the contract (returns/withdrawal_policy.py)."""

    OFF = "off", "To nobody: we do not sell to consumers in the EU"
    EU = "eu", "To buyers in the EU and the EEA"


class AsksAddress(models.TextChoices):
    OFF = "off", "Never"
    DOUBTFUL = "doubtful", "When something about it looks wrong"
    ALWAYS = "always", "Always"


class Store(models.Model):
    account = models.ForeignKey("tracking.Account", models.PROTECT, related_name="+")
    slug = models.SlugField(max_length=40, unique=True, help_text="Stands in every address.")
    host = models.CharField(
        "own host name",
        max_length=120,
        blank=True,
        help_text="returns.example.com, if the store has one. Its addresses then need no /s/….",
    )
    name = models.CharField(max_length=80)
    language = models.CharField(
        max_length=12,
        choices=settings.LANGUAGES,
        default="en",
        help_text="Used when an order says none.",
    )
    currency = models.CharField(max_length=3, validators=[RegexValidator(r"^[A-Z]{3}$")])
    country = models.CharField(max_length=2, validators=[RegexValidator(r"^[A-Z]{2}$")])
    zone = models.CharField("time zone", max_length=40, default="UTC", validators=[known_zone])
    signed_by = models.CharField(
        max_length=120, blank=True, help_text="First names under our letters: Ieva and Tomas."
    )
    contact_email = models.EmailField(help_text="Where buyers write to a person.")
    privacy_url = models.URLField(blank=True)
    brand = models.CharField(
        "brand colour",
        max_length=7,
        default="#2d5f51",
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", "Write it like #2d5f51.")],
    )
    symbol = models.CharField(max_length=20, blank=True, help_text="A drawn sign for the header.")
    returns_address = models.TextField(
        help_text="Exactly as it must stand on the label, line by line."
    )
    returns_phone = models.CharField(max_length=40, blank=True)
    answer_hours = models.PositiveSmallIntegerField(
        default=9,
        validators=[MinValueValidator(1), MaxValueValidator(90)],
        help_text="Working hours within which a person answers a request.",
    )
    update_days = models.PositiveSmallIntegerField(
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text="Working days after which we write again while a parcel is on its way.",
    )
    carrier_days = models.PositiveSmallIntegerField(
        "carriers answer within (working days)",
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(30)],
        help_text="What carriers usually take to look for a parcel. Lanes may know better.",
    )
    dispatch_days = models.PositiveSmallIntegerField(
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(30)],
        help_text="Working days after payment within which an order is handed to a carrier.",
    )
    not_here_hours = models.PositiveSmallIntegerField(
        "looked for after (hours)",
        default=24,
        validators=[MaxValueValidator(240)],
        help_text="So long after the carrier’s scan a buyer may say that a delivered parcel is not "
        "here: scans run ahead of drivers.",
    )
    hold_minutes = models.PositiveSmallIntegerField(
        "hold drafts for (minutes)",
        default=60,
        validators=[MaxValueValidator(1440)],
        help_text="So long a person may read and change news of trouble before it leaves by "
        "itself. 0: it leaves at once.",
    )
    gather_minutes = models.PositiveSmallIntegerField(
        "gather news for (minutes)",
        default=5,
        validators=[MaxValueValidator(60)],
        help_text="Several changes within this time are one message.",
    )
    quiet_from = models.TimeField(
        default=time(21), help_text="By the buyer’s clock. The same hour twice: no quiet hours."
    )
    quiet_until = models.TimeField(default=time(8))
    tells_posted = models.BooleanField(
        "tells that a parcel has left",
        default=True,
        help_text="Off when the shop’s own mail says it already.",
    )
    asks_address = models.CharField(
        "asks whether the address is right",
        max_length=8,
        choices=AsksAddress,
        default=AsksAddress.OFF,
        help_text="After the order, by email or SMS. An answer is never waited for.",
    )
    address_desk_from = models.DecimalField(
        "a person decides about addresses from",
        null=True,
        blank=True,
        help_text="Value of the order in the store’s currency from which no address is changed "
        "before a person has looked. Empty: never.",
        **AMOUNT,
    )
    withdrawal = models.CharField(
        "withdrawal from the contract",
        max_length=8,
        choices=OffersWithdrawal,
        default=OffersWithdrawal.OFF,
        help_text="The law wants it of every shop that sells to consumers in the EU.",
    )
    withdrawal_days = models.PositiveSmallIntegerField(
        "days to withdraw",
        default=withdrawal_policy.DAYS,
        validators=[MinValueValidator(withdrawal_policy.DAYS), MaxValueValidator(365)],
        help_text="After the last of the goods came. The law’s own are 14; more is kind.",
    )
    tells_of_withdrawal = models.BooleanField(
        "buyers are told of this right",
        default=True,
        help_text="Off when they were not told before they ordered: then the law gives them "
        "twelve months more.",
    )
    standard_postage = models.DecimalField(
        null=True,
        blank=True,
        help_text="What your cheapest usual delivery costs. Who chose a dearer one gets no more "
        "than this back. Empty: all the postage that was paid.",
        **AMOUNT,
    )
    no_withdrawal_skus = models.TextField(
        "goods without this right",
        blank=True,
        max_length=4000,
        help_text="SKUs of goods that the law leaves out (made to measure, unsealed for hygiene, "
        "perishable), one a line; * stands for any signs. A final sale is not enough.",
    )
    withdrawals_kept_months = models.PositiveSmallIntegerField(
        "withdrawals are kept for (months)",
        default=48,
        validators=[MinValueValidator(12), MaxValueValidator(240)],
        help_text="Then what was declared is erased as a whole.",
    )
    case_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to={"is_staff": True},
        help_text="Who looks at parcels with trouble. Empty: whoever may, and has the fewest.",
    )
    sign_from = models.DecimalField(
        "signature from",
        null=True,
        blank=True,
        help_text="Value in the store’s currency from which a signature is wanted at the door.",
        **AMOUNT,
    )
    appoint_from_grams = models.PositiveIntegerField(
        "appointment from (grams)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Weight from which a parcel is delivered by appointment.",
    )
    appoint_from_cm = models.PositiveSmallIntegerField(
        "appointment from (cm)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Longest side from which a parcel is delivered by appointment.",
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["host"], name="host_of_one_store", condition=~models.Q(host="")
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """The own host name must be one that reaches this site and is nobody else's; and
        between two nights there must be a day."""
        quiet = Quiet(self.quiet_from, self.quiet_until, self.zone)
        if quiet.lasts > timedelta(days=1) - AWAKE_FOR:
            raise ValidationError(
                {"quiet_until": "Leave at least six hours in which we may write."}
            )
        self.host = self.host.strip().lower()
        if not self.host:
            return
        if self.host == urlsplit(settings.BASE_URL).netloc.lower():
            raise ValidationError(
                {"host": "This is the common name of all stores; leave it empty."}
            )
        if not validate_host(self.host.partition(":")[0], settings.ALLOWED_HOSTS):
            raise ValidationError(
                {"host": "Add this name to HOMEWARD_ALLOWED_HOSTS first, else nobody gets in."}
            )

    @property
    def calendar(self) -> Calendar:
        return self.account.calendar

    @property
    def offers_withdrawal(self) -> bool:
        return self.withdrawal != OffersWithdrawal.OFF

    def answer_by(self, now: datetime) -> datetime:
        """When a person has answered what is asked at `now`, in working hours: at a full or
        a half hour, as people say it."""
        due = self.calendar.due(now, self.answer_hours)
        odd = timedelta(minutes=due.minute % 30, seconds=due.second, microseconds=due.microsecond)
        return due - odd + HALF_AN_HOUR if odd else due

    def sign_link(self, number: str, expiry: int = 0) -> str:
        """The token of a buyer link for order `number`, made with the newest live key."""
        key = self.link_keys.live().order_by("-created_at", "-pk").first()
        if key is None:
            raise LinkKey.DoesNotExist(f"{self.slug} has no live link key")
        return links.sign(key.secret, self.slug, key.key_id, number, expiry)

    def key_of(self, token: links.Token) -> "LinkKey | None":
        """The live key that made `token`, or None when none did."""
        key = self.link_keys.live().filter(key_id=token.key_id).first()
        # Compute a signature in either case, so that time does not tell key ids apart.
        genuine = token.genuine(key.secret if key else "no such key", self.slug)
        return key if key and genuine else None

    def rules(self) -> Rules:
        """Today's rules, to be frozen on a line as its order arrives."""
        policy, _ = ReturnPolicy.objects.get_or_create(store=self)
        return policy.rules()

    def lane(self, country: str) -> str:
        return Lane.DOMESTIC if country == self.country else Lane.CROSS_BORDER

    def advice_for(self, order: "Order") -> list["CarrierAdvice"]:
        """Carriers for sending back from where `order` was delivered, best first."""
        country = order.country or self.country
        rows = self.carrier_advice.filter(lane=self.lane(country))
        return [row for row in rows if not row.countries or country in row.countries.split()]


class LinkKeyQuerySet(models.QuerySet["LinkKey"]):
    def live(self) -> "LinkKeyQuerySet":
        return self.filter(revoked_at=None)


class LinkKey(models.Model):
    """A secret that the merchant signs buyer links with, offline."""

    store = models.ForeignKey(Store, models.CASCADE, related_name="link_keys")
    key_id = models.CharField(max_length=8, validators=[RegexValidator(r"^[a-z0-9]{1,8}$")])
    secret = models.CharField(max_length=128)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = LinkKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "key_id"], name="link_key_id_once_per_store")
        ]

    def __str__(self) -> str:
        return f"{self.store_id}:{self.key_id}"


class ReturnPolicy(models.Model):
    """The store's rules of today. Orders carry the rules of the day they arrived."""

    store = models.OneToOneField(Store, models.CASCADE, related_name="policy")
    window_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text="Days after delivery. Empty: no limit.",
    )
    post_days = models.PositiveSmallIntegerField(
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text="Days after approval to hand the parcel to the carrier.",
    )
    fee = models.DecimalField(
        default=Decimal(0), help_text="Taken off when the buyer pays the postage.", **AMOUNT
    )
    keep_below = models.DecimalField(
        default=Decimal(0), help_text="Up to this value faulty goods need not come back.", **AMOUNT
    )
    automatic_up_to = models.DecimalField(
        null=True, blank=True, help_text="Approve at once up to this value. Empty: never.", **AMOUNT
    )
    returns_postage = models.BooleanField(
        default=False, help_text="Give the original postage back when the whole order returns."
    )
    offers_exchange = models.BooleanField(default=True)
    offers_replacement = models.BooleanField(default=True)
    offers_store_credit = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "return policies"

    def __str__(self) -> str:
        return f"Policy of {self.store}"

    def rules(self) -> Rules:
        wishes = [Wish.REFUND]
        wishes += [Wish.EXCHANGE] if self.offers_exchange else []
        wishes += [Wish.REPLACEMENT] if self.offers_replacement else []
        wishes += [Wish.STORE_CREDIT] if self.offers_store_credit else []
        own = {row.reason: row for row in self.reasons.all()}
        reasons: dict[str, ReasonRule] = {
            code: own[code].rule() if code in own else ReasonPolicy(reason=code).rule()
            for code in RETURN_REASONS
            if code not in own or own[code].offered
        }
        return Rules(
            self.window_days,
            self.post_days,
            self.fee,
            self.keep_below,
            self.automatic_up_to,
            self.returns_postage,
            tuple(wishes),
            reasons,
            self._claims(),
        )

    def _claims(self) -> dict[str, ClaimRule]:
        own = {row.reason: row for row in self.claims.all()}
        return {
            code: own[code].rule(self.keep_below)
            if code in own
            else ClaimRule.usual(code, keep_below=self.keep_below)
            for code in CLAIM_REASONS
        }


class ReasonPolicy(models.Model):
    """What differs for one reason; a reason without a row has the usual rule."""

    policy = models.ForeignKey(ReturnPolicy, models.CASCADE, related_name="reasons")
    reason = models.CharField(
        max_length=20, choices=[(code.value, code.label) for code in RETURN_REASONS]
    )
    offered = models.BooleanField(default=True)
    window_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text="Empty: as the policy says.",
    )
    photos = models.BooleanField(default=False, help_text="Ask for photos.")
    payer = models.CharField(max_length=5, choices=Payer, blank=True, default="")
    automatic = models.BooleanField(default=True, help_text="May be approved by rule.")

    class Meta:
        verbose_name_plural = "reason policies"
        constraints = [
            models.UniqueConstraint(fields=["policy", "reason"], name="reason_once_per_policy")
        ]

    def __str__(self) -> str:
        return self.get_reason_display()

    def rule(self) -> ReasonRule:
        ours = self.reason in OUR_FAULT
        return ReasonRule(
            self.window_days,
            self.photos,
            self.payer or (Payer.STORE if ours else Payer.BUYER),
            self.automatic,
        )


class Lane(models.TextChoices):
    DOMESTIC = "domestic", "Within the country"
    CROSS_BORDER = "cross_border", "Across the border"


class CarrierAdvice(models.Model):
    """One way of sending goods back on a lane: how it is paid, or why to avoid it."""

    store = models.ForeignKey(Store, models.CASCADE, related_name="carrier_advice")
    lane = models.CharField(max_length=12, choices=Lane)
    countries = models.CharField(
        max_length=200,
        blank=True,
        help_text="From these countries only (ISO codes, separated by blanks). Empty: all.",
    )
    carrier = models.CharField(max_length=40, blank=True, help_text="A code of carriers.py.")
    service = models.CharField(
        max_length=80, blank=True, help_text="As printed at the counter: International Tracked."
    )
    payment = models.CharField(max_length=8, choices=Payment, default=Payment.BUYER)
    account_number = models.CharField(
        max_length=60, blank=True, help_text="Our account, for the carrier to charge."
    )
    repaid_up_to = models.DecimalField(null=True, blank=True, **AMOUNT)
    days_from = models.PositiveSmallIntegerField(null=True, blank=True)
    days_to = models.PositiveSmallIntegerField(null=True, blank=True)
    recommended = models.BooleanField(default=False)
    avoid = models.CharField(max_length=20, choices=Avoid, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name_plural = "carrier advice"

    def __str__(self) -> str:
        return f"{self.carrier or 'any carrier'} {self.service}".strip()

    def clean(self) -> None:
        if self.payment == Payment.REPAID and self.repaid_up_to is None and not self.avoid:
            raise ValidationError({"repaid_up_to": "Say up to which amount we repay."})
        if self.payment == Payment.COLLECT and not self.account_number:
            raise ValidationError({"account_number": "The carrier needs our account number."})
