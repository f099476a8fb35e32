"""The gateways without a service, and what holds for all of them."""

import inspect
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.gateway_server import (
    KDNIAO_KEYS,
    KUAIDI100_KEYS,
    kdniao_result,
    kuaidi100_result,
)
from tracking import gateways
from tracking.gateways import (
    Access,
    Address,
    Aim,
    Error,
    Failure,
    Gateway,
    Outcome,
    Task,
    demo,
    kdniao,
    kuaidi100,
)
from tracking.gateways import phone as telephone

TASK = Task("0" * 32, "1Z999AA10123456784", "ups", Aim.RETURN)
VERBS = [name for name, _ in inspect.getmembers(Gateway, inspect.isfunction) if name[0] != "_"]


@pytest.mark.parametrize("slug", gateways.GATEWAYS)
def test_every_gateway_has_all_that_is_asked_of_one(slug):
    adapter = gateways.load(slug)
    assert len(VERBS) == 9
    for name in VERBS:
        wanted = list(inspect.signature(getattr(Gateway, name)).parameters)[1:]
        assert list(inspect.signature(getattr(adapter, name)).parameters) == wanted
    assert set(adapter.AIMS) <= set(Aim)
    assert not set(adapter.KEYS) & set(adapter.OPTIONS)


@pytest.mark.parametrize("slug", gateways.GATEWAYS)
@pytest.mark.parametrize("keys", [{}, {"key": None}, {"partners": 7, "interception": "x"}])
def test_whatever_the_keys_are_nothing_breaks(slug, keys):
    adapter, access = gateways.load(slug), Access(keys)
    for aim in (*Aim, "upwards"):
        for carrier in ("ups", "sf", "zto", "", "pigeons"):
            assert adapter.serves(carrier, aim, access) in (True, False)
    assert all(isinstance(one, str) for one in adapter.problems(access))
    assert not adapter.is_genuine({}, b"param=x&sign=y&RequestData=z", access)


@pytest.mark.parametrize("slug", gateways.GATEWAYS)
@given(body=st.binary(max_size=200))
def test_no_call_is_believed_without_keys_and_none_breaks_the_reading(slug, body):
    adapter, access = gateways.load(slug), Access({})
    assert not adapter.is_genuine({}, body, access)
    assert isinstance(adapter.acknowledge(body, access), dict)
    try:
        adapter.parse(body, access)
    except Error as error:
        assert error.permanent


def test_nothing_is_logged_about_anybody(caplog):
    """A state that nobody knows may be anything, an address too."""
    caplog.set_level(logging.DEBUG)
    told = kuaidi100.parse(kuaidi100_result(status="12 Elm Street"), Access(KUAIDI100_KEYS))
    told += kdniao.parse(kdniao_result(status="12 Elm Street"), Access(KDNIAO_KEYS))
    assert [one.answer.outcome for one in told] == [Outcome.NO_NEWS] * 2
    assert caplog.records == []


def test_the_demo_takes_everything_and_says_yes_a_moment_later():
    access = Access()
    answer = demo.request(TASK, access)
    assert (answer.outcome, answer.reference) == (Outcome.SENT, "demo-00000000")
    assert demo.check(TASK, access).outcome == Outcome.ACCEPTED
    assert demo.withdraw(TASK, access).outcome == Outcome.WITHDRAWN
    assert demo.serves("anything", Aim.DEPOT, access)


def test_the_demo_can_be_told_what_to_say():
    answer = demo.check(TASK, Access({"answer": "failed"}))
    assert (answer.outcome, answer.failure) == (Outcome.FAILED, Failure.REFUSED)
    wrong = Access({"answer": "splendid"})
    assert demo.problems(wrong) and not demo.problems(Access({}))
    assert demo.check(TASK, wrong).outcome == Outcome.ACCEPTED


def test_by_telephone_nothing_leaves_the_process():
    access = Access()
    for act in (telephone.request, telephone.check, telephone.withdraw):
        assert act(TASK, access).outcome == Outcome.NO_NEWS
    assert telephone.serves("anything", Aim.HOLD, access)
    assert not telephone.serves("anything", Aim.DEPOT, access)
    assert telephone.problems(access) == []


def test_an_address_survives_being_kept():
    address = Address("李小梅", street="科技南十二路2号", country="CN")
    assert Address.from_json(address.to_json()) == address
    assert Address.from_json({"street": None, "planet": "Mars"}) == Address()
