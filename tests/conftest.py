"""Fixtures for every test: the characters, and a client that looks at each page it gets."""

import socket

import pytest
from django.test import Client
from django.utils import translation
from hypothesis import settings

from tests import people
from tests.page_checks import CheckedClient

pytest_plugins = ["tests.plugin_requirements"]

# A busy machine is no reason to call a property false.
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")


@pytest.fixture(autouse=True)
def no_network(monkeypatch, request):
    """Nothing leaves this machine: only loopback may be spoken to."""
    real = socket.socket.connect

    def connect(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(
            ("127.", "::1", "localhost")
        ):
            raise AssertionError(f"a test tried to reach {address[0]}")
        return real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def in_english():
    """Each test begins in the default language, whatever page the last one read."""
    translation.deactivate()


@pytest.fixture
def store(db):
    return people.open_store()


@pytest.fixture
def order(store):
    """Sarah's order: one linen shirt, delivered four days ago."""
    return people.place_order(store)


@pytest.fixture
def client() -> Client:
    """A buyer's browser without cookies; every page it gets is checked."""
    return CheckedClient()


@pytest.fixture
def sarah(order) -> Client:
    """Sarah, who opened the link in her order email."""
    client = CheckedClient()
    people.open_link(client, order)
    return client


@pytest.fixture
def bob(store) -> Client:
    """A stranger: he holds the link of an order of his own."""
    client = CheckedClient()
    people.open_link(
        client,
        people.place_order(
            store,
            "JP-20999",
            email="bob@example.com",
            name="Bob Marsh",
            phone="+44 7700 900777",
            postcode="LS1 1AA",
        ),
    )
    return client


@pytest.fixture
def desk(db) -> Client:
    """A member of staff who may decide about returns."""
    client = Client()
    client.force_login(
        people.staff(
            "desk",
            "view_returnauthorization",
            "change_returnauthorization",
            "decide_return",
            "settle_return",
            "view_order",
            "view_promise",
        )
    )
    return client
