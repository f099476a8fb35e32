"""The two shops: values of the models, row by row."""

from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from typing import Any

from portal.demo import staff
from returns import links
from returns.codes import Avoid, Payer, Payment, Reason
from returns.models.store import AsksAddress, Lane, OffersWithdrawal
from tracking.gateways import Aim

# The key of the vector in README.md. Demo data never goes into production.
LINK_KEY = links.PUBLIC_KEY

Row = dict[str, Any]


@dataclass(frozen=True)
class Shop:
    """account, store, policy, trust, recall: values of these models. reasons: reason →
    ReasonPolicy. keeper: who answers its buyers and looks after its cases.
    advice: CarrierAdvice, best first. connections, gateways, rules (InterceptionRule), channels,
    lanes, variants: values of these models.
    holidays: the same, but for starts_in, days: counted from the day of loading."""

    account: Row
    store: Row
    policy: Row
    reasons: dict[str, Row]
    keeper: str
    advice: list[Row] = field(default_factory=list)
    connections: list[Row] = field(default_factory=list)
    gateways: list[Row] = field(default_factory=list)
    rules: list[Row] = field(default_factory=list)
    channels: list[Row] = field(default_factory=list)
    lanes: list[Row] = field(default_factory=list)
    holidays: list[Row] = field(default_factory=list)
    variants: list[Row] = field(default_factory=list)
    trust: Row = field(default_factory=dict)
    recall: Row = field(default_factory=dict)


# Whoever tries the demo at night shall see what it writes, too.
AT_ALL_HOURS: Row = {
    "quiet_from": time(0),
    "quiet_until": time(0),
    "gather_minutes": 1,
    "dispatch_days": 4,
}
# Texts go nowhere and stand in the list of messages at the desk.
TEXTS_TO_NOWHERE: list[Row] = [{"provider": "demo", "sender": "+447700900000"}]


def _way(
    carrier: str,
    service: str,
    days: tuple[int, int],
    payment: str = Payment.PREPAID,
    *,
    lane: str = Lane.CROSS_BORDER,
    **values: Any,
) -> Row:
    """A way of posting that the shop advises."""
    return values | {
        "lane": lane,
        "carrier": carrier,
        "service": service,
        "payment": payment,
        "days_from": days[0],
        "days_to": days[1],
    }


def _kinds(product: str, *rows: tuple[str, str, bool]) -> list[Row]:
    """Of one product: SKU, what the buyer reads, whether it is there."""
    return [
        {"product": product, "position": at, "sku": sku, "title": title, "available": is_there}
        for at, (sku, title, is_there) in enumerate(rows)
    ]


def _never(why: str, what: str = "", *, lane: str = Lane.CROSS_BORDER, **values: Any) -> Row:
    """A way of posting that it advises against."""
    return values | {"lane": lane, "service": what, "avoid": why}


JUNIPER = Shop(
    account={
        "name": "Juniper & Pine",
        "zone": "Europe/Vilnius",
        "country": "LT",
        "opens": time(9),
        "closes": time(18),
    },
    store={
        **AT_ALL_HOURS,
        "sign_from": Decimal("180.00"),
        "asks_address": AsksAddress.DOUBTFUL,
        "address_desk_from": Decimal("180.00"),
        "withdrawal": OffersWithdrawal.EU,
        "appoint_from_grams": 20_000,
        "slug": "juniper-pine",
        "name": "Juniper & Pine",
        "language": "en",
        "currency": "USD",
        "country": "LT",
        "zone": "Europe/Vilnius",
        "signed_by": "Ieva and Tomas",
        "contact_email": "hello@juniper-pine.example",
        "symbol": "juniper",
        "brand": "#2d5f51",
        "returns_address": ("Juniper & Pine, Returns\nUžupio g. 14-2\n01203 Vilnius\nLITHUANIA"),
        "returns_phone": "+370 600 00014",
    },
    policy={
        "window_days": 30,
        "post_days": 14,
        "fee": Decimal(6),
        "keep_below": Decimal(15),
        "automatic_up_to": Decimal(100),
        "returns_postage": True,
        "offers_store_credit": True,
    },
    reasons={
        Reason.FAULTY: {"window_days": 730, "photos": True, "automatic": False},
        Reason.WRONG_ITEM: {"window_days": 90, "photos": True, "automatic": False},
        Reason.DIFFERENT: {"photos": True, "automatic": False},
        Reason.FIT: {"payer": Payer.BUYER},
    },
    keeper=staff.DESK,
    advice=[
        _way("royal-mail", "International Tracked", (5, 8), countries="GB", recommended=True),
        _way("dpd", "Classic", (4, 7), Payment.REPAID, countries="GB", repaid_up_to=Decimal(18)),
        _way("dhl-paket", "Paket International", (3, 6), countries="DE AT", recommended=True),
        _way("la-poste", "Colissimo International", (4, 7), countries="FR", recommended=True),
        _way("postnl", "Pakket EU", (3, 5), countries="NL BE", recommended=True),
        _way(
            "dhl",
            "Express Worldwide, import",
            (3, 5),
            Payment.COLLECT,
            countries="US CA AU",
            account_number="950 114 207",
            recommended=True,
        ),
        _never(Avoid.UNTRACKED, "Letter post and small packets without a number"),
        _never(Avoid.NO_CUSTOMS_HELP, carrier="evri", countries="GB"),
        _way("lp-express", "Parcel locker", (1, 2), lane=Lane.DOMESTIC, recommended=True),
        _way("dpd", "Pickup", (1, 2), lane=Lane.DOMESTIC),
        _never(Avoid.CASH_ON_DELIVERY, "Cash on delivery", lane=Lane.DOMESTIC),
    ],
    channels=TEXTS_TO_NOWHERE,
    gateways=[{"gateway": "demo", "requester_phone": "+37060000014"}],
    rules=[
        {"aim": Aim.REDIRECT, "fee": Decimal("15.00"), "not_served": "JE\nGY\nIM"},
        {"aim": Aim.RETURN, "payer": "store"},
    ],
    connections=[
        {"provider": "demo", "key": "needs-none"},
        # Opens nothing at 17TRACK, which is never asked; it signs the pushes that
        # `manage.py push` replays.
        {"provider": "17track", "key": "demo-key-of-nobody", "position": 1, "is_asked": False},
    ],
    lanes=[
        {"origin": "LT", "destination": "US", "days_from": 8, "days_to": 16},
        {"origin": "LT", "destination": "GB", "days_from": 4, "days_to": 8},
        {
            "origin": "LT",
            "destination": "DE",
            "carrier": "dhl-paket",
            "days_from": 3,
            "days_to": 5,
            "signature_service": "Transportversicherung mit Unterschrift",
        },
    ],
    holidays=[
        {"name": "moving to the new workshop", "name_zh": "搬迁新工坊", "starts_in": 9, "days": 4}
    ],
    variants=[
        *_kinds(
            "linen-shirt",
            ("LS-OAT-S", "Oat, size S", False),
            ("LS-OAT-M", "Oat, size M", True),
            ("LS-OAT-L", "Oat, size L", True),
            ("LS-SKY-M", "Sky, size M", True),
            ("LS-SKY-L", "Sky, size L", True),
        ),
        *_kinds(
            "felt-slippers",
            ("SL-FELT-38", "Charcoal, size 38", True),
            ("SL-FELT-39", "Charcoal, size 39", True),
            ("SL-FELT-40", "Charcoal, size 40", True),
            ("SL-FELT-41", "Charcoal, size 41", False),
        ),
    ],
    trust={"sends_ahead": True, "orders": 2},
    recall={"payer": Payer.BUYER, "fee": Decimal("9.00"), "offer_percent": 15},
)

SHANYUE = Shop(
    account={
        "name": "山月茶器",
        "zone": "Asia/Shanghai",
        "country": "CN",
        "opens": time(9),
        "closes": time(21),
        "works_weekends": True,
    },
    store={
        **AT_ALL_HOURS,
        "sign_from": Decimal("400.00"),
        "asks_address": AsksAddress.ALWAYS,
        "slug": "shanyue",
        "name": "山月茶器",
        "language": "zh-hans",
        "currency": "CNY",
        "country": "CN",
        "zone": "Asia/Shanghai",
        "signed_by": "小月、阿远",
        "contact_email": "kefu@shanyue.example",
        "symbol": "tea",
        "brand": "#8a3b2a",
        "returns_address": (
            "山月茶器 退货组（收）\n浙江省杭州市西湖区龙井路 88 号 3 幢 101\n310013"
        ),
        "returns_phone": "0571-5550 0188",
        "answer_hours": 6,
        "update_days": 2,
    },
    policy={
        "window_days": 7,
        "post_days": 7,
        "fee": Decimal(12),
        "keep_below": Decimal(30),
        "automatic_up_to": Decimal(300),
        "returns_postage": False,
    },
    reasons={
        Reason.FAULTY: {"window_days": 15, "photos": True, "automatic": False},
        Reason.WRONG_ITEM: {"window_days": 15, "photos": True, "automatic": False},
        Reason.DIFFERENT: {"photos": True, "automatic": False},
        # A cup has no size.
        Reason.FIT: {"offered": False},
    },
    keeper=staff.XIAOYUE,
    advice=[
        _way("sf", "标快", (1, 3), lane=Lane.DOMESTIC, recommended=True),
        _way("zto", "标准快递", (2, 4), lane=Lane.DOMESTIC),
        _way("ems", "特快专递", (2, 5), lane=Lane.DOMESTIC),
        _never(Avoid.UNTRACKED, "平信、普通小包", lane=Lane.DOMESTIC),
        _way(
            "ems",
            "国际特快专递",
            (6, 12),
            Payment.REPAID,
            repaid_up_to=Decimal(220),
            recommended=True,
        ),
        _never(Avoid.NO_PROOF, "国际平邮小包"),
    ],
    channels=TEXTS_TO_NOWHERE,
    gateways=[{"gateway": "demo", "requester_phone": "+8657155500188"}],
    rules=[{"payer": "store"}],
    connections=[{"provider": "demo", "key": "needs-none"}],
    variants=_kinds(
        "青瓷盖碗",
        ("GW-012", "天青，150 毫升", True),
        ("GW-013", "粉青，150 毫升", True),
        ("GW-014", "月白，150 毫升", False),
    ),
)

SHOPS = {shop.store["slug"]: shop for shop in (JUNIPER, SHANYUE)}
