"""Shops that are told a new address: told at a real server that checks who calls."""

import importlib
from dataclasses import replace

import pytest

from returns.postal.address import PostalAddress
from returns.shops import SHOPS, Error, NoAccess, NotReached, Outcome, TooFast, load, shopify
from returns.shops import webhook as hook
from returns.shops import woocommerce as woo
from returns.shops.writing import first_and_last, same
from tests.returns.shop_server import (
    SAN_FRANCISCO,
    SECRETS,
    SHENZHEN,
    SHOPIFY,
    SILENT,
    played,
    recorded,
    update,
)
from tests.tracking.loopback import Answer

ALL = ("shopify", "woocommerce", "webhook")
REFUSALS = {
    "shopify": Answer(json=recorded("shops/shopify/answer-user-errors")),
    "woocommerce": Answer(status=400, json=recorded("shops/woocommerce/answer-invalid-id")),
    "webhook": Answer(status=422, json={"message": "It is on the van."}),
}


@pytest.fixture
def there(monkeypatch):
    """Nobody waits for an answer for long."""
    for name in ALL:
        monkeypatch.setattr(importlib.import_module(f"returns.shops.{name}"), "TOTAL", 0.3)
    with played() as played_there:
        yield played_there


def tell(there, name: str, told=None, **access):
    return load(name).tell(told or update(), replace(getattr(there, name), **access))


def failed(there, name: str, told=None, **access) -> Error:
    """The error, which names neither a person nor a secret."""
    with pytest.raises(Error) as raised:
        tell(there, name, told, **access)
    for private in (*SECRETS, "Whitcombe", "Mission"):
        assert private not in f"{raised.value!r} {raised.value}"
    return raised.value


# --- what they are told -----------------------------------------------------------------------


def test_shopify_gets_every_field_and_codes_instead_of_words(there):
    answer = tell(there, "shopify")
    assert answer.outcome == Outcome.CONFIRMED
    assert answer.version.isoformat() == "2026-11-21T10:15:30+00:00"
    assert there.last == {
        "firstName": "Sarah",
        "lastName": "Whitcombe",
        "company": "",
        "address1": "350 Mission St",
        "address2": "Apt 1902",
        "city": "San Francisco",
        "zip": "94105",
        "countryCode": "US",
        "phone": "+44 7700 900123",
        "provinceCode": "CA",
    }


def test_a_chinese_address_reaches_shopify_with_its_district_and_its_name_whole(there):
    assert tell(there, "shopify", update(SHENZHEN)).outcome == Outcome.CONFIRMED
    told = there.last
    assert (told["firstName"], told["lastName"]) == ("", "李小明")
    assert told["address1"] == "南山区科技园路1号2栋301"
    assert (told["provinceCode"], told["city"]) == ("GD", "深圳市")


@pytest.mark.parametrize(
    ("country", "region", "code", "name"),
    [
        ("US", "California", "CA", None),
        ("CA", "ON", "ON", None),
        ("CN", "北京", "BJ", None),
        ("CN", "Tibet", "YZ", None),
        ("JP", "東京都", "JP-13", None),
        ("ES", "Madrid", "M", None),
        ("AE", "دبي", None, "Dubai"),
        ("MX", "Jalisco", None, "Jal."),
        ("GB", "England", None, "England"),
        ("US", "Atlantis", None, "Atlantis"),
        ("LT", "", None, None),
    ],
)
def test_a_region_goes_to_shopify_by_its_code_and_where_none_is_known_by_name(
    country, region, code, name
):
    told = shopify.written(PostalAddress(name="A B", country=country, region=region))
    assert (told.get("provinceCode"), told.get("province")) == (code, name)


@pytest.mark.parametrize(
    ("country", "region", "state"),
    [
        ("US", "California", "CA"),
        ("JP", "東京都", "JP13"),
        ("CN", "广东省", "广东省"),
        ("CN", "CN20", "CN20"),
        ("MX", "Jalisco", "Jalisco"),
        ("GB", "", ""),
    ],
)
def test_woocommerce_gets_a_code_only_where_it_is_known_to_be_its_own(country, region, state):
    assert woo.written(PostalAddress(country=country, region=region))["state"] == state


def test_woocommerce_gets_every_field_of_the_shipping_address(there):
    answer = tell(there, "woocommerce")
    assert answer.outcome == Outcome.CONFIRMED
    assert answer.version.isoformat() == "2026-11-21T10:15:30+00:00"
    assert there.last == recorded("shops/woocommerce/answer-address")["shipping"]


def test_a_shop_in_a_folder_of_its_host_is_found(there):
    there.server.answers("/shop/wp-json/wc/v3/orders/727", there._woocommerce)
    base = f"{there.woocommerce.base}/shop/"
    assert tell(there, "woocommerce", base=base).outcome == Outcome.CONFIRMED


def test_the_version_of_shopifys_interface_can_be_changed(there):
    there.server.answers(SHOPIFY.replace("2026-10", "2027-01"), there._shopify)
    keys = {**there.shopify.keys, "version": "2027-01"}
    assert tell(there, "shopify", keys=keys).outcome == Outcome.CONFIRMED


def test_the_merchants_own_system_gets_the_whole_address_signed_and_under_our_key(there):
    assert tell(there, "webhook", update(SHENZHEN)).outcome == Outcome.TOLD
    assert there.last == {
        "event": "order.address_changed",
        "key": "0123456789abcdef",
        "order": "JP-20418",
        "source_id": "727",
        "address": SHENZHEN.to_json(),
    }
    there.confirms = True
    assert tell(there, "webhook").outcome == Outcome.CONFIRMED


def test_the_signature_is_that_of_its_description():
    """Reckoned with openssl: printf '1700000000.{}' | openssl dgst -sha256 -hmac secret"""
    assert hook.signature(b"{}", "secret", 1_700_000_000.9) == (
        "t=1700000000,v1=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163"
    )


def test_without_a_secret_nothing_leaves(there):
    assert isinstance(failed(there, "webhook", keys={}), NoAccess)
    assert not there.server.seen


@pytest.mark.parametrize("body", [b"", b"thank you", b"[1]", b'{"confirmed": "yes"}', b"[" * 9000])
def test_what_a_merchant_answers_need_not_be_json(there, body):
    there.trouble = Answer(status=200, body=body)
    assert tell(there, "webhook").outcome == Outcome.TOLD


def test_the_demo_confirms_at_once(there):
    assert load("demo").tell(update(), there.shopify).outcome == Outcome.CONFIRMED


# --- what they answer -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["shopify", "woocommerce"])
def test_only_an_order_that_shows_the_new_address_counts(there, name):
    there.shows = lambda fields: {
        key: "Elsewhere" if key == "city" else fields[key] for key in fields
    }
    answer = tell(there, name)
    assert answer.outcome == Outcome.REFUSED
    assert "another address" in answer.words


def test_a_shop_that_does_not_show_the_address_is_looked_at_by_a_person(there):
    there.shows = lambda fields: {}
    assert tell(there, "shopify").outcome == Outcome.REFUSED


@pytest.mark.parametrize(
    "change",
    [
        {"city": "SAN  FRANCISCO"},
        {"zip": "94105 "},
        {"firstName": "Whitcombe", "lastName": "Sarah"},
        {"address1": "350 Mission St Apt 1902", "address2": None},
    ],
)
def test_a_shop_may_write_the_same_address_otherwise(there, change):
    there.shows = lambda fields: fields | change
    assert tell(there, "shopify").outcome == Outcome.CONFIRMED


def test_wordpress_keeps_signs_in_its_own_way(there):
    there.shows = lambda fields: fields | {"company": "Whitcombe &amp; Sons"}
    both = update(SAN_FRANCISCO.changed(company="Whitcombe & Sons"))
    assert tell(there, "woocommerce", both).outcome == Outcome.CONFIRMED


@pytest.mark.parametrize("name", ALL)
def test_a_refusal_is_told_in_the_shops_own_words(there, name):
    there.trouble = REFUSALS[name]
    answer = tell(there, name)
    assert answer.outcome == Outcome.REFUSED
    words = {
        "shopify": "Zip is not valid for California Order can't be edited",
        "woocommerce": "Invalid ID.",
        "webhook": "It is on the van.",
    }
    assert answer.words == words[name]


def test_words_of_a_shop_hold_neither_keys_nor_who_lives_where(there):
    told = "No shpat_a-token-of-juniper for Sarah Whitcombe, 350 Mission St"
    there.trouble = Answer(
        json={"data": {"orderUpdate": {"order": None, "userErrors": [{"message": told}]}}}
    )
    assert tell(there, "shopify").words == "No … for …, …"


def test_an_order_of_another_source_has_no_number_of_woocommerces(there):
    assert tell(there, "woocommerce", update(source_id="../7")).outcome == Outcome.REFUSED
    assert not there.server.seen


@pytest.mark.parametrize("name", ALL)
def test_a_wrong_key_is_a_matter_of_the_account(there, name):
    keys = {key: "wrong" for key in getattr(there, name).keys}
    assert isinstance(failed(there, name, keys=keys), NoAccess)
    assert not there.told


@pytest.mark.parametrize(
    ("name", "trouble", "kind"),
    [
        ("shopify", Answer(json=recorded("shops/shopify/answer-denied")), NoAccess),
        ("shopify", Answer(json=recorded("shops/shopify/answer-throttled")), TooFast),
        ("shopify", Answer(status=404, json={"errors": "Not Found"}), NoAccess),
        ("shopify", Answer(status=301, headers={"Location": "https://x.example/"}), NoAccess),
        ("shopify", Answer(status=402), NoAccess),
        ("shopify", Answer(json={"errors": [{"message": "Something broke"}]}), Error),
        ("shopify", Answer(json={"errors": "odd"}), Error),
        ("shopify", Answer(json=[1]), Error),
        (
            "woocommerce",
            Answer(status=404, json=recorded("shops/woocommerce/answer-no-route")),
            NoAccess,
        ),
        ("woocommerce", Answer(status=302, headers={"Location": "/login"}), NoAccess),
        ("woocommerce", Answer(status=405, json={"message": "No"}), Error),
        ("woocommerce", Answer(json=[1]), Error),
        ("webhook", Answer(status=404), Error),
        ("webhook", Answer(status=302, headers={"Location": "/login"}), Error),
    ],
)
def test_each_trouble_says_whether_to_come_again(there, name, trouble, kind):
    there.trouble = trouble
    error = failed(there, name)
    assert type(error) is kind
    assert not error.permanent


@pytest.mark.parametrize("name", ALL)
def test_who_is_called_too_often_says_when_to_come_again(there, name):
    there.trouble = Answer(status=429, headers={"Retry-After": "7"})
    error = failed(there, name)
    assert isinstance(error, TooFast)
    assert error.after == 7


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    "trouble",
    [
        Answer(status=500),
        Answer(status=503, body=b"<html>"),
        SILENT,
        Answer(json={"x": "y" * 90}, drip=0.05),
        Answer(json={"id": 727}, cut=5),
        Answer(raw=b"\x00\x01 no HTTP at all\r\n\r\n"),
    ],
    ids=["500", "503", "silent", "drips", "cut", "no-http"],
)
def test_an_outage_is_one(there, name, trouble):
    there.trouble = trouble
    error = failed(there, name)
    assert type(error) is Error
    assert not error.permanent


@pytest.mark.parametrize("name", ALL)
def test_a_shop_that_is_not_there_was_not_reached(there, name):
    assert isinstance(failed(there, name, base="http://127.0.0.1:1"), NotReached)


@pytest.mark.parametrize("name", ["shopify", "woocommerce"])
def test_a_page_instead_of_an_answer_is_an_outage(there, name):
    there.trouble = Answer(body=b"<html>We will be right back.</html>")
    assert type(failed(there, name)) is Error


# --- names, and addresses that are the same ---------------------------------------------------


@pytest.mark.parametrize(
    ("name", "halves"),
    [
        ("Sarah Whitcombe", ("Sarah", "Whitcombe")),
        ("  Sarah  Jane Whitcombe ", ("Sarah Jane", "Whitcombe")),
        ("Sarah", ("", "Sarah")),
        ("李小明", ("", "李小明")),
        ("李 小明", ("", "李 小明")),
        ("山田 太郎", ("", "山田 太郎")),
        ("", ("", "")),
    ],
)
def test_a_name_in_two_reads_as_it_was_typed_when_it_is_put_together(name, halves):
    assert first_and_last(name) == halves
    assert " ".join(filter(None, halves)) == " ".join(name.split())


@pytest.mark.parametrize(
    ("values", "is_same"),
    [
        ({"name": "WHITCOMBE Sarah"}, True),
        ({"region": "California"}, True),
        ({"phone": "1"}, True),
        ({"name": "Tom Whitcombe"}, False),
        ({"company": "Juniper"}, False),
        ({"street2": ""}, False),
        ({"postcode": "94106"}, False),
        ({"country": "CA"}, False),
    ],
)
def test_addresses_are_compared_as_a_label_reads_them(values, is_same):
    assert same(SAN_FRANCISCO.changed(**values), SAN_FRANCISCO) is is_same


@pytest.mark.parametrize("slug", SHOPS)
def test_every_shop_names_its_keys(slug):
    adapter = load(slug)
    assert all(words and not words.endswith(".") for words in adapter.KEYS.values())
    assert adapter.NEEDS_ADDRESS is (slug != "demo")
