"""Every address comes from one helper."""

import re
from pathlib import Path

import pytest

from returns import addresses
from tests import people

HOUSE = Path(__file__).resolve().parent.parent.parent
BY_HAND = re.compile(r"""["'=](?:/s/|/k/|/o/)""")

pytestmark = pytest.mark.django_db


def test_addresses_are_those_of_the_merchants_guide(order):
    store = order.store
    assert addresses.welcome() == "/"
    assert addresses.store_page(store) == "/s/juniper-pine/"
    assert addresses.store_page(store, "find") == "/s/juniper-pine/find/"
    assert addresses.order_page(order) == "/s/juniper-pine/o/JP-20418/"
    assert addresses.signed_link(store, "#JP-20418").endswith(
        "/s/juniper-pine/l/v1.k1.JP-20418.0.02587471d1a6705881e182159f51d81d"
    )


def test_whole_addresses_begin_with_the_configured_base_never_with_what_a_visitor_sent(
    order, settings
):
    settings.BASE_URL = "https://portal.example"
    assert addresses.signed_link(order.store, "1").startswith("https://portal.example/s/")
    assert addresses.short_link(order, "abc") == "https://portal.example/k/abc"


def test_on_a_stores_own_host_name_its_prefix_falls_away(settings):
    settings.BASE_URL = "https://portal.example"
    store = people.open_store(host="returns.juniper.example")
    order = people.place_order(store)
    assert addresses.order_page(order, "step_up") == "/o/JP-20418/code/"
    assert addresses.short_link(order, "abc") == "https://returns.juniper.example/k/abc"
    assert addresses.signed_link(store, "1").startswith("https://returns.juniper.example/l/v1.")


def test_no_template_and_no_view_writes_an_address_by_hand():
    files = [
        *HOUSE.glob("templates/portal/**/*.html"),
        *HOUSE.glob("templates/components/*.html"),
        *HOUSE.glob("templates/base.html"),
        *HOUSE.glob("portal/views/*.py"),
    ]
    assert len(files) > 20
    found = [str(file.relative_to(HOUSE)) for file in files if BY_HAND.search(file.read_text())]
    assert found == []
