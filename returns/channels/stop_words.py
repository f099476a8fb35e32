"""Whether a short message that came in ends our messages, or begins them again.

Pure. The English words are those that American carriers oblige everybody to know, the
Chinese ones those that stand under every text message in China. The carriers oblige nobody
over WhatsApp, so that there a word which may answer a question of ours is an answer.
"""

import unicodedata

STOP = frozenset(
    {
        "stop",
        "stopall",
        "unsubscribe",
        "arret",
        "stopp",
        "baja",
        "退订",
        "退訂",
        "取消订阅",
        "取消訂閱",
        "停止",
    }
)
STOP_BY_SMS = STOP | {"cancel", "end", "quit", "t", "n", "td", "tq", "拒收"}
START = frozenset({"start", "unstop", "subscribe", "订阅", "訂閱", "恢复", "恢復"})


def stop_words(text: str, channel: str) -> str:
    """`stop`, `start` or ``. Case, accents, blanks, full-width letters and punctuation do
    not matter; in a message that says more, nothing is meant by the word. channel: `sms` or
    another."""
    letters = unicodedata.normalize("NFKD", text).casefold()
    word = "".join(sign for sign in letters if sign.isalnum())
    if word in (STOP_BY_SMS if channel == "sms" else STOP):
        return "stop"
    return "start" if word in START else ""
