"""Carriers by the names that shops give them."""

import string

import pytest
from django.utils import translation

from tracking.carriers import CARRIERS, called, code_of, page_of
from tracking.providers import kdniao, kuaidi100, seventeentrack


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Royal Mail", "royal-mail"),
        ("royal_mail", "royal-mail"),
        ("ROYALMAIL", "royal-mail"),
        ("UPS", "ups"),
        ("U.P.S.", "ups"),
        ("United States Postal Service", "usps"),
        ("FedEx", "fedex"),
        ("Federal Express", "fedex"),
        ("DHL", "dhl"),
        ("DHL Express", "dhl"),
        ("DHL Paket", "dhl-paket"),
        ("DHL eCommerce", "dhl-ecommerce"),
        ("Deutsche Post", "deutsche-post"),
        ("德国邮政", "deutsche-post"),
        ("Amazon Shipping", "amazon"),
        ("OnTrac", "ontrac"),
        ("Poste Italiane", "poste-italiane"),
        ("Correos", "correos"),
        ("Correios", "correios"),
        ("云途", "yunexpress"),
        ("CNE", "cne"),
        ("Colissimo", "la-poste"),
        ("顺丰速运", "sf"),
        ("顺丰", "sf"),
        ("SF-Express", "sf"),
        ("圆通速递", "yto"),
        ("极兔", "jt"),
        ("J&T Express", "jt"),
        ("China EMS", "ems"),
        ("邮政小包", "邮政小包"),
    ],
)
def test_a_carrier_is_known_by_how_shops_write_it(written, code):
    assert code_of(written) == code


def test_an_unknown_carrier_keeps_its_name_within_the_field():
    assert code_of("  Speedy Pigeons ") == "Speedy Pigeons"
    assert len(code_of("x" * 300)) == 40
    assert code_of("") == ""
    assert called("Speedy Pigeons") == "Speedy Pigeons"


def test_a_carrier_is_called_as_the_reader_calls_it():
    assert called("sf") == "SF Express"
    with translation.override("zh-hans"):
        assert called("sf") == "顺丰速运"
        assert called("gls") == "GLS"


def test_no_two_carriers_share_a_spelling():
    seen: dict[str, str] = {}
    for carrier in CARRIERS.values():
        for spelling in {carrier.code, carrier.name, carrier.name_zh, *carrier.spellings} - {""}:
            assert code_of(spelling) == carrier.code, spelling
            plain = "".join(spelling.casefold().split())
            assert seen.setdefault(plain, carrier.code) == carrier.code, spelling


def test_a_carrier_s_page_carries_the_number_and_nothing_else():
    for carrier in CARRIERS.values():
        names = [name for _, name, *_ in string.Formatter().parse(carrier.page) if name]
        assert names in (["number"], [])  # without it, one types it in there
        assert not carrier.page or carrier.page.startswith("https://")
        assert len(carrier.code) <= 40
    assert page_of("ups", "1Z 9/9&x=1").endswith("?tracknum=1Z%209%2F9%26x%3D1")
    assert page_of("yodel", "1") == page_of("nobody", "1") == page_of("ups", "") == ""


def test_those_that_providers_name_are_known_all_around():
    """The carriers of the providers' own lists: names, a way to reach them, provider codes."""
    at_providers = set(seventeentrack.KEYS) | set(kuaidi100.KEYS) | set(kdniao.KEYS)
    complete = [
        carrier.code
        for carrier in CARRIERS.values()
        if carrier.name and carrier.name_zh and carrier.page and carrier.code in at_providers
    ]
    assert len(complete) >= 40
    chinese = {"sf", "yto", "zto", "sto", "yunda", "jd", "jt", "ems", "china-post", "deppon"}
    assert chinese <= set(kuaidi100.KEYS) & set(kdniao.KEYS) & set(complete)
    assert all(CARRIERS[code].phone for code in chinese)
