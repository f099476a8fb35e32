"""The form of an address: fields by country, nothing typed is lost, and no way to another one."""

import re

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test import RequestFactory

from portal.forms.address import NOT_THERE, AddressForm
from portal.forms.address import PASTED as PASTED_MOST
from returns.postal import chinese
from returns.postal.address import PostalAddress
from tests.page_checks import Page
from tracking.terms import terms_of

SARAH = PostalAddress(
    name="Sarah Whitcombe",
    phone="0117 496 0123",
    street="27 Redland Road",
    street2="Flat 3",
    city="Bristol",
    postcode="BS6 6AG",
    country="GB",
)
ZHANG = PostalAddress(
    name="张伟",
    phone="13812345678",
    street="文三路90号",
    district="西湖区",
    city="杭州市",
    region="浙江省",
    country="CN",
)


def sent(address: PostalAddress = SARAH, **more: str) -> QueryDict:
    """What a browser sends when it holds that address."""
    data = QueryDict(mutable=True)
    data.update({name: value for name, value in address.to_json().items() if value} | more)
    return data


def form_of(data=None, *, initial: PostalAddress = SARAH, allowed: str | None = "GB", **options):
    country = options.pop("country", initial.country)
    return AddressForm(country, data, initial=initial, allowed_country=allowed, **options)


def drawn(form: AddressForm) -> str:
    request = RequestFactory().get("/o/address?parcel=1")
    return render_to_string("components/address_fields.html", {"form": form}, request)


def sent_back(form: AddressForm, **more: str) -> QueryDict:
    """What a browser without JavaScript sends from the form as it was drawn."""
    page = Page(drawn(form))
    data = QueryDict(mutable=True)
    for values in page.all("input"):
        if values.get("name"):
            data[values["name"]] = values.get("value") or ""
    for select in re.findall(r"<select.*?</select>", drawn(form), re.S):
        name = re.search(r'name="(.*?)"', select)
        chosen = re.search(r'value="([^"]*)"\s+selected', select)
        data[name.group(1)] = chosen.group(1) if chosen else ""
    data.update(more)
    return data


# --- showing and sending -------------------------------------------------------------------------


def test_the_form_begins_with_the_address_that_is_known():
    form = form_of()
    assert form.is_only_shown
    assert [bound.name for bound in form.asked] == [
        "name", "company", "street", "street2", "city", "postcode", "phone",
    ]  # fmt: skip
    assert form["city"].value() == "Bristol"
    assert form["country"].value() == "GB"


def test_a_right_address_is_settled_at_once():
    form = form_of(sent())
    assert form.is_valid()
    assert form.is_settled
    assert not form.asks
    assert form.address == SARAH


def test_what_was_drawn_comes_back_as_it_was():
    assert form_of(sent_back(form_of())).address == SARAH
    again = form_of(sent_back(form_of(initial=ZHANG, allowed="CN")), initial=ZHANG, allowed="CN")
    assert again.is_settled
    assert again.address == ZHANG


def test_only_what_the_label_needs_is_required():
    form = form_of(sent(PostalAddress(country="GB")))
    assert not form.is_valid()
    assert set(form.errors) == {"name", "street", "city", "postcode"}
    assert form.errors["postcode"] == ["Please fill in: Postcode."]


def test_problems_stand_beside_their_fields():
    page = drawn(form_of(sent(SARAH.changed(postcode=""))))
    assert 'aria-invalid="true"' in page
    assert "Please fill in: Postcode." in page


def test_the_lengths_of_an_order_are_kept():
    long = SARAH.changed(name="a" * 201, city="b" * 121, postcode="1" * 21, phone="1" * 41)
    form = form_of(sent(long))
    assert set(form.errors) == {"name", "city", "postcode", "phone"}
    # In an order the district stands in the street.
    both = ZHANG.changed(district="区" * 100, street="路" * 250 + "1号")
    form = form_of(sent(both), initial=ZHANG, allowed="CN")
    assert form.errors == {"street": ["Please make it shorter: Road, number, building and room."]}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("27 Redland\nRoad\r\n", "27 Redland Road"),
        ("27\x00 Redland\x07 Road", "27 Redland Road"),
        ("\u202e27 Redland Road\u2069", "27 Redland Road"),
        ("27 Redland Road 🏠❤️", "27 Redland Road"),
        ("  27\u00a0Redland\tRoad ", "27 Redland Road"),
        ("ул. Ленина, дом № 5", "ул. Ленина, дом № 5"),
        ("Cafe\u0301 27", "Café 27"),
        ("２７番地", "２７番地"),
    ],
)
def test_signs_that_no_label_has_are_left_out(typed, kept):
    assert form_of(sent(SARAH.changed(street=typed))).address.street == kept


def test_a_field_of_nothing_but_pictures_is_empty():
    assert set(form_of(sent(SARAH.changed(name="🙂🙂"))).errors) == {"name"}


def test_postcodes_and_phones_are_taken_in_one_width():
    typed = SARAH.changed(postcode="ＢＳ６ ６ＡＧ", phone="０１１７ ４９６ ０１２３")
    assert form_of(sent(typed)).address == SARAH


def test_a_region_is_taken_under_the_name_that_the_shop_gave_it():
    buyer = PostalAddress("Bob", street="1 Main St", city="Springfield", region="Illinois",
                          postcode="62701", country="US")  # fmt: skip
    form = form_of(initial=buyer, allowed="US")
    assert form["region"].value() == "IL"
    form = form_of(sent(buyer), initial=buyer, allowed="US")
    assert form.is_valid()
    assert form.address.region == "IL"


def test_a_region_that_no_list_knows_may_stay_when_the_order_has_it():
    buyer = PostalAddress("Bob", street="1 Main St", city="X", region="Atlantis",
                          postcode="62701", country="US")  # fmt: skip
    assert form_of(sent(buyer), initial=buyer, allowed="US").is_valid()
    other = form_of(sent(buyer), initial=buyer.changed(region="IL"), allowed="US")
    assert other.errors == {"region": ["Please choose: State."]}


def test_a_city_that_is_a_country_keeps_its_name():
    buyer = PostalAddress("Tan", street="1 Orchard Rd", city="Singapore", postcode="238823",
                          country="SG")  # fmt: skip
    assert form_of(sent(buyer), initial=buyer, allowed="SG").address == buyer


# --- another country -----------------------------------------------------------------------------


def test_another_country_is_refused_beside_the_country():
    form = form_of(sent(SARAH.changed(country="FR", postcode="75001")))
    assert not form.is_valid()
    assert form.errors == {"country": [str(NOT_THERE)]}


@pytest.mark.parametrize(
    "changed",
    [
        {"country": "FR"},
        {"country": "fr "},
        {"country": "FR", "country_shown": "GB"},
        {"country": "FR", "seen": "x"},
        {"country": ""},
        {"country": "XX"},
        {"country": "ZZ"},
        {"country": "../gb"},
        {"country": "GB\x00FR"},
    ],
)
def test_no_way_leads_to_another_country(changed):
    form = form_of(sent(SARAH, **changed))
    assert not form.is_valid()
    assert not form.is_settled
    assert "country" in form.errors


def test_leaving_the_country_out_is_no_way_either():
    data = sent()
    del data["country"]
    assert form_of(data).errors == {"country": ["Choose the country from the list."]}


def test_the_last_of_two_countries_counts_and_is_the_one_that_is_kept():
    data = sent()
    data.setlist("country", ["GB", "FR"])
    assert not form_of(data).is_valid()
    data.setlist("country", ["FR", "GB"])
    form = form_of(data)
    assert form.is_valid()
    assert form.address.country == "GB"


def test_an_order_without_a_country_can_be_sent_nowhere():
    assert "country" in form_of(sent(), allowed="").errors


def test_the_desk_may_choose_any():
    form = form_of(sent(SARAH.changed(country="DE", postcode="50667")), allowed=None)
    assert form.is_valid()
    assert form.address.country == "DE"


def test_it_is_said_when_the_country_is_chosen_not_when_all_is_typed():
    form = form_of(sent(SARAH.changed(country="FR"), switch="1"))
    assert form.is_only_shown
    assert str(NOT_THERE) in drawn(form)
    assert str(NOT_THERE) not in drawn(form_of())


# --- switching -----------------------------------------------------------------------------------


def test_switching_shows_the_other_fields_and_judges_nothing():
    form = form_of(sent(SARAH.changed(postcode=""), switch="1", country="US"), allowed=None)
    assert form.is_only_shown
    assert "region" in [bound.name for bound in form.asked]
    assert form["street"].value() == "27 Redland Road"
    assert "group-error" not in drawn(form)


def test_everything_typed_is_there_again_after_a_way_around_the_world():
    typed = PostalAddress("Bob", "Acme", "212 736 3100", "350 5th Ave", "Floor 2", "", "New York",
                          "NY", "10118", "US")  # fmt: skip
    form = form_of(sent(typed), initial=typed, allowed="US")
    # Hong Kong has no postcode and other regions, Singapore neither city nor region.
    for country in ("HK", "SG", "CN", "GB", "US"):
        form = form_of(sent_back(form, country=country, switch="1"), initial=typed, allowed="US")
        assert form.is_only_shown
    assert form_of(sent_back(form), initial=typed, allowed="US").address == typed


def test_a_get_may_ask_for_the_fields_of_a_country():
    form = form_of(country="JP", allowed=None)
    assert [bound.name for bound in form.latin] == ["latin_name", "latin_street", "latin_city"]
    assert form["country"].value() == "JP"


def test_a_field_that_the_country_does_not_have_never_gets_into_the_address():
    form = form_of(sent(SARAH, region="CA", district="X", latin_name="X"))
    assert form.address == SARAH


# --- doubts --------------------------------------------------------------------------------------


def test_a_doubt_is_shown_once_and_the_same_again_is_taken():
    typed = SARAH.changed(street="Redland Road", street2="")
    first = form_of(sent(typed))
    assert first.is_valid()
    assert first.asks
    assert not first.is_settled
    assert [doubt.code for doubt in first.doubts] == ["number"]
    again = form_of(sent_back(first))
    assert again.is_settled
    assert again.address == typed


def test_a_change_after_a_doubt_is_looked_at_anew():
    first = form_of(sent(SARAH.changed(street="Redland Road", street2="")))
    again = form_of(sent_back(first, postcode="9"))
    assert not again.is_settled
    better = form_of(sent_back(first, street="27 Redland Road"))
    assert better.is_settled


def test_nobody_skips_a_doubt_by_making_up_that_it_was_seen():
    typed = SARAH.changed(street="Redland Road", street2="")
    for seen in ("1", "x" * 64, form_of(sent(typed, postcode="9")).fingerprint):
        assert not form_of(sent(typed, seen=seen)).is_settled


def test_a_suggestion_is_taken_with_one_button():
    form = form_of(sent(SARAH.changed(postcode="BS6 GAG"), take=""))
    page = drawn(form_of(sent(SARAH.changed(postcode="bs66ag"))))
    assert "Use BS6 6AG" in page
    assert 'name="take" value="postcode"' in page
    assert form.is_valid()
    taken = form_of(sent(SARAH.changed(postcode="bs66ag"), take="postcode"))
    assert taken.is_settled
    assert taken.address == SARAH
    assert taken["postcode"].value() == "BS6 6AG"


def test_taking_one_of_two_leaves_the_other_to_be_answered():
    typed = SARAH.changed(postcode="bs66ag", street="Redland Road", street2="")
    form = form_of(sent(typed, take="postcode"))
    assert [doubt.code for doubt in form.doubts] == ["number"]
    assert not form.is_settled
    assert form.address.postcode == "BS6 6AG"


@pytest.mark.parametrize("take", ["number", "nothing", "country", "'; --"])
def test_a_button_that_was_not_offered_changes_nothing(take):
    form = form_of(sent(SARAH, take=take))
    assert form.is_settled
    assert form.address == SARAH


def test_taking_is_no_way_to_another_country():
    form = form_of(sent(SARAH.changed(country="FR", postcode="7500l"), take="postcode"))
    assert not form.is_valid()


def test_a_box_is_doubted_by_the_terms_of_the_carrier():
    box = sent(SARAH.changed(street="PO Box 12", street2=""))
    assert form_of(box).is_settled
    (doubt,) = form_of(box, carrier_terms=terms_of("ups")).doubts
    assert doubt.code == "po_box"


# --- a Chinese address in one piece --------------------------------------------------------------

PASTED = "李娜 13912345678 四川省成都市武侯区天府大道1号 610041"


def test_a_pasted_address_is_put_into_its_fields():
    form = form_of(sent(ZHANG, paste=PASTED, split="1"), initial=ZHANG, allowed="CN")
    assert form.is_only_shown
    ready = form_of(sent_back(form), initial=ZHANG, allowed="CN")
    assert ready.is_settled
    assert ready.address == PostalAddress(
        name="李娜",
        phone="13912345678",
        street="天府大道1号",
        district="武侯区",
        city="成都市",
        region="四川省",
        postcode="610041",
        country="CN",
    )


def test_half_of_the_old_place_is_never_mixed_with_the_new_one():
    pasted = "四川省成都市天府大道1号"
    form = form_of(sent(ZHANG, paste=pasted, split="1"), initial=ZHANG, allowed="CN")
    ready = form_of(sent_back(form), initial=ZHANG, allowed="CN").address
    assert (ready.district, ready.city) == ("", "成都市")
    # Who it is for was not in it, and stays.
    assert (ready.name, ready.phone) == (ZHANG.name, ZHANG.phone)


def test_what_was_not_in_it_is_named():
    form = form_of(
        sent(PostalAddress(country="CN"), paste="成都市武侯区", split="1"),
        initial=ZHANG, allowed="CN",
    )  # fmt: skip
    assert form.not_found == [
        "Name on the door", "Phone number for the courier", "Road, number, building and room",
    ]  # fmt: skip
    assert "We did not find everything in it." in drawn(form)


def test_splitting_nothing_changes_nothing():
    form = form_of(sent(ZHANG, paste="  ", split="1"), initial=ZHANG, allowed="CN")
    assert form["street"].value() == ZHANG.street


def test_only_chinese_addresses_can_be_pasted():
    assert "paste" not in form_of().fields
    form = form_of(sent(SARAH, paste=PASTED, split="1"))
    assert form["street"].value() == SARAH.street


def test_no_more_is_split_and_shown_than_may_be_pasted(monkeypatch):
    read = []
    monkeypatch.setattr(chinese, "split", lambda text: read.append(text) or chinese.Split(ZHANG))
    long = "市辖区" * 90_000
    for country in ("CN", "GB"):
        sends = sent(ZHANG.changed(country="CN"), paste=long, split="1")
        form = form_of(sends, initial=ZHANG, allowed="CN", country=country)
        assert len(drawn(form)) < 30_000
    assert [len(text) for text in read] == [PASTED_MOST, PASTED_MOST]


def test_what_is_sent_with_too_much_in_it_is_refused_in_words():
    form = form_of(sent(ZHANG, paste="市" * (PASTED_MOST + 1)), initial=ZHANG, allowed="CN")
    assert "paste" in form.errors


def test_what_goes_elsewhere_is_never_read_as_a_chinese_address(monkeypatch):
    monkeypatch.setattr(chinese, "split", lambda text: pytest.fail("it was read"))
    form = form_of(sent(ZHANG, paste=PASTED, split="1"), initial=SARAH, allowed="GB")
    assert form.country == "CN" and "paste" not in form.fields
    assert form["street"].value() == ZHANG.street
    assert str(NOT_THERE) in drawn(form)


def test_a_pasted_text_that_was_not_split_is_no_hindrance():
    typed = ZHANG.changed(street="文二路 391 号")
    form = form_of(sent(typed, paste=PASTED), initial=ZHANG, allowed="CN")
    assert form.is_settled
    assert form.address == typed


def test_a_pasted_text_that_nobody_put_into_the_fields_is_asked_about():
    form = form_of(sent(ZHANG, paste=PASTED), initial=ZHANG, allowed="CN")
    assert not form.is_valid()
    assert list(form.errors) == ["paste"]
    page = drawn(form)
    assert "<details open" in page and PASTED in page


# --- the page ------------------------------------------------------------------------------------

FORMS = [
    form_of,
    lambda: form_of(sent(SARAH.changed(postcode="bs66ag"))),
    lambda: form_of(sent(SARAH.changed(country="FR"), switch="1")),
    lambda: form_of(initial=ZHANG, allowed="CN"),
    lambda: form_of(sent(ZHANG, paste=PASTED, split="1"), initial=ZHANG, allowed="CN"),
    lambda: form_of(initial=PostalAddress(), allowed="", country=""),
]


@pytest.mark.parametrize("make", FORMS)
def test_it_works_without_javascript_and_names_all_it_asks(make):
    text = drawn(make())
    page = Page(text)
    assert all(count == 1 for count in page.ids.values())
    for tag in ("input", "select", "textarea"):
        for values in page.all(tag):
            assert values.get("type") == "hidden" or values.get("id") in page.labels
    # What htmx does, the button does by itself: the page around it is a form.
    for values in page.all("button"):
        if "hx-post" in values:
            assert values["name"]
            assert values["hx-post"] == "/o/address?parcel=1"
    assert "style=" not in text
    assert "<script" not in text


def test_the_first_button_is_neither_switch_nor_suggestion():
    """Enter in a field presses it."""
    first, *others = Page(drawn(form_of(sent(SARAH.changed(postcode="bs66ag"))))).all("button")
    assert "name" not in first
    assert others


def test_what_was_typed_is_escaped():
    typed = SARAH.changed(street="\"><script>alert('x')</script>", postcode="<b>")
    text = drawn(form_of(sent(typed)))
    assert "<script" not in text
    assert "<b>" not in text


def test_the_page_of_the_longest_form_stays_small():
    assert len(drawn(form_of(initial=ZHANG, allowed="CN")).encode()) < 30_000


def test_a_prefix_keeps_it_apart_from_another_form():
    data = QueryDict(mutable=True)
    data.update({f"to-{name}": value for name, value in SARAH.to_json().items() if value})
    form = form_of(data, prefix="to")
    assert form.is_settled
    assert form.address == SARAH
    data["to-postcode"] = "bs66ag"
    data["to-take"] = "postcode"
    assert form_of(data, prefix="to").address == SARAH
    assert 'name="to-switch"' in drawn(form_of(None, prefix="to"))


def test_another_language_asks_in_its_own_words():
    form = form_of(language="zh-hans")
    assert ("GB", "英国") in form.fields["country"].choices
