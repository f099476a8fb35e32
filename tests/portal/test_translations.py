"""The Chinese catalogue: all of it is there, agrees with the English, and reads as Chinese."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings

FOLDER = Path("portal/locale/zh_Hans/LC_MESSAGES")
SOURCES = ["portal", "returns", "tracking", "templates"]
# Words that are the same in both languages: names and codes. None so far.
SAME_IN_BOTH: set[str] = set()

CHINESE = r"[\u3400-\u9fff]"
# What must come out as it went in. A percent placeholder counts with its type.
PLACEHOLDERS = {
    "percent": r"%\(\w+\)[a-z]",
    "brace": r"(?<!\{)\{\w+\}",
    "tag": r"</?[a-z][^>]*>",
}


def read(path):
    with path.open("rb") as file:
        return read_po(file, locale="zh_Hans", abort_invalid=True)


def key(message):
    """What gettext looks a message up by, with all forms of it."""
    context = message.context
    if isinstance(context, bytes):  # as babel reads it from a compiled catalogue
        context = context.decode()
    return context, *forms(message.id)


def messages(catalog):
    return {key(message): message for message in catalog if message.id}


def forms(text):
    return [text] if isinstance(text, str) else list(text)


@pytest.fixture(scope="session")
def chinese():
    return read(settings.BASE_DIR / FOLDER / "django.po")


def pairs(catalog):
    """(English, Chinese) of every form. Chinese has one form, which serves for both."""
    for message in catalog:
        if message.id:
            for english in forms(message.id):
                for words in forms(message.string):
                    yield english, words


@pytest.fixture
def gathered(tmp_path):
    """The catalogue as `make words` would leave it, made from a copy of the code."""
    if shutil.which("xgettext") is None:
        reason = "gettext is not here, so nothing can gather the words of the code"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    for name in SOURCES:
        ignored = shutil.ignore_patterns("__pycache__", "*.mo")
        shutil.copytree(settings.BASE_DIR / name, tmp_path / name, ignore=ignored)
    for name in ("manage.py", "bin/words"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(settings.BASE_DIR / name, tmp_path / name)
    # The copy uses the Python of this run, in which all is installed.
    (tmp_path / "bin/venv").write_text("#!/bin/sh\n")
    (tmp_path / "bin/venv").chmod(0o755)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    runner = tmp_path / ".venv/bin/python"
    runner.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    runner.chmod(0o755)
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HOMEWARD_", "DJANGO_", "PYTHONPATH"))
    }
    done = subprocess.run(
        ["sh", "bin/words"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return read(tmp_path / FOLDER / "django.po")


def test_the_catalogue_holds_every_message_of_the_code_and_no_other(chinese, gathered):
    assert len(messages(gathered)) > 500  # else the gathering itself has failed
    assert sorted(map(str, messages(gathered))) == sorted(map(str, messages(chinese)))
    assert not chinese.obsolete


def test_every_message_is_translated_and_read_by_a_person(chinese):
    missing = [message.id for message in chinese if message.id and not all(forms(message.string))]
    doubtful = [message.id for message in chinese if message.id and message.fuzzy]
    assert (missing, doubtful) == ([], [])


def test_placeholders_and_tags_come_out_as_they_went_in(chinese):
    for message in chinese:
        *_, english = forms(message.id)  # of a plural, the form with the number in it
        for words in forms(message.string):
            for name, pattern in PLACEHOLDERS.items():
                before, after = (Counter(re.findall(pattern, text)) for text in (english, words))
                assert (set(before) if name == "brace" else before) == (
                    set(after) if name == "brace" else after
                ), (name, english, words)


def test_the_compiled_catalogue_says_what_the_written_one_says(chinese):
    with (settings.BASE_DIR / FOLDER / "django.mo").open("rb") as file:
        compiled = messages(read_mo(file))

    def said(found):
        return {name: forms(message.string) for name, message in found.items()}

    assert said(compiled) == said(messages(chinese))


def test_nothing_was_left_in_english(chinese):
    same = {english for english, words in pairs(chinese) if english == words}
    assert same == SAME_IN_BOTH
    without = {
        words for _, words in pairs(chinese) if not re.search(rf"{CHINESE}|[：，；。]", words)
    }
    assert without == SAME_IN_BOTH


@pytest.mark.parametrize(
    ("pattern", "rule"),
    [
        ("您", "the shop says 你"),
        (rf"{CHINESE}[,;:?!.()]", "punctuation after Chinese is full-width"),
        (rf"[(]{CHINESE}", "so are the brackets"),
        ("  ", "one blank is enough"),
        (rf"{CHINESE} {CHINESE}", "none between Chinese words"),
        (r"[，。：；？！] | [，。：；？！]", "and none beside full-width punctuation"),
        (r'"(?![^<]*>)', "quotes are “ ”"),
        (r"^\s|\s$", "nothing at the ends"),
    ],
    ids=lambda value: value if " " in value and len(value) > 3 else "",
)
def test_it_is_set_as_chinese_is_set(chinese, pattern, rule):
    assert [words for _, words in pairs(chinese) if re.search(pattern, words)] == [], rule
