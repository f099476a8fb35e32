"""What a buyer needs to post a return: the same on the page, in the letter and in print."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from returns import formats, texts
from returns.codes import DocumentKind, Payer, Payment
from returns.dispatch import inbound
from tracking import carriers
from tracking.customs import passes_customs
from tracking.models.lane import Lanes
from tracking.texts import Words

if TYPE_CHECKING:
    from returns.models import CarrierAdvice, ReturnAuthorization


@dataclass(frozen=True)
class Way:
    """One way of posting. name: as one asks for it at the counter. payment: who pays,
    a whole sentence. days: how long it takes ("5–8 days"), or ''."""

    name: str
    payment: str
    days: str
    recommended: bool


@dataclass(frozen=True)
class Avoided:
    """A kind of posting that is better not used. why: a whole sentence."""

    name: str
    why: str


@dataclass(frozen=True)
class Guide:
    """packing: name of a drawing → words. label: what must stand on it, line by line,
    with phone and return number. has_label: we made one, nothing has to be written.
    customs: empty where no customs form is needed. asks: what to ask for at the counter, as
    whole sentences: a signature, an appointment."""

    number: str
    post_by: datetime | None
    packing: dict[str, str]
    label: list[str]
    has_label: bool
    phone: str
    ways: list[Way]
    avoided: list[Avoided]
    customs: list[str]
    asks: list[str]

    @classmethod
    def of(cls, rma: "ReturnAuthorization") -> "Guide":
        """In the active language and time zone."""
        order = rma.order
        store = order.store
        advice = store.advice_for(order)
        # The form is read by customs, whatever the buyer reads.
        with translation.override("en"):
            value = formats.money(rma.value, order.currency)
        has_label = any(file.kind == DocumentKind.LABEL for file in rma.documents.all())
        phone = [store.returns_phone] if store.returns_phone else []
        return cls(
            number=rma.number,
            post_by=rma.post_by,
            packing={name: str(words) for name, words in texts.PACKING.items()},
            label=[*store.returns_address.splitlines(), *phone, rma.number],
            has_label=has_label,
            phone=store.returns_phone,
            ways=[
                Way(_name(row), _payment(row, rma), _days(row), row.recommended)
                for row in advice
                if not row.avoid
            ],
            avoided=[
                Avoided(_name(row), str(texts.AVOIDED[row.avoid])) for row in advice if row.avoid
            ],
            customs=[str(words).format(amount=value) for words in texts.CUSTOMS]
            if passes_customs(order.country or store.country, store.country)
            else [],
            asks=[] if has_label else _asks(rma, advice),
        )


SIGNATURE, APPOINTMENT = "signature", "appointment"
# {service}: what the carrier calls it.
ASKS: dict[str, tuple[Words, Words]] = {
    SIGNATURE: (
        gettext_lazy("Please ask for delivery against signature."),
        gettext_lazy("Please ask for delivery against signature: {service}."),
    ),
    APPOINTMENT: (
        gettext_lazy("Please ask for delivery by appointment."),
        gettext_lazy("Please ask for delivery by appointment: {service}."),
    ),
}


def _asks(rma: "ReturnAuthorization", advice: "list[CarrierAdvice]") -> list[str]:
    """What the store's rules want for parcels that are worth, weigh or measure so much."""
    store = rma.order.store
    if not (store.sign_from or store.appoint_from_grams or store.appoint_from_cm):
        return []
    parcel = inbound(rma, None)
    wanted = [SIGNATURE] if parcel.wants_signature else []
    wanted += [APPOINTMENT] if parcel.by_appointment else []
    if not wanted:
        return []
    ends = {"origin": parcel.origin, "destination": parcel.destination}
    lanes = Lanes(store.account.lanes.filter(**ends))
    good = [row for row in advice if not row.avoid]
    best = next((row.carrier for row in sorted(good, key=lambda row: not row.recommended)), "")
    told = []
    for what in wanted:
        plain, named = ASKS[what]
        service = lanes.service(what, parcel.origin, parcel.destination, best)
        told.append(str(named).format(service=service) if service else str(plain))
    return told


def _name(row: "CarrierAdvice") -> str:
    parts = [carriers.called(row.carrier) if row.carrier else "", row.service]
    return " ".join(part for part in parts if part) or str(texts.ANY_CARRIER)


def _payment(row: "CarrierAdvice", rma: "ReturnAuthorization") -> str:
    """Who pays here: the carrier's terms, unless reason or fee decide otherwise."""
    currency = rma.order.currency
    if rma.payer == Payer.STORE and row.payment == Payment.BUYER:
        return str(texts.WE_PAY_BACK)
    if rma.estimated_fee and row.payment in (Payment.PREPAID, Payment.COLLECT):
        return str(texts.FEE_PAYS).format(amount=formats.money(rma.estimated_fee, currency))
    amount = "" if row.repaid_up_to is None else formats.money(row.repaid_up_to, currency)
    return str(texts.PAYMENTS[row.payment]).format(account=row.account_number, amount=amount)


def _days(row: "CarrierAdvice") -> str:
    least, most = row.days_from or row.days_to, row.days_to or row.days_from
    if most is None:
        return ""
    if least == most:
        return ngettext("{days} day", "{days} days", most).format(days=most)
    return _("{least}–{most} days").format(least=least, most=most)
