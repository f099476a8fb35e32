"""The desk reads every text of a store, writes words of its own, and takes them back."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from returns import own_words
from returns.admin.text_page import KINDS, changes, forms_of
from returns.models import Notice, Promise, ShortLink, StoreText
from tests import people
from tests.page_checks import CheckedClient
from tests.returns.correspondence import Shop

pytestmark = pytest.mark.django_db
LETTER = "Good news, {name}.\n\n{facts}\n\n{promise}"
EVIL = "<script>alert(1)</script>"


def at_desk(username: str, *permissions: str) -> CheckedClient:
    client = CheckedClient()
    client.force_login(people.staff(username, *permissions))
    return client


@pytest.fixture
def ieva(db):
    return at_desk("ieva", "view_storetext", "change_storetext", "view_notice")


@pytest.fixture
def reader(db):
    return at_desk("reader", "view_storetext")


def url(store, kind="order_news", language="en", form="email", name="text") -> str:
    return reverse(f"admin:returns_storetext_{name}", args=[store.pk, kind, language, form])


def overview(store) -> str:
    return reverse("admin:returns_storetext_store", args=[store.pk])


def save(client, store, body=LETTER, *, seen=0, **where):
    return client.post(url(store, **where), {"body": body, "seen": seen, "save": "1"}, follow=True)


# --- Reading ----------------------------------------------------------------------------------


def test_with_one_store_its_texts_open_at_once_with_several_one_chooses(reader, store):
    page = reverse("admin:returns_storetext_changelist")
    assert reader.get(page).headers["Location"] == overview(store)
    other = people.open_store("oak", name="Oak")
    shown = reader.get(page)
    assert overview(store) in shown.text and overview(other) in shown.text


def test_the_overview_says_of_each_text_what_is_used(ieva, store, django_assert_max_num_queries):
    save(ieva, store)
    with django_assert_max_num_queries(9):
        shown = ieva.get(overview(store))
    assert "own words, version 1" in shown.text and "by ieva" in shown.text
    every = [
        url(store, kind, language, form)
        for kind in KINDS
        if kind not in own_words.LOCKED
        for form in forms_of(kind)
        for language in ("en", "zh-hans")
    ]
    assert len(every) > 100
    assert all(f'"{address}"' in shown.text for address in every)
    for kind, why in own_words.WHY_LOCKED.items():
        assert KINDS[kind] in shown.text and why[:30] in shown.text


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_text_opens_with_its_standard_and_its_names(reader, store, language):
    for kind in KINDS:
        if kind in own_words.LOCKED:
            continue
        for form in forms_of(kind):
            shown = reader.get(url(store, kind, language, form))
            assert shown.status_code == 200, (kind, form)
            page = shown.context["page"]
            assert not page.problems("", page.standard), (kind, form, page.standard)
            assert all(words in shown.text for _name, words in page.names[:2])


def test_what_cannot_be_is_not_found(ieva, store):
    for where in (
        {"kind": "access_code"},
        {"kind": "return_settled", "form": "sms"},
        {"kind": "no_such"},
        {"language": "tlh"},
        {"form": "fax"},
    ):
        assert ieva.get(url(store, **where)).status_code == 404
    assert ieva.get(url(store).replace(f"/{store.pk}/", "/999/")).status_code == 404


def test_who_may_not_see_texts_does_not(store):
    stranger = at_desk("stranger", "view_order")
    for address in (
        reverse("admin:returns_storetext_changelist"),
        overview(store),
        url(store),
    ):
        assert stranger.get(address).status_code == 403


# --- Writing ----------------------------------------------------------------------------------


def test_words_are_saved_as_a_version_used_and_logged(ieva, store):
    shown = save(ieva, store)
    assert "Saved as version 1. It is used from now on." in shown.text
    text = StoreText.objects.get()
    assert (text.body, text.number, text.made_by.username) == (LETTER, 1, "ieva")
    entry = LogEntry.objects.get()
    assert entry.user == text.made_by and entry.object_id == str(text.pk)
    assert "Own words, version 1." in entry.get_change_message()
    shown = ieva.get(reverse("admin:returns_storetext_change", args=[text.pk]))
    assert shown.headers["Location"] == url(store)


def test_looking_at_words_saves_nothing(ieva, store):
    shown = ieva.post(url(store), {"body": LETTER, "seen": 0, "look": "1"})
    assert "Good news, Li." in shown.text
    assert not StoreText.objects.exists()


def test_wrong_words_are_refused_with_reasons_and_kept_in_the_form(ieva, store):
    shown = save(ieva, store, "Good {nmae}. {facts} {promise}")
    assert "{nmae} cannot stand here. Did you mean {name}?" in shown.text
    assert "Good {nmae}." in shown.context["form"]["body"].value()
    shown = save(ieva, store, "Good news")
    assert "It must say {facts}." in shown.text
    assert not StoreText.objects.exists()


def test_an_empty_text_is_no_text(ieva, store):
    assert save(ieva, store, "  ").context["form"].errors["body"]
    assert not StoreText.objects.exists()


def test_saving_the_same_again_makes_no_version(ieva, store):
    save(ieva, store)
    assert "Nothing was changed." in save(ieva, store, LETTER.replace("\n", "\r\n"), seen=1).text
    assert StoreText.objects.count() == LogEntry.objects.count() == 1


def test_what_somebody_else_saved_meanwhile_is_not_written_over(ieva, store):
    save(ieva, store)
    late = at_desk("late", "view_storetext", "change_storetext")
    shown = save(late, store, f"Mine. {LETTER}", seen=0)
    assert "Somebody else has changed this text" in shown.text
    assert StoreText.objects.count() == 1
    save(late, store, f"Mine. {LETTER}", seen=shown.context["form"]["seen"].value())
    assert StoreText.objects.get(is_current=True).body == f"Mine. {LETTER}"


def test_back_to_the_standard_is_one_press_and_keeps_the_versions(ieva, store):
    save(ieva, store)
    shown = ieva.post(url(store, name="standard"), follow=True)
    assert "The standard text is used again." in shown.text
    assert "Version 1, by ieva" in " ".join(shown.text.split())
    assert not StoreText.objects.filter(is_current=True).exists()
    assert "Back to the standard." in LogEntry.objects.first().get_change_message()
    ieva.post(url(store, name="standard"))
    assert LogEntry.objects.count() == 2


def test_reading_does_not_change_and_readers_cannot(ieva, reader, store):
    save(ieva, store)
    assert ieva.get(url(store, name="standard")).status_code == 405
    assert reader.post(url(store), {"body": "x", "seen": 1, "save": "1"}).status_code == 403
    assert reader.post(url(store, name="standard")).status_code == 403
    shown = reader.get(url(store)).text
    assert "Save and use it" not in shown and "Back to the standard" not in shown
    assert StoreText.objects.filter(is_current=True).count() == 1


# --- Looking ----------------------------------------------------------------------------------


def test_words_can_be_seen_with_the_values_of_a_real_message(ieva):
    notice = Shop(automatic_up_to=None).requested()
    store = notice.order.store
    where = {"kind": notice.kind}
    asked = {"body": f"{EVIL} {LETTER}", "seen": 0, "look": "1", "notice": notice.pk}
    shown = ieva.post(url(store, **where), asked)
    assert f"With the values of order {notice.order.number}." in shown.text
    assert "Good news, Sarah." in shown.text and "Linen shirt" in shown.text
    assert EVIL not in shown.text and "&lt;script&gt;" in shown.text
    assert Notice.objects.count() == 1 and not ShortLink.objects.exists()


def test_a_message_that_cannot_be_told_any_more_gives_way_to_samples(ieva):
    notice = Shop(automatic_up_to=None).late()
    Promise.objects.open().filter(authorization=notice.authorization).delete()
    shown = ieva.get(f"{url(notice.order.store, kind=notice.kind)}?notice={notice.pk}")
    assert "That message cannot be told any more; here are samples." in shown.text


def test_values_of_buyers_are_for_those_who_may_read_letters(reader):
    notice = Shop(automatic_up_to=None).requested()
    page = f"{url(notice.order.store, kind=notice.kind)}?notice={notice.pk}"
    shown = reader.get(page)
    assert "Sarah" not in shown.text and notice.order.number not in shown.text


def test_messages_of_another_store_are_not_shown(ieva, store):
    notice = Shop(automatic_up_to=None).requested()
    shown = ieva.get(f"{url(store, kind=notice.kind)}?notice={notice.pk}")
    assert "Sarah" not in shown.text


def test_an_sms_says_how_many_messages_it_takes(ieva, store):
    shown = ieva.get(url(store, form="sms"))
    assert "text message" in shown.context["preview"].note


def test_differences_are_told_in_words_too(ieva, store):
    save(ieva, store)
    save(ieva, store, LETTER.replace("Good news", "Great news"), seen=1)
    shown = ieva.get(url(store)).text
    assert "What is different from version 1" in shown
    assert '<del><span class="visually-hidden">(gone: </span>Good' in shown
    assert '<ins><span class="visually-hidden">(new: </span>Great' in shown


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a b c", "a x c"),
        ("", "a"),
        ("a", ""),
        ("包裹已经到了", "包裹快要到了"),
        ("{facts}\n\n{promise}", "Hi\n\n{facts}"),
        ("same", "same"),
    ],
)
def test_the_parts_of_a_difference_make_up_both_texts(old, new):
    found = changes(old, new)
    assert "".join(words for what, words in found if what != "new") == old
    assert "".join(words for what, words in found if what != "gone") == new
    assert all(what == "same" for what, _ in found) == (old == new)


def test_a_text_opens_at_a_steady_price(ieva, store, django_assert_max_num_queries):
    shop = Shop(automatic_up_to=None)
    for _ in range(4):
        notice = shop.requested()
    for number in range(4):
        save(ieva, shop.store, f"{number} {LETTER}", seen=number, kind=notice.kind)
    with django_assert_max_num_queries(10):
        ieva.get(url(shop.store, kind=notice.kind))
