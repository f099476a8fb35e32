"""Kdniao: its signature over a form, its states, several numbers in one push."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.kdniao import ACCESS, NUMBER, body, data, item, pushed, trace
from tracking import carriers, providers
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.providers import Access, Action, News, kdniao, kuaidi100, reading
from tracking.providers.kdniao import CARRIERS, KEYS, STATES
from tracking.reports import ScanReport, Signed

M, K = Milestone, IncidentKind


def only(content: bytes) -> News:
    (news,) = kdniao.parse(content)
    return news


def report_of(action: object = "2", **values) -> ScanReport:
    (report,) = only(pushed(trace(0, action, **values))).reports
    return report


@pytest.fixture
def unknown(caplog):
    """The lines about codes that nobody knows, which come once per process."""
    reading.tell_once.cache_clear()
    return lambda: [record.getMessage() for record in caplog.records]


# --- the signature ----------------------------------------------------------------------------

KEYED = Access(key="test-api-key", customer="1234567")
DOCUMENTED_DATA = b'{"ShipperCode":"YTO","LogisticCode":"YT1234567890123"}'
DOCUMENTED_SIGN = "YjQzODg4YjY5ZThjZjNiNTNhZDA3M2ZhOTE5Nzg4NTE="


def form(content: bytes = DOCUMENTED_DATA, sign: str | bytes = DOCUMENTED_SIGN) -> bytes:
    fields = {"RequestData": content, "DataSign": sign, "RequestType": "102"}
    return urlencode(fields).encode()


def test_the_signature_is_the_documented_one():
    assert kdniao.signature(DOCUMENTED_DATA, "test-api-key") == DOCUMENTED_SIGN
    assert kdniao.signature(DOCUMENTED_DATA.decode(), "test-api-key") == DOCUMENTED_SIGN
    assert b"NTE%3D" in form()
    assert kdniao.is_genuine({}, form(), KEYED)


@pytest.mark.parametrize(
    ("content", "access"),
    [
        (b"", KEYED),
        (b"RequestData=", KEYED),
        (DOCUMENTED_DATA, KEYED),
        (form(sign=""), KEYED),
        (form(sign=DOCUMENTED_SIGN[:-1]), KEYED),
        (form(sign=DOCUMENTED_SIGN.lower()), KEYED),
        (form(sign="é" * 44), KEYED),
        (form(sign=b"\xff\xfe"), KEYED),
        (form(), replace(KEYED, key="test-api-kez")),
        (form(DOCUMENTED_DATA + b" "), KEYED),
        (form(DOCUMENTED_DATA.replace(b"YTO", b"ZTO")), KEYED),
        (b"RequestData=%7B%7D&" + form(), KEYED),
    ],
    ids=[
        "nothing",
        "empty",
        "no form",
        "no sign",
        "cut",
        "small letters",
        "other signs",
        "no letters",
        "other key",
        "a blank more",
        "other body",
        "two bodies",
    ],
)
def test_whatever_does_not_fit_is_not_genuine(content, access):
    assert not kdniao.is_genuine({}, content, access)


def test_signatures_that_look_nearly_right_are_not_genuine():
    digest = base64.b64decode(DOCUMENTED_SIGN).decode()
    for sign in (
        digest,
        base64.b64encode(digest.upper().encode()),
        base64.b64encode(bytes.fromhex(digest)),
    ):
        assert not kdniao.is_genuine({}, form(sign=sign), KEYED)


def test_without_a_key_nothing_is_genuine():
    access = Access(key="", customer="1234567")
    for sign in ("", kdniao.signature(DOCUMENTED_DATA, "")):
        assert not kdniao.is_genuine({}, form(sign=sign), access)


def test_what_we_sign_ourselves_is_genuine_and_says_the_same():
    headers, content = kdniao.signed(data("two-parcels"), ACCESS)
    assert headers == {"Content-Type": "application/x-www-form-urlencoded"}
    assert kdniao.is_genuine(headers, content, ACCESS)
    assert reading.form(content)["RequestData"] == data("two-parcels")
    assert reading.form(content)["RequestType"] == b"102"


def test_a_whole_form_is_signed_again_for_another_account():
    content = body(data("plain"), "101")
    other = replace(ACCESS, key="another-key")
    assert not kdniao.is_genuine({}, content, other)
    again = kdniao.signed(content, other)[1]
    assert kdniao.is_genuine({}, again, other)
    assert reading.form(again)["RequestType"] == b"101"
    assert kdniao.parse(again) == kdniao.parse(content)


# --- the form ---------------------------------------------------------------------------------

WORDS = "签收：王＋李 100% a+b & c=d “％２Ｂ” é 😀"


@pytest.mark.parametrize(
    "encode",
    [quote_plus, quote, lambda text: quote(quote_plus(text)), lambda text: quote_plus(quote(text))],
    ids=["plus", "percent", "twice", "twice the other way"],
)
def test_every_sign_comes_through_however_it_is_encoded(encode):
    told = json.dumps({"Data": [item(trace(0, AcceptStation=WORDS))]}, ensure_ascii=False)
    sign = kdniao.signature(told, ACCESS.key)
    content = f"RequestType=102&DataSign={encode(sign)}&RequestData={encode(told)}".encode()
    assert kdniao.is_genuine({}, content, ACCESS)
    (report,) = only(content).reports
    assert report.words == WORDS


def test_a_signature_that_is_not_encoded_at_all_is_read_too():
    content = form().replace(b"%3D", b"=")
    assert kdniao.is_genuine({}, content, KEYED)


# --- where a parcel is ------------------------------------------------------------------------

# Documented: what StateEx and Action may be.
CODES = """
0 1 10 2 201 202 204 205 206 211 3 301 302 304 311 4 401 402 403 404 405 406 407 412 413 414
415 416 417 418 419 420 421 422 423 5 6 601 602 603 604
""".split()  # noqa: SIM905


def test_the_table_has_every_documented_state_and_no_other():
    assert set(STATES) == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_every_documented_state_is_read(code, unknown):
    report = report_of(code)
    assert (report.milestone, report.incident, report.signed) == STATES[code]
    assert report.code == code
    assert report.milestone in Milestone
    assert report.incident in {"", *IncidentKind} and report.signed in {"", *Signed}
    assert unknown() == []


@pytest.mark.parametrize(
    ("code", "milestone", "incident", "signed"),
    [
        ("0", M.UNKNOWN, "", ""),
        ("10", M.ANNOUNCED, "", ""),  # nobody has collected it
        ("1", M.ACCEPTED, "", ""),
        ("2", M.IN_TRANSIT, "", ""),
        ("201", M.IN_TRANSIT, "", ""),
        ("202", M.OUT_FOR_DELIVERY, "", ""),
        ("205", M.IN_TRANSIT, "", ""),
        ("206", M.IN_TRANSIT, "", ""),
        ("211", M.READY_FOR_PICKUP, "", ""),
        ("3", M.DELIVERED, "", ""),
        ("301", M.DELIVERED, "", Signed.SELF),
        ("302", M.DELIVERED, "", ""),
        ("304", M.DELIVERED, "", Signed.OTHER),
        ("311", M.DELIVERED, "", Signed.LOCKER),
        ("402", M.UNKNOWN, "", ""),  # late is for the watch to say
        ("404", M.ATTEMPTED, K.REFUSED, ""),
        ("405", M.ATTEMPTED, K.ATTEMPT_FAILED, ""),
        ("406", M.RETURNED, "", ""),
        ("407", M.RETURNING, "", ""),
        ("412", M.READY_FOR_PICKUP, K.WAITING_AT_PICKUP, ""),
        ("413", M.UNKNOWN, "", ""),  # intercepted; where it goes is not told
        ("414", M.UNKNOWN, K.DAMAGED, ""),
        ("416", M.ATTEMPTED, K.ATTEMPT_FAILED, ""),
        ("418", M.IN_TRANSIT, "", ""),  # no longer in the locker
        ("420", M.UNKNOWN, K.ADDRESS, ""),
        ("421", M.UNKNOWN, K.ADDRESS, ""),
        ("422", M.UNKNOWN, K.WRONG_WAY, ""),
        ("423", M.UNKNOWN, K.ADDRESS, ""),
        ("5", M.IN_TRANSIT, "", ""),
        ("602", M.CUSTOMS, "", ""),
        ("603", M.IN_TRANSIT, "", ""),
        ("604", M.CUSTOMS, K.CUSTOMS_HOLD, ""),
    ],
)
def test_the_states_of_kdniao_mean_our_milestones(code, milestone, incident, signed):
    report = report_of(code)
    assert (report.milestone, report.incident, report.signed) == (milestone, incident, signed)


@pytest.mark.parametrize("code", ["0", "201", "202", "204", "205", "206", "304", "5"])
def test_the_same_number_means_something_else_at_kuaidi100(code):
    assert STATES[code] != kuaidi100.STEPS[code]


@pytest.mark.parametrize("code", ["999", "305", "408", "２０２", "派件"])
def test_a_state_that_nobody_knows_is_unknown_and_said_once(code, unknown):
    for _ in range(3):
        report = report_of(code)
    assert (report.milestone, report.incident, report.code) == (M.UNKNOWN, "", code)
    assert unknown() == [f"kdniao: state {code!r} is not known"]


def test_without_codes_only_the_newest_trace_is_told_by_the_state_of_the_whole():
    reports = only(body(data("plain"), "101")).reports
    assert [(report.milestone, report.code) for report in reports] == [
        (M.UNKNOWN, ""),
        (M.UNKNOWN, ""),
        (M.DELIVERED, ""),
    ]


def test_a_trace_without_a_code_stays_the_same_scan_when_it_is_no_longer_the_newest():
    first = trace(0, None)
    (before,) = only(pushed(first)).reports
    older, _ = only(pushed(first, trace(60, None))).reports
    assert (older.at, older.code, older.place) == (before.at, before.code, before.place)


def test_the_newest_trace_is_the_latest_in_whatever_order_they_come():
    told = (trace(60, None), trace(30, None), trace(0, None))
    reports = only(pushed(*told, State="3")).reports
    assert [report.milestone for report in reports] == [M.UNKNOWN, M.UNKNOWN, M.DELIVERED]


def test_of_traces_at_one_moment_the_last_is_the_newest():
    told = (trace(0, None, Location="A"), trace(0, None, Location="B"))
    reports = only(pushed(*told, State="3")).reports
    assert [(report.place, report.milestone) for report in reports] == [
        ("A", M.UNKNOWN),
        ("B", M.DELIVERED),
    ]


@pytest.mark.parametrize(
    ("state", "finer", "milestone", "signed", "words"),
    [
        ("3", "304", M.DELIVERED, Signed.OTHER, 0),
        ("3", None, M.DELIVERED, "", 0),
        (3, 311, M.DELIVERED, Signed.LOCKER, 0),
        ("3", "399", M.DELIVERED, "", 1),
        ("9", "999", M.UNKNOWN, "", 2),
        (None, None, M.UNKNOWN, "", 0),
    ],
)
def test_the_finer_state_of_the_whole_goes_before_the_plain_one(
    state, finer, milestone, signed, words, unknown
):
    (report,) = only(pushed(trace(0, None), State=state, StateEx=finer)).reports
    assert (report.milestone, report.signed, report.code) == (milestone, signed, "")
    assert len(unknown()) == words


def test_the_code_of_a_trace_goes_before_the_state_of_the_whole():
    (report,) = only(pushed(trace(0, "211"), State="3", StateEx="301")).reports
    assert report.milestone == M.READY_FOR_PICKUP


# --- carriers ---------------------------------------------------------------------------------

DOCUMENTED = "SF YTO ZTO STO YD JD EMS YZPY JTSD DBL HTKY UC ZJS ZYE FWX KYSY"
HEARSAY = "DHL UPS FEDEX USPS YUNEXPRESS"


def test_the_table_of_carriers_is_the_documented_one():
    assert set(CARRIERS) == {*DOCUMENTED.split(), *HEARSAY.split()}
    assert set(CARRIERS.values()) <= set(carriers.CARRIERS)
    assert all(CARRIERS[key] == code for code, key in KEYS.items())
    assert set(KEYS) == set(CARRIERS.values())


@pytest.mark.parametrize("company", ["nobody", "", None, 7, []])
def test_a_carrier_that_we_do_not_know_is_none(company):
    news = only(pushed(trace(0), company=company))
    assert (news.carrier, news.reports[0].carrier) == ("", "")


def test_it_follows_only_what_stands_in_its_table():
    assert kdniao.follows("sf")
    assert not kdniao.follows("") and not kdniao.follows("royal-mail")
    assert set(kdniao.LIMITS) == {Action.QUERY, Action.REGISTER}


# --- when -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ("2026-10-12 09:30:00", "2026-10-12T01:30:00"),
        ("2026/10/12 09:30:00", "2026-10-12T01:30:00"),
        ("2026/1/2 9:05:07", "2026-01-02T01:05:07"),
    ],
)
def test_the_moment_is_told_by_chinese_clocks(told, at):
    report = report_of(AcceptTime=told)
    assert report.at == datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert report.at.utcoffset() == timedelta(0)
    assert report.utc_offset == 480


@pytest.mark.parametrize("told", [None, "", "yesterday", "9999-12-31 23:59:59", 17, {}])
def test_a_trace_without_a_time_is_left_out(told):
    content = pushed(trace(0, "1", AcceptTime=told), trace(5, "3"))
    assert [report.code for report in only(content).reports] == ["3"]


# --- recordings -------------------------------------------------------------------------------


def test_several_numbers_come_in_one_push():
    first, second = kdniao.parse(body(data("two-parcels")))
    assert (first.number, first.carrier_key, first.carrier, first.tag) == (
        "78123456789012",
        "ZTO",
        "zto",
        "ord-1042",
    )
    assert [report.milestone for report in first.reports] == [
        M.ACCEPTED,
        M.IN_TRANSIT,
        M.OUT_FOR_DELIVERY,
    ]
    assert (second.number, second.carrier, second.tag) == ("JT1234567890123", "jt", "ord-1043")
    assert [(report.milestone, report.incident) for report in second.reports] == [
        (M.ACCEPTED, ""),
        (M.ATTEMPTED, K.REFUSED),
        (M.RETURNING, ""),
    ]
    assert not first.stopped and not second.stopped


def test_a_whole_journey_comes_in_order_of_time():
    news = only(body(data("delivered")))
    assert (news.number, news.carrier, news.tag, news.corrected) == (NUMBER, "yto", "ord-7", False)
    assert news.reports[-1] == ScanReport(
        at=datetime(2026, 10, 13, 2, 2, tzinfo=UTC),
        milestone=M.DELIVERED,
        code="304",
        place="深圳市",
        words="【深圳市】快件已由前台代收",
        language="zh",
        utc_offset=480,
        carrier="yto",
        signed=Signed.OTHER,
    )
    assert [report.at for report in news.reports] == sorted(report.at for report in news.reports)


def test_that_nobody_follows_it_any_more_says_nothing_about_the_parcel():
    assert only(body(data("given-up"), "101")) == News(
        "773312345678901", carrier_key="STO", carrier="sto", stopped=True
    )


def test_no_trace_yet_is_no_end():
    assert only(body(data("nothing-yet"), "101")) == News(
        "773312345678901", carrier_key="STO", carrier="sto"
    )


@pytest.mark.parametrize("reason", ["三天无轨迹", "七天内无轨迹变化", "七天无轨迹"])
def test_the_end_still_tells_the_story(reason):
    news = only(pushed(trace(0, "202"), Success=False, Reason=reason))
    assert (news.stopped, len(news.reports)) == (True, 1)
    assert not only(pushed(trace(0, "202"), Success=True, Reason=reason)).stopped


def test_strange_parts_cost_only_themselves(unknown):
    (news,) = kdniao.parse(body(data("odd")))
    assert (news.number, news.carrier_key, news.carrier, news.tag) == (
        "4212345678901",
        "MYSTERY",
        "",
        "",
    )
    assert [(told.words, told.place, told.code, told.milestone) for told in news.reports] == [
        ("a b c", "", "", M.UNKNOWN),
        ("quantum", "", "777", M.UNKNOWN),
        ("到了", "", "", M.UNKNOWN),
    ]
    assert len(unknown()) == 3


@pytest.mark.parametrize("kind", ["107", "", "1１", "201"])
def test_another_push_says_nothing_about_a_parcel_and_is_said_once(kind, unknown):
    content = pushed(trace(0), kind=kind)
    assert kdniao.is_genuine({}, content, ACCESS)
    assert kdniao.parse(content) == kdniao.parse(content) == []
    assert len(unknown()) == 1


def test_a_push_of_nothing_is_no_news():
    assert kdniao.parse(body({"Count": "0", "Data": []})) == []


def test_it_is_acknowledged_in_its_own_words_by_chinese_clocks(monkeypatch):
    now = datetime(2026, 10, 12, 17, 30, 5, 999, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    assert kdniao.acknowledge(pushed(trace(0)), ACCESS) == {
        "EBusinessID": "1234567",
        "UpdateTime": "2026-10-13 01:30:05",
        "Success": True,
        "Reason": "",
    }


def test_a_push_is_known_by_what_is_signed_of_it_and_its_kind():
    """Whoever has seen one could add to it whatever he likes, and it would be as genuine."""
    one = pushed(trace(0))
    name = kdniao.delivery_id({}, one)
    assert len(name) == 64
    written = dict(parse_qsl(one.decode()))
    for same in (
        one + b"&junk=1",
        b"junk=1&" + one,
        one + b"&RequestData=another&RequestType=101",
        urlencode(written | {"RequestType": " 102 "}).encode(),
        urlencode(written | {"RequestData": quote(written["RequestData"])}).encode(),
    ):
        assert kdniao.is_genuine({}, same, ACCESS)
        assert kdniao.delivery_id({}, same) == name
        assert kdniao.parse(same) == kdniao.parse(one)
    assert kdniao.delivery_id({}, pushed(trace(1))) != name
    assert kdniao.delivery_id({}, pushed(trace(0), kind="101")) != name
    assert kdniao.delivery_id({}, b"hello") == ""


def test_all_kinds_that_nobody_knows_are_one():
    """The kind is not signed, and says nothing when it is unknown: no matter which."""
    kinds = ("107", "", "201", "x" * 5000, "anything")
    names = {kdniao.delivery_id({}, pushed(trace(0), kind=kind)) for kind in kinds}
    assert len(names) == 1


def test_of_more_numbers_than_anybody_sends_the_first_are_read_and_it_is_said_once(caplog):
    items = [item(trace(0), LogisticCode=f"YT{number:09}") for number in range(250)]
    news = kdniao.parse(body({"Data": items}))
    assert [one.number for one in news] == [f"YT{number:09}" for number in range(200)]
    assert [record.getMessage() for record in caplog.records] == [
        "kdniao: of 250 numbers in one push, 200 are read"
    ]
    caplog.clear()
    assert len(kdniao.parse(body({"Data": items[:200]}))) == 200
    assert not caplog.records


def test_of_a_story_without_end_the_newest_is_read_and_how_it_began():
    clock = datetime(2026, 10, 12, 9)
    traces = [
        trace(0, AcceptTime=f"{clock + timedelta(seconds=second):%Y-%m-%d %H:%M:%S}")
        for second in range(1200)
    ]
    reports = only(pushed(*traces)).reports
    seconds = [(report.at - reports[0].at).total_seconds() for report in reports]
    assert seconds == [0, *range(701, 1200)]


# --- what is no push --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no RequestData"),
        (b"hello", "no RequestData"),
        (b"{}", "no RequestData"),
        (b"RequestType=102&RequestData=", "not JSON"),
        (b"RequestType=102&RequestData=hello", "not JSON"),
        (b"RequestType=102&RequestData=%FF%FE", "not JSON"),
        (b"RequestType=102&RequestData=[]", "not an object"),
        (b"RequestType=102&RequestData=" + b"[" * 200_000, "nested too deeply"),
        (body({"Data": [{}]}), "no tracking number"),
        (body({"Data": [{"LogisticCode": " "}, {"LogisticCode": {}}]}), "no tracking number"),
    ],
)
def test_garbage_is_given_up_with_a_reason(content, reason):
    with pytest.raises(providers.Error, match=reason) as raised:
        kdniao.parse(content)
    assert raised.value.permanent


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
FIELDS = ["AcceptTime", "AcceptStation", "Location", "Action", "Remark"]
OUTER = ["Success", "Reason", "State", "StateEx", "OrderCode", "Location"]


@given(
    st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON, max_size=4),
    st.dictionaries(st.sampled_from(OUTER), JSON),
    JSON,
)
def test_no_field_of_a_push_can_make_it_fail(traces, outer, company):
    for told in only(pushed(*traces, company=company, **outer)).reports:
        assert told.at.tzinfo == UTC and told.milestone in Milestone


@given(
    st.binary(max_size=60)
    | JSON.map(lambda value: b"RequestType=102&RequestData=" + json.dumps(value).encode())
)
def test_any_body_is_read_or_given_up(content):
    assert not kdniao.is_genuine({}, content, ACCESS)
    kdniao.signed(content, ACCESS)
    try:
        kdniao.parse(content)
    except providers.Error as error:
        assert error.permanent
