"""Forms and labels follow the country: which fields, under which names, in which order."""

import pytest
from django.utils.translation import override

from returns.postal import book
from returns.postal.address import PostalAddress
from returns.postal.formats import countries, fields, lines, takes_latin


def names(country: str) -> list[str]:
    return [row.name for row in fields(country, "en")]


def row(country: str, name: str, language: str = "en"):
    return next(each for each in fields(country, language) if each.name == name)


# --- what is asked for ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "expected"),
    [
        ("GB", "name company street street2 city postcode phone"),
        ("US", "name company street street2 city region postcode phone"),
        ("DE", "name company street street2 postcode city phone"),
        ("IE", "name company street street2 district city region postcode phone"),
        ("HK", "name phone company region city street street2"),
        ("AE", "name company street street2 city region phone"),
        ("CN", "name phone company region city district street street2 postcode"),
        ("JP", "name phone company postcode region city street street2"),
        ("KR", "name phone company region city district street street2 postcode"),
        ("SG", "name company street street2 postcode phone"),
    ],
)
def test_each_country_has_its_fields_in_its_order(country, expected):
    assert names(country) == expected.split()


@pytest.mark.parametrize(
    ("country", "name", "label"),
    [
        ("US", "region", "State"),
        ("US", "postcode", "ZIP code"),
        ("IN", "postcode", "PIN code"),
        ("IE", "postcode", "Eircode"),
        ("IE", "region", "County"),
        ("GB", "postcode", "Postcode"),
        ("JP", "region", "Prefecture"),
        ("AE", "region", "Emirate"),
        ("AU", "city", "Suburb or town"),
        ("CA", "region", "Province"),
        ("HK", "city", "District"),
        ("CN", "region", "Province, or municipality"),
    ],
)
def test_each_field_is_called_as_it_is_there(country, name, label):
    assert str(row(country, name).label) == label


def test_only_what_a_label_cannot_do_without_is_required():
    required = {c: {r.name for r in fields(c, "en") if r.required} for c in ("GB", "CN", "HK")}
    assert required["GB"] == {"name", "street", "city", "postcode"}
    # Couriers there call before they come, and go without a postcode.
    assert required["CN"] == {"name", "phone", "region", "city", "street"}
    assert required["HK"] == {"name", "region", "street"}


def test_regions_read_as_the_reader_does():
    assert ("浙江省", "浙江省") in row("CN", "region", "zh-hans").choices
    assert ("浙江省", "Zhejiang Sheng 浙江省") in row("CN", "region", "en").choices
    assert ("CA", "California") in row("US", "region", "zh-hans").choices
    assert ("東京都", "東京都") in row("JP", "region", "zh-hans").choices
    assert ("東京都", "Tokyo 東京都") in row("JP", "region", "en").choices


def test_places_that_are_countries_to_the_post_are_no_provinces():
    keys = {key for key, _ in row("CN", "region").choices}
    assert len(keys) == 31
    assert not keys & {"香港", "澳门", "台湾"}


def test_every_country_asks_for_a_name_and_a_street_and_says_what_it_wants():
    for code in sorted(book.codes()):
        rows = fields(code, "en")
        assert {"name", "street", "phone"} <= {each.name for each in rows}, code
        assert all(str(each.label) and each.autocomplete for each in rows), code
        assert len({each.name for each in rows}) == len(rows), code


def test_countries_are_sorted_for_their_reader():
    english, chinese = countries("en"), countries("zh-hans")
    assert {code for code, _ in english} == {code for code, _ in chinese} == book.codes()
    assert english[0] == ("AF", "Afghanistan")
    # Å stands with A, and by its sound 中 with Z.
    assert english[1] == ("AX", "Åland Islands")
    assert dict(chinese)["GB"] == "英国"
    assert chinese[0][1].startswith("阿")


# --- how it reads --------------------------------------------------------------------------------

CHINESE = PostalAddress(
    name="张伟",
    street="文三路90号3单元502",
    district="西湖区",
    city="杭州市",
    region="浙江省",
    postcode="310012",
    country="CN",
)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (
            PostalAddress("Sarah", street="27 Redland Road", street2="Flat 3", city="Bristol",
                          postcode="BS6 6AG", country="GB"),
            ["Sarah", "27 Redland Road", "Flat 3", "Bristol", "BS6 6AG", "United Kingdom"],
        ),
        (
            PostalAddress("Bob", "Acme", street="1 Main St", city="New York", region="New York",
                          postcode="10001", country="US"),
            ["Bob", "Acme", "1 Main St", "New York, NY 10001", "United States"],
        ),
        (
            PostalAddress("Eva", street="Hauptstr. 1", city="Köln", postcode="50667",
                          country="DE"),
            ["Eva", "Hauptstr. 1", "50667 Köln", "Germany"],
        ),
        (CHINESE, ["中国", "310012", "浙江省杭州市西湖区", "文三路90号3单元502", "张伟"]),
        (
            PostalAddress("李雷", street="建国路88号", district="朝阳区", city="北京市",
                          region="北京市", country="CN"),
            ["中国", "北京市朝阳区", "建国路88号", "李雷"],
        ),
        (
            PostalAddress("山田太郎", street="神宮前1-2-3", city="渋谷区", region="東京都",
                          postcode="150-0001", country="JP"),
            ["日本", "〒150-0001", "東京都渋谷区", "神宮前1-2-3", "山田太郎"],
        ),
        (
            PostalAddress("陳大文", street="彌敦道1號", city="尖沙咀", region="Kowloon",
                          country="HK"),
            ["香港", "九龍", "尖沙咀", "彌敦道1號", "陳大文"],
        ),
        (
            PostalAddress("Chan", street="1 Nathan Road", city="Tsim Sha Tsui", region="Kowloon",
                          country="HK"),
            ["Chan", "1 Nathan Road", "Tsim Sha Tsui", "Kowloon", "Hong Kong"],
        ),
        (
            PostalAddress("Ali", street="Villa 3", city="Dubai", region="دبي", country="AE"),
            ["Ali", "Villa 3", "Dubai", "United Arab Emirates"],
        ),
        (
            PostalAddress("Tan", street="1 Orchard Rd", city="Singapore", postcode="238823",
                          country="SG"),
            ["Tan", "1 Orchard Rd", "SINGAPORE 238823", "Singapore"],
        ),
        (
            PostalAddress("Bob", street="1 Main St", city="Springfield", country="US"),
            ["Bob", "1 Main St", "Springfield", "United States"],
        ),
        (PostalAddress("Bob", street="1 Crater", city="Tycho", country="XX"),
         ["Bob", "1 Crater", "Tycho", "XX"]),
    ],
)  # fmt: skip
def test_a_label_reads_as_its_country_writes_it(address, expected):
    assert lines(address) == expected


def test_the_label_is_the_same_for_every_reader():
    with override("zh-hans"):
        assert lines(CHINESE)[0] == "中国"
        assert lines(PostalAddress("Bob", street="1 St", country="GB"))[-1] == "United Kingdom"


def test_a_copy_in_latin_letters_takes_what_was_typed_and_knows_the_places():
    latin = CHINESE.changed(latin_name="Zhang Wei", latin_street="Wensan Road 90-3-502")
    assert lines(latin, latin=True) == [
        "Zhang Wei",
        "Wensan Road 90-3-502",
        "Xihu Qu",
        "Hangzhou Shi",
        "Zhejiang Sheng, 310012",
        "China",
    ]
    assert "Hangzhou" in lines(latin.changed(latin_city="Hangzhou"), latin=True)
    # The first copy stays in its own letters.
    assert lines(latin) == lines(CHINESE)


def test_without_a_typed_street_there_is_no_latin_copy():
    assert lines(CHINESE, latin=True) == []


def test_a_chinese_address_typed_in_latin_letters_reads_small_to_big():
    typed = CHINESE.changed(
        name="Zhang Wei", street="90 Wensan Road", city="Hangzhou", district="Xihu"
    )
    assert lines(typed)[0] == "Zhang Wei"
    assert lines(typed)[-2:] == ["Zhejiang Sheng, 310012", "China"]


def test_nothing_that_is_asked_for_is_missing_on_the_label():
    for code in sorted(book.codes()):
        values = {each.name: f"X{each.name.upper()}X" for each in fields(code, "en")}
        values.pop("phone")
        read = " ".join(lines(PostalAddress(**values, country=code)))
        assert [value for value in values.values() if value not in read] == [], code


def test_latin_copies_are_for_countries_with_other_letters():
    assert takes_latin("CN")
    assert takes_latin("JP")
    assert not takes_latin("GB")


def test_half_an_address_has_no_stray_marks():
    assert lines(PostalAddress(city="Rio", country="BR")) == ["Rio", "Brazil"]
    assert lines(PostalAddress(region="CA", country="US")) == ["CA", "United States"]
