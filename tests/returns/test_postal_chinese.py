"""A Chinese address pasted in one piece is split into its fields, and nothing of it is lost."""

import unicodedata
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from returns.postal.chinese import LONGEST, split
from returns.postal.chinese_words import FILLERS, LABELS

FIELDS = ("name", "phone", "region", "city", "district", "street", "postcode")
# What was pasted → name, phone, region, city, district, street, postcode.
PASTED = [
    # As people write it, in any order.
    (
        "张伟 13812345678 浙江省杭州市西湖区文三路 90号 3 单元 502 310012",
        "张伟|13812345678|浙江省|杭州市|西湖区|文三路90号3单元502|310012",
    ),
    (
        "浙江省杭州市西湖区文三路90号 张伟 13812345678",
        "张伟|13812345678|浙江省|杭州市|西湖区|文三路90号|",
    ),
    (
        "310012 浙江省杭州市西湖区文三路90号 138 1234 5678 张伟",
        "张伟|13812345678|浙江省|杭州市|西湖区|文三路90号|310012",
    ),
    (
        "13812345678,张伟,浙江省杭州市西湖区文三路90号,310012",
        "张伟|13812345678|浙江省|杭州市|西湖区|文三路90号|310012",
    ),
    # All in one, without anything between.
    (
        "张伟13812345678浙江省杭州市西湖区文三路90号",
        "张伟|13812345678|浙江省|杭州市|西湖区|文三路90号|",
    ),
    (
        "浙江省杭州市西湖区文三路90号张伟13812345678",
        "张伟|13812345678|浙江省|杭州市|西湖区|文三路90号|",
    ),
    (
        "张伟浙江省杭州市西湖区文三路90号13812345678",
        "张伟|13812345678|浙江省|杭州市|西湖区|文三路90号|",
    ),
    ("浙江省杭州市西湖区文三路90号310012", "||浙江省|杭州市|西湖区|文三路90号|310012"),
    # With labels, as shops copy it.
    (
        "收货人：张伟\n手机号码：13812345678\n所在地区：浙江省 杭州市 西湖区\n"
        "详细地址：文三路90号3单元502",
        "张伟|13812345678|浙江省|杭州市|西湖区|文三路90号3单元502|",
    ),
    (
        "收件人:李娜 电话:13812345678 地址:四川省成都市武侯区天府大道1号 邮编:610041",
        "李娜|13812345678|四川省|成都市|武侯区|天府大道1号|610041",
    ),
    (
        "国家/地区：中国大陆 姓名：张伟 电话13812345678 省市区：广东省 深圳市 南山区 "
        "详细地址：科技园南路1号 邮编518000",
        "张伟|13812345678|广东省|深圳市|南山区|科技园南路1号|518000",
    ),
    (
        "地址：北京市海淀区中关村大街27号，收件人：王芳，联系方式：010-62512345",
        "王芳|010-62512345|北京市|北京市|海淀区|中关村大街27号|",
    ),
    (
        "张三，86-13812345678，浙江省 杭州市 西湖区 文新街道 文三路90号 ，310012",
        "张三|86-13812345678|浙江省|杭州市|西湖区|文新街道文三路90号|310012",
    ),
    (
        "张伟[1234]，18412345678-1234，浙江省杭州市西湖区文三路90号[1234]",
        "张伟[1234]|18412345678-1234|浙江省|杭州市|西湖区|文三路90号[1234]|",
    ),
    (
        "张伟 138****5678 浙江省杭州市西湖区文三路90号",
        "张伟|138****5678|浙江省|杭州市|西湖区|文三路90号|",
    ),
    ("000000 浙江省杭州市西湖区文三路90号 张伟", "张伟||浙江省|杭州市|西湖区|文三路90号|"),
    ("中国浙江省杭州市西湖区文三路90号 张伟收", "张伟||浙江省|杭州市|西湖区|文三路90号|"),
    # Digits and marks of full width.
    (
        "１３８１２３４５６７８　张伟　浙江省杭州市西湖区文三路９０号",
        "张伟|13812345678|浙江省|杭州市|西湖区|文三路90号|",
    ),
    # Provinces and cities without the word for what they are.
    ("浙江杭州西湖区文三路90号", "||浙江省|杭州市|西湖区|文三路90号|"),
    ("浙江 杭州 西湖 文三路90号", "||浙江省|杭州市|西湖区|文三路90号|"),
    ("广西南宁青秀区民族大道1号", "||广西壮族自治区|南宁市|青秀区|民族大道1号|"),
    ("广西省桂林市象山区中山中路1号", "||广西壮族自治区|桂林市|象山区|中山中路1号|"),
    (
        "内蒙古呼和浩特市新城区中山东路1号 乌云 15512345678",
        "乌云|15512345678|内蒙古自治区|呼和浩特市|新城区|中山东路1号|",
    ),
    ("西藏拉萨市城关区北京中路1号", "||西藏自治区|拉萨市|城关区|北京中路1号|"),
    ("宁夏银川市兴庆区解放东街1号", "||宁夏回族自治区|银川市|兴庆区|解放东街1号|"),
    # Beijing and its like are region and city in one.
    (
        "北京市朝阳区建国路88号 李雷 13912345678",
        "李雷|13912345678|北京市|北京市|朝阳区|建国路88号|",
    ),
    (
        "北京 北京市 朝阳区 建国路88号，李雷，13912345678",
        "李雷|13912345678|北京市|北京市|朝阳区|建国路88号|",
    ),
    ("上海上海市浦东新区世纪大道100号", "||上海市|上海市|浦东新区|世纪大道100号|"),
    ("天津天津市和平区南京路1号", "||天津市|天津市|和平区|南京路1号|"),
    ("北京市市辖区海淀区中关村大街27号", "||北京市|北京市|海淀区|中关村大街27号|"),
    ("重庆市渝北区龙溪街道新南路123号", "||重庆市|重庆市|渝北区|龙溪街道新南路123号|"),
    ("上海市黄浦区南京东路100号1栋 2 301", "||上海市|上海市|黄浦区|南京东路100号1栋2 301|"),
    # Autonomous prefectures, in full and as people say them.
    (
        "新疆维吾尔自治区伊犁哈萨克自治州伊宁市解放路2号",
        "||新疆维吾尔自治区|伊犁哈萨克自治州|伊宁市|解放路2号|",
    ),
    ("新疆伊犁州伊宁市解放路2号", "||新疆维吾尔自治区|伊犁州|伊宁市|解放路2号|"),
    ("湖北恩施州恩施市舞阳大道1号", "||湖北省|恩施州|恩施市|舞阳大道1号|"),
    ("四川凉山西昌市航天大道1号", "||四川省|凉山彝族自治州|西昌市|航天大道1号|"),
    ("云南省大理白族自治州大理市古城1号", "||云南省|大理白族自治州|大理市|古城1号|"),
    ("海南州共和县青海湖路1号", "||青海省|海南州|共和县|青海湖路1号|"),
    # County-level cities, with the city above them and without.
    ("江苏省苏州市昆山市玉山镇人民路1号", "||江苏省|苏州市|昆山市|玉山镇人民路1号|"),
    ("江苏省昆山市玉山镇人民路1号", "||江苏省|苏州市|昆山市|玉山镇人民路1号|"),
    (
        "昆山市玉山镇人民路1号 王小明 13812345678",
        "王小明|13812345678|江苏省|苏州市|昆山市|玉山镇人民路1号|",
    ),
    ("浙江省义乌市稠城街道工人北路8号", "||浙江省|金华市|义乌市|稠城街道工人北路8号|"),
    # Cities right under the province, and cities without districts.
    ("湖北省仙桃市沔州大道1号", "||湖北省|仙桃市||沔州大道1号|"),
    ("湖北省省直辖县级行政区划仙桃市沔州大道1号", "||湖北省|仙桃市||沔州大道1号|"),
    ("石河子市北四路1号", "||新疆维吾尔自治区|石河子市||北四路1号|"),
    ("广东省东莞市长安镇锦厦社区1号", "||广东省|东莞市||长安镇锦厦社区1号|"),
    # Places that came into being after the list.
    ("杭州市临平区南苑街道迎宾路1号", "||浙江省|杭州市|临平区|南苑街道迎宾路1号|"),
    ("杭州市富阳区富春街道1号", "||浙江省|杭州市|富阳区|富春街道1号|"),
    ("新疆哈密市伊州区中山路1号", "||新疆维吾尔自治区|哈密市|伊州区|中山路1号|"),
    ("海南省三亚市天涯区解放路1号", "||海南省|三亚市|天涯区|解放路1号|"),
    # One name for two things.
    ("吉林省吉林市昌邑区解放大路1号", "||吉林省|吉林市|昌邑区|解放大路1号|"),
    ("吉林市昌邑区解放大路1号", "||吉林省|吉林市|昌邑区|解放大路1号|"),
    ("山东青岛市北区台东一路1号", "||山东省|青岛市|市北区|台东一路1号|"),
    # Names of other peoples, and in Latin letters.
    (
        "新疆乌鲁木齐市天山区解放路2号 阿不都·热西提 13112345678",
        "阿不都·热西提|13112345678|新疆维吾尔自治区|乌鲁木齐市|天山区|解放路2号|",
    ),
    (
        "John Smith 13812345678 北京市朝阳区SOHO现代城A座1201",
        "John Smith|13812345678|北京市|北京市|朝阳区|SOHO现代城A座1201|",
    ),
    # Unclear things stay in the street.
    ("朝阳区建国路88号 李雷 13912345678", "李雷|13912345678||||朝阳区建国路88号|"),
    ("浙江省杭州市阳光小区3号", "||浙江省|杭州市||阳光小区3号|"),
    ("北京市朝阳区 SOHO 现代城 13812345678", "|13812345678|北京市|北京市|朝阳区|SOHO现代城|"),
    ("陕西省西安市雁塔区高新四路1号 310012", "||陕西省|西安市|雁塔区|高新四路1号310012|"),
    ("浙江省杭州市西湖区文三路90号301502室", "||浙江省|杭州市|西湖区|文三路90号301502室|"),
    # Hong Kong and Taiwan are written otherwise.
    ("香港九龙尖沙咀弥敦道1号 陈大文", "陈大文|||||香港九龙尖沙咀弥敦道1号|"),
    ("台湾台北市信义区信义路五段7号", "|||||台湾台北市信义区信义路五段7号|"),
    ("", "||||||"),
]


@pytest.mark.parametrize(("pasted", "expected"), PASTED)
def test_a_pasted_address_finds_its_fields(pasted, expected):
    found = split(pasted).address
    assert [getattr(found, name) for name in FIELDS] == expected.split("|")
    assert found.country == "CN"


def test_what_was_not_found_is_named():
    assert split("浙江省杭州市西湖区文三路90号").missing == ("name", "phone")
    assert split("张伟 13812345678 朝阳区建国路88号").missing == ("region", "city", "district")
    assert split("张伟 13812345678 浙江省杭州市西湖区").missing == ("street",)
    # Dongguan has no districts, so none is missed.
    assert "district" not in split("广东省东莞市长安镇锦厦社区1号").missing


def test_a_second_phone_is_kept_with_the_street():
    found = split("张伟 13812345678 浙江省杭州市西湖区文三路90号 13987654321").address
    assert found.phone == "13812345678"
    assert found.street == "文三路90号13987654321"


def test_a_second_postcode_is_kept_with_the_street():
    found = split("浙江省杭州市文三路90号 邮编：310012 邮编：310013").address
    assert (found.postcode, found.street) == ("310012", "文三路90号310013")


def test_the_name_in_the_middle_of_a_place_is_not_taken_for_a_person():
    assert split("浙江 杭州 西湖 高山 文三路90号").address.name == ""


# --- nothing is lost -----------------------------------------------------------------------------


def signs(text: str) -> Counter[str]:
    """All that is more than a mark between two things."""
    plain = unicodedata.normalize("NFKD", text)
    return Counter(
        sign
        for sign in plain
        if sign not in ",;:、。|/\\" and unicodedata.category(sign)[0] not in "CZ"
    )


def lost(text: str) -> Counter[str]:
    found = split(text)
    kept = signs("".join(getattr(found.address, name) for name in FIELDS))
    return signs(text) - kept - signs("".join(found.left_out))


@pytest.mark.parametrize("pasted", [pasted for pasted, _ in PASTED])
def test_every_sign_of_the_examples_is_somewhere(pasted):
    assert not lost(pasted)


PIECES = st.sampled_from(
    [
        "张伟", "李娜收", "13812345678", "021-58881234", "310012", "000000", "浙江省", "浙江",
        "北京市", "北京", "杭州市", "杭州", "西湖区", "朝阳区", "文三路90号", "3单元502", "市辖区",
        "县", "中国", "香港", "吉林", "吉林市", "恩施州", "海南", "收货人：", "手机：", "地址：",
        "邮编：", "国家：", "电话", " ", "\n", "，", ",", "/", "市", "区", "路", "A座",
        "John Smith", "１２３", "(", "[1]", "\0", "\u202e", "转123", "+86", "-", "省", "自治区",
        "🙂", "É",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=14).map("".join))
@example("收货人：手机：13812345678")
@example("邮编：310012邮编：310013")
def test_whatever_is_pasted_nothing_of_it_is_lost(text):
    assert not lost(text)


@given(st.text(max_size=55))  # one sign may become eighteen, and all of it is to be read
def test_no_text_makes_it_stumble(text):
    assert not lost(text)


# --- text that means no good ---------------------------------------------------------------------

HOSTILE = [
    *FILLERS, "县 ", "a ", "北京市", "中国", "000000 ", "310012 ", "13812345678", "收货人：",
    "电话 ", "张伟", "自治区", "回族", "((收", " ", "\t", "邮编:1", "\0", "\ufdfa",
]  # fmt: skip


# What a place belongs to is known by its name: 昆山市 is in 江苏省苏州市.
ABOVE = 20


def kept(text: str) -> int:
    """Signs in what comes out of it."""
    found = split(text)
    return len("".join(getattr(found.address, name) for name in FIELDS)) + len(
        "".join(found.left_out)
    )


@pytest.mark.parametrize("word", HOSTILE)
def test_of_a_quarter_of_a_megabyte_no_more_is_read_than_an_address_may_have(word):
    assert kept(word * (256 * 1024 // len(word.encode()))) <= LONGEST + ABOVE


def test_what_grows_when_it_is_read_is_cut_once_more():
    assert kept("\ufdfa" * 50) > 700
    assert kept("\ufdfa" * LONGEST) <= LONGEST


def test_the_place_behind_many_empty_words_is_still_found():
    found = split("市辖区" * 300 + " 浙江省杭州市西湖区文三路90号")
    assert (found.address.region, found.address.street) == ("浙江省", "文三路90号")
    assert found.left_out == ("市辖区",) * 300


def test_many_numbers_that_are_no_postcode_stay_where_they_are():
    text = "999999 " * 20 + "310012"
    assert split(f"陕西省西安市雁塔区高新四路1号 {text}").address.postcode == ""


@given(st.lists(st.tuples(st.sampled_from(HOSTILE), st.integers(1, 1500)), max_size=4))
def test_words_said_over_and_over_make_nothing_stumble(words):
    assert kept("".join(word * often for word, often in words)) <= LONGEST + ABOVE


def test_labels_are_known_by_their_own_field():
    assert set(LABELS.values()) == {"name", "phone", "postcode", "country", "place"}
