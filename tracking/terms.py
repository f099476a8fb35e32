"""What carriers do with a parcel on its way when the sender asks, and on which terms.

Read in public sources (UPS, USPS, FedEx, DHL, SF, and the Chinese carriers by way of an
aggregator's documentation), none of it tried. Fees are from secondary or undated sources,
so they are UNSURE; what a store pays and asks it says itself (`returns.InterceptionRule`).
Carriers without a row of their own are asked by telephone (`USUAL`), and nothing is known
of their fees. All of them bring a parcel to another address in the same country only; where
the road itself may not cross a border either, `countries` says so.

Whether a parcel was sent under the account that asks (`own_only`) nobody can look up: it is
taken to be so, an interface of the account is used where one serves the carrier, and else the
sender calls. A carrier that knows better says so in its answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tracking.gateways import Aim
from tracking.milestones import Milestone

M = Milestone
# With the carrier, and not yet in the car that brings it to the door.
IN_TRANSIT = frozenset({M.ACCEPTED, M.IN_TRANSIT, M.CUSTOMS, M.UNKNOWN})
# The label is known to the carrier, the parcel perhaps not yet in its hands.
ON_THE_WAY = IN_TRANSIT | {M.ANNOUNCED}
BEFORE_FIRST_ATTEMPT = ON_THE_WAY | {M.OUT_FOR_DELIVERY}

# Those that carry within China.
CHINESE = (
    "sf", "yto", "zto", "sto", "yunda", "jt", "jd", "deppon", "ems", "china-post", "best",
    "zjs", "kuayue", "danniao", "sf-freight", "jd-freight", "ane", "uc", "zhongyou", "fengwang",
)  # fmt: skip


@dataclass(frozen=True)
class Terms:
    """aims: what may be asked for, and while the parcel stands at which milestones. fee: what
    the carrier charges us, in `currency`, None when nobody knows; free: the aims that cost
    nothing. days: how many more a new address takes, from and to. countries: between which it
    is done, both ends among them, None for everywhere. not_served: aim → countries (ISO 3166,
    territories as their own) of the destination where it is not. once: only one request per
    parcel. own_only: only for parcels sent under the account that asks. has_pickup: it has
    counters where parcels can be collected. takes_po_boxes: it delivers to PO boxes."""

    aims: Mapping[str, frozenset[str]]
    fee: Decimal | None = None
    currency: str = ""
    free: frozenset[str] = frozenset()
    days: tuple[int, int] = (1, 3)
    countries: frozenset[str] | None = None
    not_served: Mapping[str, frozenset[str]] = field(default_factory=dict)
    once: bool = False
    own_only: bool = False
    has_pickup: bool = True
    takes_po_boxes: bool = True

    def fee_for(self, aim: str) -> Decimal | None:
        return Decimal(0) if aim in self.free else self.fee

    def takes(self, aim: str, milestone: str) -> bool:
        return milestone in self.aims.get(aim, frozenset())


USUAL = Terms({Aim.REDIRECT: ON_THE_WAY, Aim.RETURN: ON_THE_WAY})
_CHINESE = Terms(
    {Aim.REDIRECT: IN_TRANSIT, Aim.RETURN: IN_TRANSIT, Aim.DEPOT: IN_TRANSIT},
    countries=frozenset({"CN"}),
    own_only=True,
)
TERMS: dict[str, Terms] = {
    # Before the first attempt; in the United States and Puerto Rico, no return in the
    # latter. The fee is quoted in an undated article. For another address our own rules are
    # stricter: see returns/address_policy.py.
    "ups": Terms(
        {
            Aim.REDIRECT: BEFORE_FIRST_ATTEMPT,
            Aim.RETURN: BEFORE_FIRST_ATTEMPT,
            Aim.HOLD: BEFORE_FIRST_ATTEMPT,
            Aim.RESCHEDULE: BEFORE_FIRST_ATTEMPT,
        },
        fee=Decimal("16.40"),
        currency="USD",
        free=frozenset({Aim.HOLD}),
        countries=frozenset({"US", "PR"}),
        not_served={Aim.RETURN: frozenset({"PR"})},
        takes_po_boxes=False,
    ),
    # Domestic, not out for delivery; the fee of 2026 by secondary sources. Its new postage
    # comes on top and is ours, unless a rule of the store asks for more.
    "usps": Terms(
        {Aim.REDIRECT: ON_THE_WAY, Aim.RETURN: ON_THE_WAY, Aim.HOLD: ON_THE_WAY},
        fee=Decimal("19.45"),
        currency="USD",
        countries=frozenset({"US", "PR"}),
    ),
    # Early in transit, hardly once out for delivery, and once for a parcel; to the same city
    # and state only, which a person has to ask about. Holding at a counter is free.
    "fedex": Terms(
        {Aim.REDIRECT: IN_TRANSIT, Aim.RETURN: IN_TRANSIT, Aim.HOLD: IN_TRANSIT},
        free=frozenset({Aim.HOLD}),
        once=True,
        countries=frozenset({"US"}),
        takes_po_boxes=False,
    ),
    # As far as the contract of the sender has it; nothing is known of fees.
    "dhl": Terms(
        {
            Aim.REDIRECT: ON_THE_WAY,
            Aim.RETURN: ON_THE_WAY,
            Aim.HOLD: ON_THE_WAY,
            Aim.RESCHEDULE: ON_THE_WAY,
        },
        takes_po_boxes=False,
    ),
    **dict.fromkeys(CHINESE, _CHINESE),
    # Between collection and delivery, and only once for one parcel.
    "sf": Terms(
        {
            Aim.REDIRECT: IN_TRANSIT,
            Aim.RETURN: IN_TRANSIT,
            Aim.DEPOT: IN_TRANSIT,
            Aim.HOLD: IN_TRANSIT,
        },
        countries=frozenset({"CN"}),
        own_only=True,
        once=True,
    ),
}


def terms_of(carrier: str) -> Terms:
    return TERMS.get(carrier, USUAL)
