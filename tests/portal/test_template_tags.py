"""The parts pages are made of: what they render, and that nothing gets in unescaped."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template
from django.template.loader import get_template, render_to_string
from django.utils import timezone, translation

from portal import drawings
from returns.models import OrderLine

DUE = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
TEMPLATES = Path(settings.BASE_DIR) / "templates"
USED = re.compile(r'href="#i-([a-z]+)"')
SENT = re.compile(r'<symbol id="i-([a-z]+)"')


@pytest.fixture(autouse=True)
def bristol():
    with timezone.override("Europe/London"), translation.override("en"):
        yield


def rendered(source, **context):
    return Template("{% load i18n homeward %}" + source).render(Context(context))


class ReasonForm(forms.Form):
    reason = forms.ChoiceField(
        label="Why?",
        choices=[("fit", "It does not fit"), ("mind", "I changed my mind")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the reason that fits best."},
    )
    note = forms.CharField(
        label="Tell us more", help_text="A few words are enough.", required=False, max_length=5,
        widget=forms.Textarea,
    )  # fmt: skip
    agree = forms.BooleanField(label="I have packed it", required=False)


# --- Words ------------------------------------------------------------------------------


def test_a_moment_stands_in_a_time_element_also_inside_a_sentence():
    page = rendered(
        "{% blocktranslate with by=due|when:'day' %}Post it by {{ by }}{% endblocktranslate %}",
        due=DUE,
    )
    assert page.startswith('Post it by <time datetime="2026-11-24T18:00:00+00:00">Tuesday 24')


def test_money_and_numbers_to_copy_read_as_designed():
    page = rendered("{{ a|money:'USD' }} {{ n|as_ref }}", a=Decimal(68), n="<HW-1>")
    assert page == '68.00 USD <span class="ref" translate="no">&lt;HW-1&gt;</span>'


# --- Drawings ---------------------------------------------------------------------------


def test_only_the_symbols_that_a_page_uses_are_sent_and_each_once():
    page = rendered(
        "{% with_symbols %}"
        "{% icon 'box' %}{% icon 'chev' 'turn' %}{% icon 'box' %}"
        "{% endwith_symbols %}"
    )
    assert SENT.findall(page) == ["box", "chev"]
    assert page.index("<symbol") < page.index("<use")


def test_symbols_used_by_components_are_sent_too():
    page = rendered("{% with_symbols %}{% journey steps %}{% endwith_symbols %}",
                    steps=[{"icon": "truck", "label": "By road", "state": "now"}])  # fmt: skip
    assert SENT.findall(page) == ["truck"]


def test_symbols_for_later_can_be_sent_along():
    page = rendered("{% with_symbols %}{% keep_icons 'plane' 'stamp' %}{% endwith_symbols %}")
    assert SENT.findall(page) == ["plane", "stamp"]


def test_a_symbol_that_was_never_drawn_is_a_box():
    assert USED.findall(rendered("{% icon name %}", name='"><script>')) == ["box"]
    assert USED.findall(rendered("{% icon name %}", name="")) == ["box"]


def test_every_symbol_named_in_a_template_is_drawn():
    names = {
        name
        for file in TEMPLATES.rglob("*.html")
        for name in re.findall(r'{% icon "([a-z]+)"', file.read_text())
    }
    assert {"box", "chev"} & names
    assert names <= drawings.SYMBOLS.keys()


def test_every_scene_named_in_a_template_is_drawn():
    names = {
        name
        for file in TEMPLATES.rglob("*.html")
        for name in re.findall(r'{% scene "([a-z]+)"', file.read_text())
    }
    assert names
    for name in names:
        assert "<svg" in rendered("{% scene name %}", name=name)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Linen shirt", "shirt"),
        ("Two mugs", "mug"),
        ("Steam iron", "box"),
        ("Stoneware Teapot", "teapot"),
        ("Jasmine tea, 100 g", "tea"),
        ("亚麻衬衫", "shirt"),
        ("紫砂茶壶", "teapot"),
        ("", "box"),
    ],
)
def test_a_product_is_drawn_by_its_title(title, name):
    assert rendered("{{ line|line_symbol }}", line=OrderLine(title=title)) == name


def test_the_drawing_that_the_shop_chose_comes_before_the_title():
    line = OrderLine(title="Linen shirt", drawing="scarf")
    assert rendered("{{ line|line_symbol }}", line=line) == "scarf"


def test_no_drawing_or_component_needs_an_inline_style_or_script():
    for file in TEMPLATES.rglob("*"):
        if file.suffix in (".html", ".svg") and "notices" not in file.parts:
            text = re.sub(r"{% comment.*?endcomment %}", "", file.read_text(), flags=re.DOTALL)
            assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?! src=)", text), file


def test_codes_are_hidden_from_screen_readers_unless_they_have_a_name():
    assert 'aria-hidden="true"' in rendered("{% barcode 'HW-7F3K-9Q2M' %}")
    named = rendered("{% qr 'HW-7F3K-9Q2M' label %}", label="Code & number")
    assert 'role="img" aria-label="Code &amp; number"' in named


# --- Parts ------------------------------------------------------------------------------


def test_a_promise_says_when_we_write_again():
    page = rendered("{% promise due %}", due=DUE)
    assert "We will write to you again by <time" in page
    assert "Tuesday 24 November, 18:00</time> – even if nothing has changed." in page
    assert "NOV<b>24</b>18:00" in page


def test_a_promise_takes_its_own_sentence_and_note_and_escapes_them():
    page = rendered("{% promise due text note %}", due=DUE, text="<b> by {when}.", note="a < b")
    assert "<p>&lt;b&gt; by <time" in page
    assert '<p class="note">a &lt; b</p>' in page


def test_the_journey_tells_the_state_of_each_step_in_words():
    steps = [
        {"icon": "box", "label": "Packed", "state": "done"},
        {"icon": "truck", "label": "By road", "state": "now"},
        {"icon": "house", "label": "Your door", "state": "ahead"},
    ]
    page = rendered("{% journey steps %}", steps=steps)
    assert re.findall(r'vh"> – ([a-z ]+)<', page) == ["done", "now", "still to come"]
    assert page.count('aria-current="step"') == 1


def test_progress_is_told_in_words_too():
    page = rendered("{% progress 2 4 %}")
    assert "Step 2 of 4" in page
    assert page.count('class="done"') == 2


def test_an_event_shows_the_carriers_own_words_folded_away_and_escaped():
    leg = {
        "id": "leg1", "icon": "truck", "title": "Vilnius to Frankfurt", "note": "",
        "events": [{"state": "latest", "at": DUE, "place": "Vilnius", "text": "It is here.",
                    "original": "<i>Priimta</i>", "original_lang": "lt"}],
    }  # fmt: skip
    page = render_to_string("components/leg.html", {"leg": leg})
    assert '<li class="latest">' in page
    assert '<p lang="lt">“&lt;i&gt;Priimta&lt;/i&gt;”</p>' in page


def test_the_ticket_shows_number_code_and_the_day_to_post_by():
    page = render_to_string(
        "components/ticket.html",
        {"number": "HW-7F3K-9Q2M", "post_by": DUE, "lines": ["1 linen shirt", "68.00 USD back"]},
    )
    assert "Your return number (RMA)" in page
    assert "Tuesday 24 November</time>" in page
    assert "1 linen shirt<br>68.00 USD back" in page
    assert page.count("<svg") == 1


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_each_packing_step_has_its_drawing(number):
    steps = [{"drawing": f"pack{number}", "text": "Fold it."}]
    page = render_to_string("components/pack.html", {"steps": steps})
    assert "<svg" in page
    assert "Fold it." in page


# --- Forms --------------------------------------------------------------------------------


def test_a_form_without_problems_has_no_summary():
    assert rendered("{% errors form %}", form=ReasonForm()).strip() == ""
    assert rendered("{% errors form %}", form=ReasonForm({"reason": "fit"})).strip() == ""
    assert rendered("{% errors form %}", form=None).strip() == ""


def test_the_summary_leads_to_the_first_choice_and_to_the_field():
    form = ReasonForm({"note": "far too long"})
    page = rendered("{% errors form %}{% choices form.reason %}{% field form.note %}", form=form)
    assert 'role="alert"' in page
    targets = re.findall(r'<a href="#([^"]+)"', page)
    assert targets == ["id_reason_0", "id_note"]
    assert all(f'id="{target}"' in page for target in targets)


def test_a_problem_of_the_whole_form_is_told_without_a_link():
    form = ReasonForm({"reason": "fit"})
    form.add_error(None, "Choose at least <one> thing.")
    page = rendered("{% errors form %}", form=form)
    assert "Choose at least &lt;one&gt; thing." in page
    assert "<a " not in page


def test_problems_of_a_set_of_forms_are_listed_together():
    forms_of_lines = forms.formset_factory(ReasonForm, extra=0)(
        {"form-TOTAL_FORMS": 2, "form-INITIAL_FORMS": 2, "form-0-reason": "fit"}
    )
    page = rendered("{% errors formset %}", formset=forms_of_lines)
    assert re.findall(r'href="#([^"]+)"', page) == ["id_form-1-reason_0"]


def test_choices_name_their_problem_keep_what_was_chosen_and_label_every_input():
    wrong = rendered("{% choices form.reason heading='h1' %}", form=ReasonForm({}))
    assert '<div class="group-error"><fieldset aria-describedby="id_reason_error">' in wrong
    assert '<p class="error" id="id_reason_error"><span class="vh">Problem: </span>' in wrong
    assert "<legend><h1>Why?</h1></legend>" in wrong
    kept = rendered("{% choices form.reason %}", form=ReasonForm({"reason": "mind"}))
    assert re.findall(r'value="([a-z]+)" checked', kept) == ["mind"]
    assert kept.count("<label") == kept.count("<input") == 2


def test_choices_show_their_second_line():
    page = rendered("{% choices form.reason hints=hints %}", form=ReasonForm(),
                    hints={"mind": "You do not have to explain"})  # fmt: skip
    assert 'I changed my mind <span class="soft">You do not have to explain</span>' in page
    assert page.count('class="soft"') == 1


def test_a_lone_checkbox_is_one_card_with_its_label():
    page = rendered("{% choices form.agree %}", form=ReasonForm({"agree": "on"}))
    assert "<fieldset" not in page
    assert re.search(r'type="checkbox" name="agree" id="id_agree"[^>]* checked', page)
    assert "I have packed it" in page


def test_a_field_has_its_hint_its_problem_and_what_was_typed():
    form = ReasonForm({"reason": "fit", "note": "far <too> long"})
    page = rendered("{% field form.note classes='ref' %}", form=form)
    assert '<label for="id_note">' in page
    assert 'class="input ref"' in page
    described = re.search(r'aria-describedby="([^"]+)"', page).group(1).split()
    assert described == ["id_note_helptext", "id_note_error"]
    assert all(f'id="{name}"' in page for name in described)
    assert "far &lt;too&gt; long" in page


# --- The layout and the pages for trouble ---------------------------------------------------


def page_with(**context):
    return get_template("base.html").render(context)


def test_the_layout_stands_without_a_shop_and_asks_for_six_files_at_most():
    page = page_with()
    assert "Homeward</title>" in page
    files = re.findall(r'(?:src|href)="(/[^"]*\.(?:css|js|svg))"', page)
    assert len(files) == 4  # with the page itself and the shop's colours: six
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    assert SENT.findall(page) == ["house"]


def test_the_layout_offers_the_other_languages():
    page = page_with(languages=[{"code": "zh-hans", "label": "中文", "url": "?lang=zh-hans"}])
    assert '<a href="?lang=zh-hans" hreflang="zh-hans" lang="zh-hans">中文</a>' in page


def test_a_title_says_that_there_is_a_problem_only_when_there_is_one():
    assert "<title>Problem: " in page_with(form=ReasonForm({}))
    assert "<title>Problem: " in page_with(problems=[("", "Wrong")])
    assert "Problem" not in page_with(form=ReasonForm())


def test_the_layout_turns_round_for_languages_written_from_right_to_left():
    with translation.override("ar"):
        assert '<html lang="ar" dir="rtl">' in page_with()


@pytest.mark.parametrize("code", [400, 403, 404, 413, 429, 500, 503])
def test_a_page_for_trouble_needs_nothing_and_says_what_to_do(code):
    page = get_template(f"{code}.html").render({})
    assert page.count("<h1") == 1
    assert 'name="robots" content="noindex"' in page
    assert "Problem:" not in page
    assert '<a class="btn plain" href="/">' in page or code not in (400, 404)
