"""Who took a parcel in, by what carriers write: guards, neighbours, front desks, lockers."""

import pytest

from tests.tracking import kdniao as kdniao_tests
from tests.tracking import kuaidi100 as kuaidi100_tests
from tests.tracking import seventeentrack as seventeentrack_tests
from tracking.milestones import Milestone
from tracking.models import Account, Parcel, ScanReport
from tracking.providers import kdniao, kuaidi100, seventeentrack
from tracking.reports import Signed
from tracking.signatures import signed_by

HERE = Milestone.DELIVERED
SOMEBODY_ELSE = [
    "Delivered, left with neighbor",
    "Delivered to neighbour at number 14.",
    "Signed for by: SECURITY GUARD",
    "Signed by: security",
    "Left with concierge",
    "Delivered, Front Desk/Reception/Mail Room",
    "Delivered, To Agent",
    "Accepted by another person on behalf of the addressee",
    "Zugestellt an Nachbarin Weber",
    "Die Sendung wurde an einen Ersatzempfänger übergeben",
    "Remis à un voisin",
    "Entregado al conserje",
    "Afgeleverd bij de buren",
    "您的快件已签收，签收人：门卫",
    "快件已由物业代收",
    "【深圳市】他人代收",
    "已签收，签收人是：前台",
    "代签",
    "非本人签收，家人代收",
    "已由邻居代签收",
]
IN_A_LOCKER = [
    "快件已由菜鸟驿站代收，请及时取件",
    "已投递至丰巢智能柜",
    "Delivered, Parcel Locker",
    "Delivered to PackStation 117",
    "已放入代收点",
]
NOBODY_SAYS = [
    "Delivered",
    "Delivered, Front Door/Porch",
    "Delivered, Left with Individual",
    "已签收，代收货款 68.00 元",
    "Proof of delivery: safeguarded parcel",
    "",
]


@pytest.mark.parametrize("words", SOMEBODY_ELSE)
def test_words_that_name_somebody_else_say_that_somebody_else_took_it_in(words):
    assert signed_by(HERE, "", words) == Signed.OTHER


@pytest.mark.parametrize("words", IN_A_LOCKER)
def test_stations_and_lockers_are_no_person(words):
    assert signed_by(HERE, "", words) == Signed.LOCKER


@pytest.mark.parametrize("words", NOBODY_SAYS)
def test_what_nobody_says_is_not_guessed(words):
    assert signed_by(HERE, "", words) == ""


def test_the_receiver_is_known_by_the_words_too():
    assert signed_by(HERE, "", "您的快件已由本人签收") == Signed.SELF


def test_words_that_name_the_guard_count_more_than_a_code_that_says_by_the_receiver():
    assert signed_by(HERE, Signed.SELF, "签收人：门卫") == Signed.OTHER
    assert signed_by(HERE, Signed.SELF, "本人签收") == Signed.SELF


def test_what_was_fetched_from_a_locker_was_fetched_by_whom_the_code_names():
    assert signed_by(HERE, Signed.SELF, "已从驿站取出") == Signed.SELF
    assert signed_by(HERE, Signed.LOCKER, "前台丰巢柜") == Signed.LOCKER


def test_before_it_is_delivered_the_same_words_say_where_it_may_be_left():
    for milestone in (Milestone.OUT_FOR_DELIVERY, Milestone.READY_FOR_PICKUP, Milestone.ATTEMPTED):
        assert signed_by(milestone, "", "正在派件，物业可代收") == ""


# --- as providers tell it ---------------------------------------------------------------------


def test_17track_has_no_code_for_it_and_the_words_are_read():
    body = seventeentrack_tests.body("left-with-neighbour")
    (news,) = seventeentrack.parse(body)
    *before, last = news.reports
    assert (last.milestone, last.signed) == (HERE, Signed.OTHER)
    assert {report.signed for report in before} == {""}


def test_kuaidi100_says_by_the_receiver_and_its_words_name_the_guard():
    body = kuaidi100_tests.body(kuaidi100_tests.param("signed-by-guard"))
    (news,) = kuaidi100.parse(body)
    assert [report.signed for report in news.reports] == ["", "", Signed.OTHER]


def test_kdniao_tells_no_signature_after_trouble_and_its_words_do():
    body = kdniao_tests.body(kdniao_tests.data("signed-by-property"))
    (news,) = kdniao.parse(body)
    assert [report.signed for report in news.reports] == ["", "", Signed.OTHER]


@pytest.mark.django_db
def test_the_watch_asks_who_signed_until_somebody_has_it():
    account = Account.objects.create(name="juniper", country="GB")
    parcel = Parcel.objects.announce(account, "RB123456785GB", "royal-mail")
    now = parcel.announced_at
    words = "Delivered, left with neighbour"
    signed = signed_by(HERE, "", words)
    parcel.record([ScanReport(now, HERE, words=words, signed=signed)])
    assert [row.kind for row in parcel.incidents.open()] == ["unclear_signature"]
    parcel.note_found(now)
    assert not parcel.incidents.open().exists()
    # What is told once more changes nothing.
    parcel.record([ScanReport(now, HERE, words=words, signed=signed, place="Bristol")])
    assert not parcel.incidents.open().exists()
