"""What the scans of a parcel prove about a request to its carrier: a table."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.gateways import NOWHERE, Address, Aim, Failure
from tracking.interceptions import ENDED, InterceptionStatus, Proof, is_in_town, proof, which_fits
from tracking.milestones import Milestone

SINCE = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
S, M = InterceptionStatus, Milestone
PORTLAND = Address(city="Portland", region="OR", postcode="97201", country="US")
AUSTIN = Address(city="Austin", region="TX", postcode="78701", country="US")
SHENZHEN = Address(region="广东省", city="深圳市", district="南山区", country="CN")
FUTIAN = Address(region="广东省", city="深圳市", district="福田区", country="CN")
HANGZHOU = Address(region="浙江省", city="杭州市", district="西湖区", country="CN")
KLAIPEDA = Address(city="Klaipėda", postcode="91234", country="LT")
MUNICH = Address(city="München", postcode="80331", country="DE")
LODZ = Address(city="Łódź", postcode="90-001", country="PL")
YORK, NEW_YORK = Address(city="York", country="US"), Address(city="New York", country="US")

DONE, GUESSED = (S.SUCCEEDED, "", True), (S.SUCCEEDED, "", False)
DELIVERED, PERHAPS = (S.FAILED, Failure.DELIVERED, True), (S.FAILED, Failure.DELIVERED, False)
BACK = (S.FAILED, Failure.WENT_BACK, True)
TAKEN = (S.ACCEPTED, "", True)


@dataclass(frozen=True)
class Scan:
    """hours: after the request."""

    hours: float
    milestone: str
    place: str = ""
    code: str = ""
    provider: str = "kdniao"
    utc_offset: int | None = None

    @property
    def at(self) -> datetime:
        return SINCE + self.hours * HOUR


def found(aim, scans, status=S.SENT, before=PORTLAND, after=AUSTIN, on=None) -> Proof | None:
    return proof(aim, status, before, after, on, SINCE, scans)


def told(proven: Proof | None):
    return proven and (proven.status, proven.failure, proven.is_sure)


def delivered(place: str = "", hours: float = 20.0, **more) -> Scan:
    return Scan(hours, M.DELIVERED, place, **more)


TAKEN_UP = Scan(2, M.UNKNOWN, "", "413")
SENT_ON = Scan(3, M.IN_TRANSIT, "Dallas", "5")
TURNED = Scan(9, M.RETURNING, "Dallas")
HOME = Scan(30, M.RETURNED, "Vilnius")
AT_COUNTER = Scan(10, M.READY_FOR_PICKUP, "Portland")

TABLE = [
    # aim, where the request stands, scans → what they prove
    (Aim.REDIRECT, S.SENT, [], None),
    (Aim.REDIRECT, S.SENT, [Scan(1, M.IN_TRANSIT, "Austin")], None),
    (Aim.REDIRECT, S.SENT, [Scan(1, M.OUT_FOR_DELIVERY, "Portland")], None),
    (Aim.REDIRECT, S.SENT, [Scan(1, M.ATTEMPTED, "Portland")], None),
    (Aim.REDIRECT, S.SENT, [AT_COUNTER], None),
    (Aim.REDIRECT, S.SENT, [delivered("AUSTIN, TX")], DONE),
    (Aim.REDIRECT, S.REQUESTED, [delivered("Austin")], DONE),
    (Aim.REDIRECT, S.FAILED, [delivered("Austin")], DONE),
    (Aim.REDIRECT, S.ACCEPTED, [delivered("Portland, OR 97201")], DELIVERED),
    (Aim.REDIRECT, S.SUCCEEDED, [delivered("Portland")], DELIVERED),
    (Aim.REDIRECT, S.SENT, [delivered("Dallas")], PERHAPS),
    (Aim.REDIRECT, S.ACCEPTED, [delivered("Dallas")], GUESSED),
    (Aim.REDIRECT, S.SENT, [delivered()], PERHAPS),
    (Aim.REDIRECT, S.ACCEPTED, [delivered()], GUESSED),
    (Aim.REDIRECT, S.SENT, [TURNED], BACK),
    (Aim.REDIRECT, S.ACCEPTED, [TURNED, HOME], BACK),
    (Aim.REDIRECT, S.SENT, [TURNED, delivered("Austin")], DONE),
    (Aim.REDIRECT, S.ACCEPTED, [TURNED, delivered()], BACK),
    # What was done once stays done, and a second delivery may mend the first.
    (Aim.REDIRECT, S.SENT, [delivered("Austin"), HOME], DONE),
    (Aim.REDIRECT, S.SENT, [delivered("Portland", 8), delivered("Austin", 30)], DONE),
    # Two providers tell of one delivery, and one of them knows where.
    (Aim.REDIRECT, S.ACCEPTED, [delivered("Portland", 20), delivered("", 20.01)], DELIVERED),
    (Aim.REDIRECT, S.SENT, [delivered("", 20), delivered("Austin", 20)], DONE),
    # Intercepted (413), sent on (5): somebody said yes.
    (Aim.REDIRECT, S.SENT, [TAKEN_UP], TAKEN),
    (Aim.REDIRECT, S.SENT, [SENT_ON, TAKEN_UP], TAKEN),
    (Aim.REDIRECT, S.SENT, [Scan(2, M.IN_TRANSIT, code="7", provider="kuaidi100")], TAKEN),
    (Aim.REDIRECT, S.SENT, [Scan(2, M.IN_TRANSIT, code="413", provider="kuaidi100")], None),
    (Aim.REDIRECT, S.SENT, [Scan(-2, M.UNKNOWN, code="413")], None),
    (Aim.REDIRECT, S.SENT, [TAKEN_UP, delivered()], GUESSED),
    (Aim.REDIRECT, S.SENT, [TAKEN_UP, delivered("Portland")], DELIVERED),
    (Aim.RETURN, S.SENT, [TAKEN_UP], TAKEN),
    # Before the request: no proof of what it brought about, but what is over is over.
    (Aim.REDIRECT, S.SENT, [delivered("Austin", -1)], DELIVERED),
    (Aim.REDIRECT, S.SENT, [Scan(-1, M.RETURNING)], BACK),
    (Aim.HOLD, S.SENT, [Scan(-1, M.READY_FOR_PICKUP)], None),
    (Aim.RETURN, S.SENT, [delivered("Portland", -1), TURNED], DONE),
    # Back, to the sender or to the depot.
    (Aim.RETURN, S.SENT, [TURNED], DONE),
    (Aim.RETURN, S.SENT, [HOME], DONE),
    (Aim.DEPOT, S.SENT, [TURNED], DONE),
    (Aim.RETURN, S.SENT, [TURNED, delivered("Vilnius")], DONE),
    (Aim.RETURN, S.ACCEPTED, [delivered("Portland")], DELIVERED),
    (Aim.RETURN, S.ACCEPTED, [delivered("Vilnius")], GUESSED),
    (Aim.RETURN, S.SENT, [delivered("Vilnius")], PERHAPS),
    (Aim.RETURN, S.ACCEPTED, [delivered()], PERHAPS),
    # At a counter.
    (Aim.HOLD, S.SENT, [AT_COUNTER], DONE),
    (Aim.HOLD, S.SENT, [AT_COUNTER, delivered("Portland")], DONE),
    (Aim.HOLD, S.SENT, [AT_COUNTER, HOME], DONE),
    (Aim.HOLD, S.ACCEPTED, [delivered("Portland")], GUESSED),
    (Aim.HOLD, S.SENT, [delivered("Portland")], PERHAPS),
    (Aim.HOLD, S.SENT, [TURNED], BACK),
]


@pytest.mark.parametrize(("aim", "status", "scans", "proven"), TABLE)
def test_scans_prove_what_the_table_says_in_whatever_order_they_come(aim, status, scans, proven):
    shuffler = random.Random(7)
    for _ in range(6):
        assert told(found(aim, scans, status)) == proven
        shuffler.shuffle(scans)


def test_it_happened_when_the_scan_says():
    assert found(Aim.REDIRECT, [TAKEN_UP, delivered("Austin", 30)]).at == SINCE + 30 * HOUR
    assert found(Aim.REDIRECT, [SENT_ON, TAKEN_UP]).at == TAKEN_UP.at


@pytest.mark.parametrize(
    ("before", "after", "place", "fits"),
    [
        (SHENZHEN, HANGZHOU, "浙江,杭州市,西湖区", "after"),
        (SHENZHEN, HANGZHOU, "杭州西湖营业部", "after"),
        (SHENZHEN, HANGZHOU, "广东,深圳市", "before"),
        (SHENZHEN, HANGZHOU, "广东,东莞市", "before"),
        (SHENZHEN, HANGZHOU, "上海市", None),
        (SHENZHEN, FUTIAN, "广东,深圳市,福田区", "after"),
        (SHENZHEN, FUTIAN, "深圳南山科技园", "before"),
        (SHENZHEN, FUTIAN, "广东,深圳市", None),
        (MUNICH, KLAIPEDA, "KLAIPEDA", "after"),
        (MUNICH, KLAIPEDA, "Klaipėda, LT", "after"),
        (MUNICH, KLAIPEDA, "Muenchen", "before"),
        (MUNICH, KLAIPEDA, "MÜNCHEN", "before"),
        (MUNICH, KLAIPEDA, "80331 Munich", "before"),
        (MUNICH, LODZ, "Lodz", "after"),
        (YORK, NEW_YORK, "New York, NY", "after"),
        (NEW_YORK, YORK, "YORK", "after"),
        (YORK, NEW_YORK, "Yorkshire", None),
        (PORTLAND, AUSTIN, "Austintown, OH", None),
        (PORTLAND, AUSTIN, "OR", None),
        (PORTLAND, AUSTIN, " - ", None),
        (PORTLAND, AUSTIN, "", None),
        (AUSTIN, Address(city="Austin", postcode="78745-1201"), "Austin TX 78745", "after"),
        (AUSTIN, Address(city="Austin", postcode="78745"), "Austin", None),
        (AUSTIN, Address(), "Austin", "before"),
        (Address(), Address(), "Austin", None),
    ],
)
def test_a_place_is_at_one_address_at_the_other_or_at_neither(before, after, place, fits):
    mine = which_fits(place, after, before)
    assert mine is {"after": after, "before": before, None: None}[fits]
    status = {"after": S.SUCCEEDED, "before": S.FAILED, None: S.FAILED}[fits]
    proven = found(Aim.REDIRECT, [delivered(place)], before=before, after=after)
    assert (proven.status, proven.is_sure) == (status, fits is not None)


def test_the_region_of_both_is_no_town():
    assert not is_in_town("广东,东莞市", SHENZHEN)
    assert told(found(Aim.RETURN, [delivered("广东,东莞市")], S.ACCEPTED, SHENZHEN)) == GUESSED


@pytest.mark.parametrize(
    ("at", "offset", "country", "proven"),
    [
        ("2026-11-23T15:00+00:00", None, "GB", DONE),
        ("2026-11-22T15:00+00:00", None, "GB", DELIVERED),
        ("2026-11-22T23:00+00:00", None, "CN", DONE),  # 07:00 on Monday there
        ("2026-11-22T23:00+00:00", 480, "US", DONE),
        ("2026-11-23T02:00+00:00", -300, "US", DELIVERED),  # Sunday evening there
        ("2026-11-24T09:00+00:00", None, "GB", DONE),  # later than wished, and not sooner
    ],
)
def test_another_day_counts_by_the_clocks_where_it_was_delivered(at, offset, country, proven):
    hours = (datetime.fromisoformat(at) - SINCE) / HOUR
    scan = delivered(hours=hours, utc_offset=offset)
    before = Address(country=country)
    got = found(Aim.RESCHEDULE, [scan], before=before, after=NOWHERE, on=date(2026, 11, 23))
    assert told(got) == proven


def test_another_day_that_nobody_named_is_not_met():
    assert told(found(Aim.RESCHEDULE, [delivered()], on=None)) == DELIVERED


scans_of_a_day = st.builds(
    Scan,
    hours=st.integers(-4, 4),
    milestone=st.sampled_from(Milestone),
    place=st.sampled_from(["", "Austin", "Portland", "Dallas"]),
    code=st.sampled_from(["", "5", "413"]),
)


@given(
    st.sampled_from(Aim),
    st.sampled_from(S),
    st.lists(scans_of_a_day, max_size=7),
    st.randoms(use_true_random=False),
)
def test_the_order_of_scans_never_matters(aim, status, scans, shuffler):
    first = found(aim, scans, status, on=date(2026, 11, 20))
    shuffler.shuffle(scans)
    assert found(aim, scans, status, on=date(2026, 11, 20)) == first


@given(st.sampled_from(Aim), st.lists(scans_of_a_day, max_size=5), scans_of_a_day)
def test_what_was_done_for_sure_is_never_undone_by_a_later_scan(aim, scans, another):
    first = found(aim, scans, on=date(2026, 11, 20))
    if first and first.is_sure and first.status == S.SUCCEEDED and another.at > first.at:
        assert found(aim, [*scans, another], on=date(2026, 11, 20)) == first


@given(st.sampled_from(Aim), st.lists(scans_of_a_day, max_size=5))
def test_a_parcel_that_has_arrived_leaves_no_request_open(aim, scans):
    over = [scan for scan in scans if scan.milestone in (M.DELIVERED, M.RETURNED)]
    proven = found(aim, scans)
    assert (proven is not None and proven.status in ENDED) or not over
