"""An answer finds its order by the address it goes to, and nobody can make such an address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returns.reply_addresses import LONGEST_TOKEN, address_for, order_of, token_for


@pytest.fixture(autouse=True)
def answers_come_in(settings):
    settings.REPLY_ADDRESS = "answers@mail.example.com"


def test_the_address_names_the_order(order):
    address = address_for(order)
    assert address.startswith("answers+") and address.endswith("@mail.example.com")
    assert order_of(address) == order.pk


def test_without_a_place_for_answers_there_is_no_address(order, settings):
    settings.REPLY_ADDRESS = ""
    assert address_for(order) == ""


@given(st.integers(1, 2**63 - 1))
def test_every_order_can_have_one_that_is_short_enough(key):
    token = token_for(key)
    assert len(token) <= LONGEST_TOKEN and token == token.lower()
    assert order_of(f"answers+{token}@mail.example.com") == key


def test_mail_programs_that_write_it_in_capitals_do_no_harm(order):
    assert order_of(address_for(order).upper()) == order.pk


def test_the_address_in_an_old_letter_works_after_the_mailbox_has_moved(order, settings):
    old = address_for(order)
    settings.REPLY_ADDRESS = "post@new.example.com"
    assert order_of(old) == order.pk


def test_the_address_in_an_old_letter_works_after_the_secret_has_changed(order, settings):
    old = address_for(order)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 8
    assert order_of(old) == order.pk
    assert order_of(address_for(order)) == order.pk
    settings.SECRET_KEY_FALLBACKS = []
    assert order_of(old) is None


def test_a_token_with_any_other_sign_in_it_is_nobodys(order):
    name, _, domain = address_for(order).partition("@")
    start = name.index("+") + 1
    for place in range(start, len(name)):
        for sign in "a7":
            if name[place] != sign:
                forged = f"{name[:place]}{sign}{name[place + 1 :]}@{domain}"
                assert order_of(forged) is None, place


def test_the_token_of_one_order_does_not_open_another(order):
    token, other = token_for(order.pk), token_for(order.pk + 1)
    for cut in range(1, len(token)):
        if token[:cut] + other[cut:] not in (token, other):
            assert order_of(f"answers+{token[:cut]}{other[cut:]}@mail.example.com") is None


@given(st.text(max_size=80))
def test_whatever_is_no_address_of_ours_is_nobodys(text):
    assert order_of(text) is None
    assert order_of(f"answers+{text}@mail.example.com") is None


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@",
        "answers@mail.example.com",
        "answers+@mail.example.com",
        f"answers+{'a' * 18}@mail.example.com",
        f"answers+{'a' * 29}@mail.example.com",
        f"answers+{'a' * 100_000}@mail.example.com",
        "answers+ſſſſſſſſſſſſſſſſſſ@mail.example.com",
    ],
)
def test_made_up_addresses_are_nobodys(address):
    assert order_of(address) is None
