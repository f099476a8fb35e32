"""Kuaidi100: its signature over a form, its states, its two legs of one way."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.kuaidi100 import ACCESS, NUMBER, body, leg, line, param, pushed
from tracking import carriers, providers
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.providers import Access, Action, News, kuaidi100, reading
from tracking.providers.kuaidi100 import CARRIERS, KEYS, STATES, STEPS
from tracking.reports import ScanReport, Signed

M, K = Milestone, IncidentKind


def only(content: bytes) -> News:
    (news,) = kuaidi100.parse(content)
    return news


def report_of(code: object = "0", **values) -> ScanReport:
    (report,) = only(pushed(line(0, code, **values))).reports
    return report


@pytest.fixture
def unknown(caplog):
    """The lines about codes that nobody knows, which come once per process."""
    reading.tell_once.cache_clear()
    return lambda: [record.getMessage() for record in caplog.records]


# --- the signature ----------------------------------------------------------------------------

SALTED = Access(key="k", salt="mysalt")
DOCUMENTED_PARAM = b'{"status":"polling"}'
DOCUMENTED_SIGN = "D15D018A925DADDC270D86245C6E27B9"


def form(content: bytes = DOCUMENTED_PARAM, sign: str = DOCUMENTED_SIGN) -> bytes:
    return urlencode({"param": content, "sign": sign}).encode()


def test_the_signatures_are_the_documented_ones():
    assert kuaidi100.signature(DOCUMENTED_PARAM, "mysalt") == DOCUMENTED_SIGN
    query = '{"com":"yuantong","num":"YT1234567890123"}'
    sign = kuaidi100.signature(query, "testkey", "TESTCUSTOMER")
    assert sign == "2D1737282B89F373E5A6A6CFFEF534FD"


@pytest.mark.parametrize("sign", [DOCUMENTED_SIGN, DOCUMENTED_SIGN.lower()])
def test_a_push_with_the_documented_signature_is_genuine(sign):
    assert kuaidi100.is_genuine({}, form(sign=sign), SALTED)


@pytest.mark.parametrize(
    ("content", "access"),
    [
        (b"", SALTED),
        (b"param=", SALTED),
        (DOCUMENTED_PARAM, SALTED),
        (form(sign=""), SALTED),
        (form(sign=DOCUMENTED_SIGN[:-1]), SALTED),
        (form(sign="é" * 32), SALTED),
        (form() + b"&", replace(SALTED, salt="mysalu")),
        (form(DOCUMENTED_PARAM + b" "), SALTED),
        (form(DOCUMENTED_PARAM.replace(b"polling", b"shutdown")), SALTED),
        (b"sign=%FF%FE&" + form(sign="")[: -len("&sign=")], SALTED),
        (b"&" * 5000, SALTED),
        # The first field counts: the second one is not read either.
        (b"param=%7B%7D&" + form(), SALTED),
    ],
    ids=[
        "nothing",
        "empty",
        "no form",
        "no sign",
        "cut",
        "other signs",
        "other salt",
        "a blank more",
        "other body",
        "no letters",
        "no fields",
        "two bodies",
    ],
)
def test_whatever_does_not_fit_is_not_genuine(content, access):
    assert not kuaidi100.is_genuine({}, content, access)


def test_without_a_salt_nothing_is_genuine():
    access = Access(key="k", salt="")
    for sign in ("", kuaidi100.signature(DOCUMENTED_PARAM, "")):
        assert not kuaidi100.is_genuine({}, form(sign=sign), access)
    assert not kuaidi100.is_genuine({}, kuaidi100.signed(DOCUMENTED_PARAM, access)[1], access)


def test_what_we_sign_ourselves_is_genuine_and_says_the_same():
    headers, content = kuaidi100.signed(param("delivered"), ACCESS)
    assert headers == {"Content-Type": "application/x-www-form-urlencoded"}
    assert kuaidi100.is_genuine(headers, content, ACCESS)
    assert reading.form(content)["param"] == param("delivered")


def test_a_whole_form_is_signed_again_for_another_account():
    content = body(param("delivered"))
    other = replace(ACCESS, salt="another-salt")
    assert not kuaidi100.is_genuine({}, content, other)
    again = kuaidi100.signed(content, other)[1]
    assert kuaidi100.is_genuine({}, again, other)
    assert kuaidi100.parse(again) == kuaidi100.parse(content)


def test_json_that_looks_like_a_form_is_no_form():
    tricky = b'{"status":"polling","message":"a&param=b&sign=c","lastResult":{"nu":"123456"}}'
    content = kuaidi100.signed(tricky, ACCESS)[1]
    assert reading.form(content)["param"] == tricky
    assert kuaidi100.is_genuine({}, content, ACCESS)


# --- the form ---------------------------------------------------------------------------------

WORDS = "签收：王＋李 100% a+b & c=d “％２Ｂ” é 😀"


@pytest.mark.parametrize(
    "encode",
    [quote_plus, quote, lambda text: quote(quote_plus(text)), lambda text: quote_plus(quote(text))],
    ids=["plus", "percent", "twice", "twice the other way"],
)
def test_every_sign_comes_through_however_it_is_encoded(encode):
    told = json.dumps({"lastResult": leg(line(0, context=WORDS))}, ensure_ascii=False)
    sign = kuaidi100.signature(told, ACCESS.salt)
    content = f"sign={sign}&param={encode(told)}".encode()
    assert kuaidi100.is_genuine({}, content, ACCESS)
    (report,) = only(content).reports
    assert report.words == WORDS


def test_text_that_is_not_encoded_at_all_is_read_too():
    told = '{"lastResult":{"nu":"123456","data":[]}}'
    content = f"param={told}&sign={kuaidi100.signature(told, ACCESS.salt)}".encode()
    assert kuaidi100.is_genuine({}, content, ACCESS)
    assert only(content).number == "123456"


def test_a_signature_is_over_bytes_and_not_over_what_we_can_read():
    told = '{"lastResult":{"nu":"123456"},"message":"成功"}'.encode("gb18030")
    content = body(told)
    assert kuaidi100.is_genuine({}, content, ACCESS)
    with pytest.raises(providers.Error, match="not JSON") as raised:
        kuaidi100.parse(content)
    assert raised.value.permanent


# --- where a parcel is ------------------------------------------------------------------------

# Documented: the advanced states of each basic one.
DOCUMENTED = {
    "0": ["1001", "1002", "1003"],
    "1": ["101", "102", "103"],
    "2": ["201", "202", "203", "204", "205", "206", "207", "208", "209", "210"],
    "3": ["301", "302", "303", "304"],
    "4": ["401"],
    "5": ["501"],
    "6": [],
    "7": [],
    "8": ["10", "11", "12", "13"],
    "14": [],
}
CODES = [code for basic, finer in DOCUMENTED.items() for code in (basic, *finer)]


def test_the_table_has_every_documented_state_and_no_other():
    assert set(STATES) == set(CODES)
    assert len(CODES) == 36


def test_no_two_states_share_a_name():
    assert len(STEPS) == 2 * len(STATES)


@pytest.mark.parametrize("code", CODES)
def test_a_code_and_its_name_mean_the_same(code, unknown):
    name, step = STATES[code]
    by_code, by_name = report_of(code), report_of(None, status=name)
    for report in (by_code, by_name):
        assert (report.milestone, report.incident, report.signed) == step
    assert (by_code.code, by_name.code) == (code, name)
    assert step.milestone in Milestone
    assert step.incident in {"", *IncidentKind} and step.signed in {"", *Signed}
    assert unknown() == []


@pytest.mark.parametrize(
    ("code", "milestone", "incident", "signed"),
    [
        ("0", M.IN_TRANSIT, "", ""),  # 0 is a state like any other
        ("101", M.ANNOUNCED, "", ""),  # ordered, not collected
        ("102", M.ANNOUNCED, "", ""),
        ("103", M.ACCEPTED, "", ""),
        ("1001", M.IN_TRANSIT, "", ""),
        ("201", M.UNKNOWN, "", ""),  # late is for the watch to say
        ("202", M.UNKNOWN, "", ""),
        ("203", M.ATTEMPTED, K.REFUSED, ""),
        ("204", M.ATTEMPTED, K.ATTEMPT_FAILED, ""),
        ("205", M.READY_FOR_PICKUP, K.WAITING_AT_PICKUP, ""),
        ("206", M.ATTEMPTED, K.ATTEMPT_FAILED, ""),
        ("207", M.UNKNOWN, K.ADDRESS, ""),
        ("208", M.UNKNOWN, "", ""),
        ("209", M.UNKNOWN, K.DAMAGED, ""),
        ("210", M.UNKNOWN, "", ""),
        ("3", M.DELIVERED, "", ""),
        ("301", M.DELIVERED, "", Signed.SELF),
        ("302", M.DELIVERED, "", ""),
        ("303", M.DELIVERED, "", Signed.OTHER),
        ("304", M.DELIVERED, "", Signed.LOCKER),
        ("4", M.RETURNED, "", ""),
        ("401", M.UNKNOWN, "", ""),  # cancelled is no step of the road
        ("5", M.OUT_FOR_DELIVERY, "", ""),
        ("501", M.READY_FOR_PICKUP, "", ""),
        ("6", M.RETURNING, "", ""),
        ("7", M.IN_TRANSIT, "", ""),
        ("10", M.CUSTOMS, "", ""),
        ("12", M.IN_TRANSIT, "", ""),
        ("13", M.CUSTOMS, K.CUSTOMS_HOLD, ""),
        ("14", M.ATTEMPTED, K.REFUSED, ""),
    ],
)
def test_the_states_of_kuaidi100_mean_our_milestones(code, milestone, incident, signed):
    report = report_of(code)
    assert (report.milestone, report.incident, report.signed) == (milestone, incident, signed)


@pytest.mark.parametrize(
    ("code", "milestone"),
    [
        ("1009", M.IN_TRANSIT),
        ("104", M.ACCEPTED),
        ("299", M.UNKNOWN),
        ("306", M.DELIVERED),
        ("502", M.OUT_FOR_DELIVERY),
        ("9", M.UNKNOWN),
        ("901", M.UNKNOWN),
        ("15", M.UNKNOWN),
        ("30100", M.UNKNOWN),
        ("3x1", M.UNKNOWN),
        ("３０１", M.UNKNOWN),
        ("漂流", M.UNKNOWN),
    ],
)
def test_a_state_that_nobody_knows_falls_back_and_is_said_once(code, milestone, unknown):
    for _ in range(3):
        report = report_of(code)
    assert (report.milestone, report.incident, report.code) == (milestone, "", code)
    assert unknown() == [f"kuaidi100: state {code!r} is not known"]


def test_a_code_may_be_a_number():
    assert report_of(301).milestone == M.DELIVERED
    assert report_of(301).code == "301"


def test_without_codes_only_the_newest_line_is_told_by_the_state_of_the_whole():
    reports = only(body(param("plain"))).reports
    assert [(report.milestone, report.code) for report in reports] == [
        (M.UNKNOWN, ""),
        (M.UNKNOWN, ""),
        (M.OUT_FOR_DELIVERY, ""),
    ]


def test_a_line_without_a_code_stays_the_same_scan_when_it_is_no_longer_the_newest():
    first = line(0, None)
    (before,) = only(pushed(first)).reports
    older, _ = only(pushed(line(60, None), first)).reports
    assert (older.at, older.code, older.place) == (before.at, before.code, before.place)


def test_the_newest_line_is_the_latest_wherever_it_stands():
    told = leg(line(0, None), line(60, None), line(30, None), state="3")
    reports = only(body({"status": "polling", "lastResult": told})).reports
    assert [report.milestone for report in reports] == [M.UNKNOWN, M.UNKNOWN, M.DELIVERED]


def test_of_lines_at_one_moment_the_first_is_the_newest():
    told = leg(line(0, None, location="A"), line(0, None, location="B"), state="3")
    reports = only(body({"status": "polling", "lastResult": told})).reports
    assert [(report.place, report.milestone) for report in reports] == [
        ("B", M.UNKNOWN),
        ("A", M.DELIVERED),
    ]


def test_the_code_of_a_line_goes_before_the_state_of_the_whole():
    told = leg(line(0, "501"), state="3")
    (report,) = only(body({"status": "polling", "lastResult": told})).reports
    assert report.milestone == M.READY_FOR_PICKUP


def test_the_state_of_the_whole_may_be_an_advanced_one():
    told = leg(line(0, None), state="303")
    (report,) = only(body({"status": "polling", "lastResult": told})).reports
    assert (report.milestone, report.signed, report.code) == (M.DELIVERED, Signed.OTHER, "")


def test_the_names_of_states_count_where_no_codes_were_asked_for():
    reports = only(body(param("names"))).reports
    assert [(report.code, report.milestone) for report in reports] == [
        ("揽收", M.ACCEPTED),
        ("在途", M.IN_TRANSIT),
        ("转投", M.IN_TRANSIT),
    ]


# --- carriers ---------------------------------------------------------------------------------

# Documented: the codes of companies that Homeward knows.
COMPANIES = """
shunfeng shunfengkuaiyun yuantong zhongtong zhongtongguoji shentong yunda jtexpress jd
jingdongkuaiyun ems emsguoji youzhengguonei youzhengbk youzhengdsbk youzhengguoji chinapost
debangkuaidi debangwuliu huitongkuaidi zhaijisong kuayue danniao annengwuliu dhl dhlen ups
upsen fedex fedexcn usps tnt dpd ontrac yuntrack disifang yw56 fengwang
""".split()  # noqa: SIM905


def test_the_table_of_companies_is_the_documented_one():
    assert set(CARRIERS) == set(COMPANIES)
    assert set(CARRIERS.values()) <= set(carriers.CARRIERS)


def test_a_carrier_with_several_codes_has_one_to_register_with():
    assert all(CARRIERS[key] == code for code, key in KEYS.items())
    assert set(KEYS) == set(CARRIERS.values())
    assert (KEYS["china-post"], KEYS["zto"], KEYS["dhl"], KEYS["deppon"]) == (
        "youzhengguonei",
        "zhongtong",
        "dhl",
        "debangkuaidi",
    )


@pytest.mark.parametrize("company", ["nobody", "", None, 7, [], "YUANTONG"])
def test_a_company_that_we_do_not_know_is_no_carrier(company):
    news = only(pushed(line(0), company=company))
    assert (news.carrier, news.reports[0].carrier) == ("", "")


def test_it_follows_what_it_knows_and_what_nobody_knows():
    assert kuaidi100.follows("sf") and kuaidi100.follows("")
    assert not kuaidi100.follows("royal-mail")
    assert set(kuaidi100.LIMITS) == {Action.QUERY, Action.REGISTER}


# --- when and where ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ("2026-10-12 09:30:00", "2026-10-12T01:30:00"),
        ("2026-10-12 09:30", "2026-10-12T01:30:00"),
        ("2026/10/12 09:30:00", "2026-10-12T01:30:00"),
        ("2026/1/2 9:05:07", "2026-01-02T01:05:07"),
        ("2026-10-12T09:30:00+02:00", "2026-10-12T07:30:00"),
        ("2026-10-12", "2026-10-11T16:00:00"),
    ],
)
def test_the_moment_is_told_by_chinese_clocks(told, at):
    report = report_of(time=told, ftime=told)
    assert report.at == datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert report.at.utcoffset() == timedelta(0)
    assert report.utc_offset == 480


@pytest.mark.parametrize(
    "told", [None, "", "yesterday", "0001-01-01 00:00:00", "9999-12-31 23:59:59", 17, {}, "1/2/3"]
)
def test_a_line_without_a_time_is_left_out(told):
    content = pushed(line(5, "3"), line(0, "0", time=told, ftime=told))
    assert [report.code for report in only(content).reports] == ["3"]


def test_the_other_time_counts_where_the_first_is_none():
    assert report_of(time="just now").at == datetime(2026, 10, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "place", "country", "offset"),
    [
        ({}, "深圳市", "", 480),
        ({"location": "", "areaName": "广东,深圳市"}, "广东,深圳市", "", 480),
        ({"areaCode": "CN440300000000", "areaName": "广东,深圳市"}, "深圳市", "CN", 480),
        ({"areaCode": "US", "location": "Austin"}, "Austin", "", None),
        ({"areaCode": None, "areaName": None, "location": None}, "", "", 480),
    ],
)
def test_the_place_is_told_by_the_line_or_found_by_kuaidi100(values, place, country, offset):
    report = report_of(**values)
    assert (report.place, report.country, report.utc_offset) == (place, country, offset)


# --- recordings -------------------------------------------------------------------------------


def test_a_whole_journey_comes_in_order_of_time():
    news = only(body(param("delivered")))
    assert (news.number, news.carrier_key, news.carrier) == (NUMBER, "yuantong", "yto")
    assert (news.others, news.tag, news.corrected) == ((), "", False)
    assert (news.origin, news.destination, news.weight) == ("CN", "", None)
    assert [report.milestone for report in news.reports] == [
        M.ANNOUNCED,
        M.ACCEPTED,
        M.IN_TRANSIT,
        M.IN_TRANSIT,
        M.OUT_FOR_DELIVERY,
        M.DELIVERED,
    ]
    assert news.reports[-1] == ScanReport(
        at=datetime(2026, 10, 13, 3, 2, 40, tzinfo=UTC),
        milestone=M.DELIVERED,
        code="301",
        place="深圳市",
        words="【深圳市】您的快件已由本人签收，感谢使用圆通速递",
        language="zh",
        utc_offset=480,
        country="CN",
        carrier="yto",
        signed=Signed.SELF,
    )


def test_the_end_of_a_subscription_still_tells_the_story():
    news = only(body(param("delivered")))
    assert news.stopped
    assert len(news.reports) == 6


def test_both_ends_of_one_way_tell_one_story():
    news = only(body(param("two-legs")))
    assert (news.carrier, news.others, news.origin) == ("china-post", ("usps",), "CN")
    assert [
        (report.carrier, report.milestone, report.language, report.utc_offset)
        for report in news.reports
    ] == [
        ("china-post", M.ACCEPTED, "zh", 480),
        ("china-post", M.CUSTOMS, "zh", 480),
        ("china-post", M.IN_TRANSIT, "zh", 480),
        ("usps", M.IN_TRANSIT, "", None),
        ("usps", M.OUT_FOR_DELIVERY, "", None),
        ("usps", M.DELIVERED, "", None),
    ]


def test_a_parcel_that_turns_back_is_followed_home():
    reports = only(body(param("turned-back"))).reports
    assert [(report.milestone, report.incident) for report in reports] == [
        (M.OUT_FOR_DELIVERY, ""),
        (M.UNKNOWN, K.DAMAGED),
        (M.ATTEMPTED, K.REFUSED),
        (M.RETURNING, ""),
        (M.RETURNED, ""),
    ]


def test_that_nobody_follows_it_any_more_says_nothing_about_the_parcel():
    assert only(body(param("given-up"))) == News(
        NUMBER, carrier_key="yuantong", carrier="yto", stopped=True
    )


def test_the_wrong_company_is_corrected_and_followed_on():
    assert only(body(param("wrong-company"))) == News(
        NUMBER, carrier_key="ems", carrier="ems", corrected=True
    )


def test_the_right_company_tells_its_story():
    news = only(body(param("right-company")))
    assert (news.carrier_key, news.carrier, news.corrected) == ("ems", "ems", True)
    assert [(report.carrier, report.milestone) for report in news.reports] == [("ems", M.ACCEPTED)]


def test_what_the_wrong_company_told_is_about_another_parcel():
    news = only(pushed(line(0, "3"), status="abort", comNew="ems"))
    assert (news.carrier, news.corrected, news.reports) == ("ems", True, ())


@pytest.mark.parametrize(
    ("values", "corrected", "carrier"),
    [
        ({"autoCheck": "0", "comNew": "yuantong"}, False, "yto"),
        ({"autoCheck": "1", "comOld": "", "comNew": "yuantong"}, True, "yto"),
        ({"autoCheck": 1, "comOld": "ems", "comNew": "yuantong"}, True, "yto"),
        ({"autoCheck": "1", "comOld": "yuantong", "comNew": "yuantong"}, False, "yto"),
        # One carrier of ours under two of their codes is no other carrier.
        ({"autoCheck": "1", "comOld": "ems", "comNew": "emsguoji"}, False, "ems"),
        # Which one it is cannot be said in our words.
        ({"autoCheck": "1", "comOld": "yuantong", "comNew": "mystery"}, False, ""),
        ({"autoCheck": "1", "comOld": "yuantong", "comNew": ""}, False, "yto"),
    ],
)
def test_only_another_carrier_of_ours_is_a_correction(values, corrected, carrier):
    news = only(pushed(line(0), **values))
    assert (news.corrected, news.carrier) == (corrected, carrier)


def test_strange_parts_cost_only_themselves(unknown):
    news = only(body(param("odd")))
    assert (news.number, news.carrier_key, news.carrier) == (
        "4212345678901",
        "mystery-express",
        "",
    )
    assert [(told.words, told.place, told.code, told.milestone) for told in news.reports] == [
        ("a b c", "", "漂流", M.UNKNOWN),
        ("quantum", "", "77", M.UNKNOWN),
        ("到了", "香港", "306", M.DELIVERED),
    ]
    assert len(unknown()) == 3


@pytest.mark.parametrize(
    ("status", "stopped"),
    [("polling", False), ("updateall", False), ("shutdown", True), ("abort", True)],
)
def test_a_subscription_that_has_ended_is_said(status, stopped, unknown):
    news = only(pushed(line(0), status=status))
    assert news.stopped == stopped
    assert len(news.reports) == 1
    assert unknown() == []


def test_a_status_that_nobody_knows_is_read_and_said_once(unknown):
    for _ in range(3):
        news = only(pushed(line(0), status="paused"))
    assert (news.stopped, len(news.reports)) == (False, 1)
    assert unknown() == ["kuaidi100: monitor status 'paused' is not known"]


def test_it_is_acknowledged_in_its_own_words():
    assert kuaidi100.acknowledge(pushed(line(0)), ACCESS) == {
        "result": True,
        "returnCode": "200",
        "message": "成功",
    }


def test_a_push_is_known_by_what_is_signed_of_it():
    """Whoever has seen one could add to it whatever he likes, and it would be as genuine."""
    one = pushed(line(0))
    name = kuaidi100.delivery_id({}, one)
    assert len(name) == 64
    written = dict(parse_qsl(one.decode()))
    for same in (
        one + b"&junk=1",
        b"junk=1&" + one,
        one + b"&param=another&sign=another",
        urlencode(written | {"sign": written["sign"].lower()}).encode(),
        urlencode({"param": quote(written["param"]), "sign": written["sign"]}).encode(),
    ):
        assert kuaidi100.is_genuine({}, same, ACCESS)
        assert kuaidi100.delivery_id({}, same) == name
        assert kuaidi100.parse(same) == kuaidi100.parse(one)
    assert kuaidi100.delivery_id({}, pushed(line(1))) != name
    assert kuaidi100.delivery_id({}, b"hello") == ""


def test_of_a_story_without_end_the_newest_is_read_and_how_it_began(unknown):
    clock = datetime(2026, 10, 12, 9)
    lines = [
        line(0, time=f"{clock + timedelta(seconds=second):%Y-%m-%d %H:%M:%S}")
        for second in range(1200)
    ]
    for told in (lines, lines[::-1]):
        reports = only(pushed(*told)).reports
        assert len(reports) == 500
        began = reports[0].at
        seconds = [(report.at - began).total_seconds() for report in reports]
        assert seconds == [0, *range(701, 1200)]
    assert unknown() == ["of more than 500 reports about one number only the newest are read"]
    assert len(only(pushed(*lines[:500])).reports) == 500


# --- what is no push --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no param"),
        (b"hello", "no param"),
        (b'{"status":"polling"}', "no param"),
        (b"param=", "not JSON"),
        (b"param=hello", "not JSON"),
        (b"param=%7B%22status%22", "not JSON"),
        (b"param=%FF%FE%00", "not JSON"),
        (b"param=[]", "not an object"),
        (b"param=" + b"[" * 200_000, "nested too deeply"),
        (b"param={}", "no tracking number"),
        (body({"status": "polling", "lastResult": [1]}), "no tracking number"),
        (body({"status": "abort", "lastResult": {"nu": " "}}), "no tracking number"),
        (body({"status": "polling", "destResult": leg(line(0))}), "no tracking number"),
    ],
)
def test_garbage_is_given_up_with_a_reason(content, reason):
    with pytest.raises(providers.Error, match=reason) as raised:
        kuaidi100.parse(content)
    assert raised.value.permanent


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
FIELDS = ["time", "ftime", "context", "location", "status", "statusCode", "areaCode", "areaName"]
OUTER = ["status", "autoCheck", "comOld", "comNew", "destResult", "message"]


@given(
    st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON, max_size=4),
    st.dictionaries(st.sampled_from(OUTER), JSON),
    JSON,
)
def test_no_field_of_a_push_can_make_it_fail(lines, outer, company):
    for told in only(pushed(*lines, company=company, **outer)).reports:
        assert told.at.tzinfo == UTC and told.milestone in Milestone


@given(st.binary(max_size=60) | JSON.map(lambda value: b"param=" + json.dumps(value).encode()))
def test_any_body_is_read_or_given_up(content):
    assert not kuaidi100.is_genuine({}, content, ACCESS)
    kuaidi100.signed(content, ACCESS)
    try:
        kuaidi100.parse(content)
    except providers.Error as error:
        assert error.permanent
