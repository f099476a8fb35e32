"""The two shops: values of the models, row by row."""

from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from typing import Any

from returns.codes import Avoid, Payer, Payment, Reason
from returns.models.store import Lane

# The key of the vector in README.md. Demo data never goes into production.
LINK_KEY = "test-key-please-change"

Row = dict[str, Any]


@dataclass(frozen=True)
class Shop:
    """account, store, policy: values of these models. reasons: reason → ReasonPolicy.
    advice: CarrierAdvice, best first."""

    account: Row
    store: Row
    policy: Row
    reasons: dict[str, Row]
    advice: list[Row] = field(default_factory=list)


JUNIPER = Shop(
    account={
        "name": "Juniper & Pine",
        "zone": "Europe/Vilnius",
        "country": "LT",
        "opens": time(9),
        "closes": time(18),
    },
    store={
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
    advice=[
        {
            "lane": Lane.CROSS_BORDER,
            "countries": "GB",
            "carrier": "royal-mail",
            "service": "International Tracked",
            "payment": Payment.REPAID,
            "repaid_up_to": Decimal(15),
            "days_from": 5,
            "days_to": 8,
            "recommended": True,
        },
        {
            "lane": Lane.CROSS_BORDER,
            "countries": "US",
            "carrier": "usps",
            "service": "Priority Mail International",
            "payment": Payment.REPAID,
            "repaid_up_to": Decimal(45),
            "days_from": 8,
            "days_to": 14,
            "recommended": True,
        },
        {
            "lane": Lane.CROSS_BORDER,
            "countries": "DE AT",
            "carrier": "dhl-paket",
            "service": "Paket International",
            "payment": Payment.REPAID,
            "repaid_up_to": Decimal(16),
            "days_from": 3,
            "days_to": 6,
            "recommended": True,
        },
        {
            "lane": Lane.CROSS_BORDER,
            "countries": "FR",
            "carrier": "la-poste",
            "service": "Colissimo International",
            "payment": Payment.REPAID,
            "repaid_up_to": Decimal(18),
            "days_from": 4,
            "days_to": 7,
            "recommended": True,
        },
        {
            "lane": Lane.CROSS_BORDER,
            "carrier": "dhl",
            "service": "Express Worldwide Import",
            "payment": Payment.COLLECT,
            "account_number": "950 114 207",
            "days_from": 2,
            "days_to": 4,
        },
        {
            "lane": Lane.CROSS_BORDER,
            "service": "Letter post and small packets without a number",
            "avoid": Avoid.UNTRACKED,
        },
        {
            "lane": Lane.CROSS_BORDER,
            "carrier": "evri",
            "avoid": Avoid.NO_CUSTOMS_HELP,
            "countries": "GB",
        },
        {
            "lane": Lane.DOMESTIC,
            "carrier": "lp-express",
            "service": "Parcel locker to locker",
            "payment": Payment.PREPAID,
            "days_from": 1,
            "days_to": 2,
            "recommended": True,
        },
        {"lane": Lane.DOMESTIC, "service": "Cash on delivery", "avoid": Avoid.CASH_ON_DELIVERY},
    ],
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
        "fee": Decimal(0),
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
    advice=[
        {
            "lane": Lane.DOMESTIC,
            "carrier": "sf",
            "service": "标快（到付）",
            "payment": Payment.COLLECT,
            "account_number": "5710 088 188",
            "days_from": 1,
            "days_to": 3,
            "recommended": True,
        },
        {
            "lane": Lane.DOMESTIC,
            "carrier": "zto",
            "service": "标准快递",
            "payment": Payment.REPAID,
            "repaid_up_to": Decimal(15),
            "days_from": 2,
            "days_to": 4,
        },
        {
            "lane": Lane.DOMESTIC,
            "carrier": "ems",
            "service": "特快专递",
            "payment": Payment.REPAID,
            "repaid_up_to": Decimal(25),
            "days_from": 2,
            "days_to": 5,
        },
        {"lane": Lane.DOMESTIC, "service": "平信、普通小包", "avoid": Avoid.UNTRACKED},
        {
            "lane": Lane.CROSS_BORDER,
            "carrier": "ems",
            "service": "国际特快专递",
            "payment": Payment.REPAID,
            "repaid_up_to": Decimal(220),
            "days_from": 6,
            "days_to": 12,
            "recommended": True,
        },
        {"lane": Lane.CROSS_BORDER, "service": "国际平邮小包", "avoid": Avoid.NO_PROOF},
    ],
)

SHOPS = {shop.store["slug"]: shop for shop in (JUNIPER, SHANYUE)}
