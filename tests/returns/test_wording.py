"""Names in Latin letters stand apart from hanzi, and nothing else does."""

import pytest
from django.utils import translation

from returns.wording import filled, set_apart


@pytest.mark.parametrize(
    ("words", "who", "text"),
    [
        ("{who}回复了你。", "Ieva", "Ieva 回复了你。"),
        ("{who}回复了你。", "小王", "小王回复了你。"),
        ("我们向{who}询问了。", "EMS", "我们向 EMS 询问了。"),
        ("我们向{who}询问了。", "顺丰速运", "我们向顺丰速运询问了。"),
        ("最后一次扫描在{who}。", "Frankfurt", "最后一次扫描在 Frankfurt。"),
        ("{who} answered you.", "Ieva", "Ieva answered you."),
        ("{who} answered you.", "小王", "小王 answered you."),
    ],
)
def test_a_blank_stands_only_between_hanzi_and_latin_letters(words, who, text):
    assert filled(words, who=who) == text


def test_a_name_between_hanzi_is_set_apart_in_chinese_alone():
    with translation.override("zh-hans"):
        assert [set_apart(name) for name in ("EMS", "顺丰速运", "")] == [" EMS ", "顺丰速运", ""]
    with translation.override("en"):
        assert set_apart("EMS") == "EMS"
