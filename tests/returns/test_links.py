"""Signed links: their exact form, and that nothing but the right key makes one."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returns import links

KEY = "test-key-please-change"
VECTOR = "v1.k1.JP-20418.0.02587471d1a6705881e182159f51d81d"
NUMBERS = st.text(st.characters(codec="utf-8", exclude_characters="#"), min_size=1, max_size=35)


def test_the_vector_of_the_merchants_guide_comes_out():
    assert links.sign(KEY, "juniper-pine", "k1", "JP-20418") == VECTOR


def test_a_leading_hash_is_no_part_of_the_number():
    assert links.sign(KEY, "juniper-pine", "k1", "#JP-20418") == VECTOR


def test_the_vector_is_read_and_found_genuine():
    token = links.read(VECTOR)
    assert token == links.Token("k1", "JP-20418", 0, "02587471d1a6705881e182159f51d81d")
    assert token.genuine(KEY, "juniper-pine")


@given(number=NUMBERS, expiry=st.integers(0, 10**11))
def test_every_order_number_makes_the_round_trip(number, expiry):
    token = links.read(links.sign(KEY, "juniper-pine", "k1", number, expiry))
    assert token
    assert token.genuine(KEY, "juniper-pine")
    assert token.expiry == expiry
    assert links.number_from_ref(token.ref) == number


@pytest.mark.parametrize("number", ["订单-二〇四一八", "№ 12/7", "JP 20418", "注文😀", "a" * 41])
def test_numbers_that_are_no_plain_word_are_coded(number):
    ref = links.order_ref(number)
    assert ref.startswith("~")
    assert links.number_from_ref(ref) == number


def test_a_second_spelling_of_the_same_number_is_none():
    plain = "~" + "SlAtMjA0MTg"  # base64url of JP-20418, which needs no coding
    assert links.number_from_ref(plain) is None
    assert links.number_from_ref("~5Y-3=") is None


@given(st.sampled_from("v1.kJP-20418 ~"), st.integers(0, len(VECTOR) - 1))
def test_a_token_with_one_sign_changed_is_not_genuine(sign, place):
    changed = VECTOR[:place] + sign + VECTOR[place + 1 :]
    token = links.read(changed)
    assert changed == VECTOR or token is None or not token.genuine(KEY, "juniper-pine")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v1",
        "v2" + VECTOR[2:],
        VECTOR[:-1],
        VECTOR + "0",
        VECTOR + "\n",
        VECTOR.upper(),
        VECTOR.replace(".0.", ".00."),
        VECTOR.replace(".0.", ".-1."),
        VECTOR.replace("k1", "K1"),
        VECTOR.replace("JP-20418", ""),
        VECTOR.replace("JP-20418", "ＪＰ"),
        "v1.k1.x.0." + "a" * 999,
    ],
)
def test_what_is_not_of_the_form_is_no_token(text):
    assert links.read(text) is None


def test_case_64_the_signature_is_bound_to_store_key_and_expiry():
    token = links.read(links.sign(KEY, "juniper-pine", "k1", "JP-20418", 1_800_000_000))
    assert token
    assert token.genuine(KEY, "juniper-pine")
    assert not token.genuine(KEY, "juniper")
    assert not token.genuine("another-key", "juniper-pine")
    for other in (
        links.Token("k2", token.ref, token.expiry, token.signature),
        links.Token("k1", token.ref, 0, token.signature),
    ):
        assert not other.genuine(KEY, "juniper-pine")


def test_a_link_ends_at_its_second_and_without_one_never():
    token = links.Token("k1", "JP-20418", 1_800_000_000, "")
    assert not token.expired(datetime.fromtimestamp(1_799_999_999, UTC))
    assert token.expired(datetime.fromtimestamp(1_800_000_000, UTC))
    assert not links.Token("k1", "JP-20418", 0, "").expired(datetime(2999, 1, 1, tzinfo=UTC))


def test_short_codes_are_long_and_only_their_hash_is_kept():
    codes = {links.new_short_code() for _ in range(50)}
    assert len(codes) == 50
    assert all(len(code) >= 27 for code in codes)
    assert all(code not in links.hash_code(code) for code in codes)
