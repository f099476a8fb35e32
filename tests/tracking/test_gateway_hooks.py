"""From the request to the call of the gateway, which comes to our hook: the whole way."""

from collections.abc import Iterator

import pytest
from django.test import Client

from tests.tracking.gateway_server import (
    CHINESE_NUMBER,
    KDNIAO_KEYS,
    KUAIDI100_KEYS,
    GatewayServer,
    kdniao_result,
    kuaidi100_result,
)
from tests.tracking.turning import fresh, on_the_road, wanted, work
from tracking.gateways import Address, Aim, Failure
from tracking.interceptions import InterceptionStatus as Status
from tracking.models import GatewayAccount, Interception
from tracking.models.interception_report import InterceptionReport

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
OLD = Address("王小明", "", "13800138001", "深南大道1号", city="深圳市", country="CN")
NEW = Address("李小梅", "", "13800138000", "科技南十二路2号", city="深圳市", country="CN")
RESULTS = {"kuaidi100": kuaidi100_result, "kdniao": kdniao_result}
SAYS = {"kuaidi100": ("拦截成功", "拦截失败"), "kdniao": ("taken", "late")}
KEYS = {"kuaidi100": KUAIDI100_KEYS, "kdniao": KDNIAO_KEYS}


@pytest.fixture
def server() -> Iterator[GatewayServer]:
    with GatewayServer() as played:
        yield played


@pytest.fixture(params=["kuaidi100", "kdniao"])
def slug(request) -> str:
    return request.param


@pytest.fixture
def row(slug, server) -> Interception:
    """A request that the gateway has taken."""
    parcel = on_the_road(CHINESE_NUMBER, "sf")
    gateway = GatewayAccount(
        account=parcel.account, gateway=slug, keys=KEYS[slug], base=server.base
    )
    gateway.full_clean()
    gateway.save()
    found = work(wanted(parcel, Aim.REDIRECT, before=OLD, after=NEW))
    assert (found.status, len(server.asked)) == (Status.SENT, 1)
    return found


def tell(row: Interception, body: bytes) -> int:
    """The status with which we answer; what was kept is processed."""
    gateway = row.gateway
    assert gateway
    path = f"/hooks/interceptions/{gateway.gateway}/{gateway.hook_key}/"
    answer = Client().post(path, body, content_type=FORM)
    if answer.status_code == 200:
        told = answer.json()
        assert told.get("result", told.get("Success")) is True
    for report in InterceptionReport.objects.claim(10):
        report.process()
    return answer.status_code


def test_a_result_moves_the_request_once(slug, row, server):
    taken, refused = SAYS[slug]
    body = RESULTS[slug](status=taken)
    assert [tell(row, body), tell(row, body)] == [200, 200]
    assert fresh(row).status == Status.ACCEPTED
    assert InterceptionReport.objects.count() == 1
    assert tell(row, RESULTS[slug](status=refused)) == 200
    assert fresh(row).status == Status.FAILED
    assert fresh(row).failure in (Failure.REFUSED, Failure.TOO_LATE)
    assert len(server.asked) == 1


def test_a_forged_result_moves_nothing(slug, row):
    taken, _ = SAYS[slug]
    body = RESULTS[slug](status=taken).replace(b"SF1234567890123", b"SF1234567890124")
    assert tell(row, body) == 401
    assert fresh(row).status == Status.SENT
    assert not InterceptionReport.objects.exists()


def test_a_state_that_nobody_knows_leaves_words_for_the_desk(slug, row):
    assert tell(row, RESULTS[slug](status="7")) == 200
    assert fresh(row).status == Status.SENT
    assert "“7” is not known" in fresh(row).words


def test_rubbish_that_is_signed_is_kept_and_left(slug, row):
    assert tell(row, RESULTS[slug](number="")) == 200
    (report,) = InterceptionReport.objects.all()
    assert report.state == "dead"
    assert fresh(row).status == Status.SENT
