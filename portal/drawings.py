"""The symbols of the pages: one path each in a box of 24, 1.6 px round strokes.

One row per drawing, name → `d` of its path. A page names them by `{% icon "box" %}`;
only those it used are sent along (see `portal/templatetags/homeward.py`).
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from returns.models import OrderLine

ACTIONS = {
    "box": (
        "M3.5 7.6 12 3.4l8.6 4.1-.1 9.3-8.4 4.1-8.5-4.2zM3.6 7.6l8.5 4.2 8.4-4.2"
        "M12.1 11.9l-.1 8.9M7.8 5.6l8.5 4.2v3.1"
    ),
    "truck": (
        "M4.9 16.6H2.7L2.5 6.4h11.7l.1 10.1M14.3 9.6h3.6l3.5 3.6.1 3.4h-1.8M9.3 16.6h6"
        "M9.3 16.7a2.1 2.1 0 1 1-4.2-.1 2.1 2.1 0 0 1 4.2.1z"
        "M19.6 16.7a2.1 2.1 0 1 1-4.2-.1 2.1 2.1 0 0 1 4.2.1z"
    ),
    "plane": (
        "M10.4 13.3 3.2 10.6l1.6-1.5 7.8.9 4.4-4.3c1-1 3-1.7 3.5-1.2s-.3 2.5-1.3 3.5l-4.3"
        " 4.4.9 7.8-1.5 1.6-2.7-7.2-3.6 3.4.3 2.5-1.2 1.2-1.7-3.3-3.3-1.7 1.2-1.2 2.5.3z"
    ),
    "stamp": (
        "M9.4 13.6c.6-2.3-1.5-3.4-1.4-6a4 4 0 0 1 8 0c.1 2.6-2 3.7-1.4 6"
        "M5 17.4l.2-3.7h13.7l.1 3.7zM4.6 20.6h14.9"
    ),
    "house": "M3.4 11.6 12 4.2l8.7 7.4M5.7 9.9l.1 10.1h12.5l-.1-10.2M10 19.9v-5.7h4.1l-.1 5.7",
    "back": "M8.7 6.3 4.4 10.2l4.4 4M4.6 10.2h9.6c3.2 0 5.6 2 5.6 4.8s-2.4 4.7-5.6 4.7H9",
    "chev": "m9.3 5.6 6 6.4-6.1 6.4",
    "pin": (
        "M12 21c-3.8-4.5-6.2-7.7-6.2-11.2a6.2 6.2 0 0 1 12.5 0c0 3.5-2.5 6.7-6.3 11.2z"
        "M14.4 9.8a2.4 2.4 0 1 1-4.8-.1 2.4 2.4 0 0 1 4.8.1z"
    ),
    "ask": "M4.3 5.4h15.5l-.1 10.8h-7.6l-4.2 3.9.1-3.9H4.4zM12 7.9v4.2M12 13.9v.1",
    "clock": "M20.4 12.1a8.4 8.4 0 1 1-16.8-.2 8.4 8.4 0 0 1 16.8.2zM12 7.3v5l3.3 1.9",
    "print": "M7.3 9V4.3h9.5V9M7.3 16.4H4.4l-.1-7.3h15.5v7.3h-3M7.3 13.7h9.5l-.1 6.2H7.4z",
    "check": "m5 12.8 4.5 4.3 9.7-10.4",
    "camera": (
        "M3.5 8h4l1.5-2.5h6L16.5 8h4l-.1 11H3.6z"
        "M15.3 13.3a3.3 3.3 0 1 1-6.6-.1 3.3 3.3 0 0 1 6.6.1z"
    ),
    "mail": "M3.6 6.3h16.8l-.1 11.6H3.7zM3.8 6.6l8.3 6.5 8.2-6.5",
    "money": (
        "M3.4 7.2h17.1l.1 9.7-17.2.1zM14.4 12a2.4 2.4 0 1 1-4.8-.1 2.4 2.4 0 0 1 4.8.1z"
        "M6.3 12h.1M17.6 12h.1"
    ),
    "phone": (
        "M7.9 3.9c-1.5.3-3.2 1.6-3.3 3.3.3 6.5 5.9 12 12.3 12.2 1.7-.1 3-1.8 3.3-3.3"
        "l-4.1-2.5-2 1.9c-2.2-1-3.8-2.5-4.7-4.7L11.2 9z"
    ),
    "cancel": "M20.4 12.1a8.4 8.4 0 1 1-16.8-.2 8.4 8.4 0 0 1 16.8.2zM9 9.1l6 6M15 9l-6.1 6.1",
}

# Logos a store can choose, and what people buy. A line of an order is drawn by its title.
THINGS = {
    "juniper": (
        "M12 21.5V4M12 8.6C9.6 8.3 8.1 6.7 7.9 4.4M12 8.6c2.4-.3 3.9-1.9 4.1-4.2"
        "M12 13.3c-3-.4-5-2.2-5.4-5M12 13.3c3-.4 5-2.2 5.4-5M12 18c-3.3-.4-5.7-2.3-6.3-5.4"
        "M12 18c3.3-.4 5.7-2.3 6.3-5.4M7.3 18.6v.1M16.7 18.6v.1"
    ),
    "shirt": (
        "M8.6 4.3 4 6.7l1.6 4.6 2-.7-.1 9.5h9.1l-.1-9.5 2 .7L20 6.7l-4.6-2.4c-.5 1.4-1.8"
        " 2.3-3.4 2.3S9.1 5.7 8.6 4.3zM12 6.8v13.1"
    ),
    "candle": (
        "M8.5 11.2h7l-.1 9.2H8.6zM12 11.1V8.9"
        "M12 8.8c-1.7-.7-2.1-2.4 0-5.3 2.1 2.9 1.8 4.6 0 5.3zM5.8 20.5h12.5"
    ),
    "tea": (
        "M4.4 9.6h12.3c.1 6.1-2.2 8.9-6.1 8.9s-6.2-2.8-6.2-8.9z"
        "M16.6 11.2c2.6-.5 3.9.5 3.7 2.2-.2 1.8-1.9 2.6-4.5 2.2M3.9 20.7h13.2"
        "M8.2 7c-1-1.3.8-2.2-.1-3.6M12.3 7c-1-1.3.8-2.2-.1-3.6"
    ),
    "mug": (
        "M5.2 6.3h10.7l-.1 13H5.3zM15.9 8.9c2.9-.3 4.2 1.2 4.1 3.3-.1 2.2-1.5 3.5-4.1 3.3"
        "M5.3 9.5h10.5"
    ),
    "bottle": (
        "M10.1 3.5h3.9v4.1c2.2 1.1 2.7 2.5 2.7 4.7v8.2H7.4v-8.2c0-2.2.5-3.6 2.7-4.7z"
        "M7.5 12.6h9.1M7.5 17.2h9.1"
    ),
    "book": (
        "M12.1 6.6C9.9 5 7 4.6 3.7 4.9l.1 13.3c3.3-.3 6.1.1 8.3 1.6 2.2-1.5 5-1.9 8.2-1.6"
        "l.1-13.3C17.1 4.6 14.3 5 12.1 6.6zM12.1 6.7v13"
    ),
    "lamp": "M8.7 4.2h6.8l3.4 8.5H5.3zM12.1 12.8v6.6M8.3 19.8h7.5M15.5 12.9v2.9",
    "scarf": (
        "M7.4 4.3c2.8 2.1 6.5 2.1 9.2 0l1.7 3.4c-3.9 3-8.7 3-12.6 0z"
        "M13.4 10l3.1 9.9-4.3.7-1.7-10.4M12.5 20.5v1M14.3 20.2v1M7.3 9.1l-.9 6.2 3.8.6"
    ),
    "teapot": (
        "M6.5 10.8c1-2.3 3-3.3 5.6-3.3s4.6 1 5.6 3.3c1.6 4.5.4 8.3-2.6 8.3H9.1c-3"
        " 0-4.2-3.8-2.6-8.3zM6.1 12.6c-1.9-.2-2-2.6-3.7-3.1M17.9 11.2c4.2-1.2 4.6 4.7.3 4.9"
        "M12.1 7.4V5.7M8.4 9.3h7.5"
    ),
    "jar": (
        "M8 4.3h8.2v3.3H8z"
        "M7.3 7.7h9.6c1.3 1.3 1.4 2.6 1.4 4.1l-.1 8.6H5.9l-.1-8.6c0-1.5.3-2.8 1.5-4.1z"
        "M8.6 12.4h6.9v4H8.6z"
    ),
    "chair": (
        "M7.1 3.8l.9 8.9h8.2l.9-8.9M7.4 7.7h9.4M7.9 12.8l-1.5 7.7M16.3 12.8l1.5 7.7M7.2 16.6h9.8"
    ),
    "bag": "M5.3 8.6h13.6l1 11.7H4.3zM8.7 11V7.1c.1-4.4 6.7-4.4 6.8 0V11",
    "toy": (
        "M15.3 8.3a3.3 3.3 0 1 1-6.6-.1 3.3 3.3 0 0 1 6.6.1z"
        "M8.9 7c-2.2.2-2.7-2.6-.6-3 1-.1 1.6.4 1.9 1.2"
        "M15.1 7c2.2.2 2.7-2.6.6-3-1-.1-1.6.4-1.9 1.2"
        "M16.7 16a4.7 4.7 0 1 1-9.4-.1 4.7 4.7 0 0 1 9.4.1zM7.6 14.2l-2.4-1.3"
        "M16.4 14.2l2.4-1.3M10.3 20.4l-1.6.5M13.7 20.4l1.6.5M10.9 7.9v.1M13.1 7.9v.1"
    ),
    "charger": (
        "M8.3 8.3h7.6v4.9c-.6 2.3-2 3.3-3.8 3.3s-3.2-1-3.8-3.3zM10.1 8.2V4.3M14.1 8.2V4.3"
        "M12.1 16.6c-.1 3.4 1.3 4.6 3.9 4.1"
    ),
    "headphones": (
        "M4.5 15.7v-3.4c0-10.2 15.1-10.2 15.1 0v3.4"
        "M4.5 13.6h3.3v6.2H5.6c-.8 0-1.1-.5-1.1-1.2z"
        "M19.6 13.6h-3.3v6.2h2.2c.8 0 1.1-.5 1.1-1.2z"
    ),
    "shoe": (
        "M3.6 6.7c1.7 1.5 3.5 1.4 5 .1l4.7 5.4c2.2 1.7 7.1 1.1 7.1 5.4H3.7zM3.7 15.2h16.2"
        "M11 9.7l-1.5 1.2M13 12l-1.5 1.2"
    ),
    "bowl": (
        "M3.7 11.3h16.7c-.2 4.8-3.2 7.6-8.3 7.6s-8.2-2.8-8.4-7.6zM9 19.1l-.4 1.5h7l-.4-1.5"
        "M4.6 14.2c5 1.2 10 1.2 14.9 0"
    ),
    "blanket": (
        "M4.3 5.3h13.5l2 2.5v11H6.2l-1.9-2zM4.4 5.5l1.9 2.4h13.4M6.3 8v10.7M8.4 18.9v1.7"
        "M12.1 18.9v1.7M15.8 18.9v1.7M10.2 11.3h6M10.2 14.3h6"
    ),
    "watch": (
        "M16.6 12a4.6 4.6 0 1 1-9.2-.1 4.6 4.6 0 0 1 9.2.1zM9.3 8.1l.5-4.3h4.5l.5 4.3"
        "M9.3 15.9l.5 4.4h4.5l.5-4.4M12 9.7V12l1.6.9"
    ),
}

SYMBOLS = ACTIONS | THINGS
FALLBACK = "box"

# Words in the title of a product, in English and Chinese → its drawing. First match wins,
# so the narrower word stands first (teapot before tea).
TITLES = {
    "teapot": ("teapot", "tea pot", "gaiwan", "茶壶", "盖碗"),
    "blanket": ("blanket", "throw", "towel", "毯", "毛巾"),
    "shirt": ("shirt", "blouse", "sweater", "jumper", "dress", "jacket", "衬衫", "毛衣", "外套"),
    "scarf": ("scarf", "shawl", "围巾", "披肩"),
    "shoe": ("shoe", "boot", "slipper", "sandal", "鞋"),
    "candle": ("candle", "蜡烛"),
    "headphones": ("headphone", "earphone", "earbud", "耳机"),
    "charger": ("charger", "cable", "adapter", "充电", "数据线"),
    "watch": ("watch", "手表"),
    "book": ("book", "journal", "notebook", "书", "手账", "笔记本"),
    "lamp": ("lamp", "lantern", "灯"),
    "chair": ("chair", "stool", "椅", "凳"),
    "bag": ("bag", "tote", "backpack", "包"),
    "toy": ("toy", "bear", "doll", "玩具", "玩偶", "小熊"),
    "bowl": ("bowl", "plate", "dish", "碗", "盘"),
    "jar": ("jar", "honey", "jam", "canister", "罐", "蜂蜜"),
    "bottle": ("bottle", "flask", "oil", "瓶", "保温杯"),
    "mug": ("mug", "cup", "tumbler", "杯"),
    "tea": ("tea", "茶"),
}
# Chinese writes without gaps, so only words in Latin letters have to stand alone.
WORDS = {
    name: re.compile(
        "|".join(rf"\b{word}(?:s|es)?\b" if word.isascii() else word for word in words),
        re.IGNORECASE,
    )
    for name, words in TITLES.items()
}


def symbol(name: str) -> str:
    """The name itself when we have drawn it, else a box."""
    return name if name in SYMBOLS else FALLBACK


def of_product(title: str) -> str:
    """The symbol that fits a product's title; a box when none does."""
    return next((name for name, words in WORDS.items() if words.search(title)), FALLBACK)


def of_line(line: "OrderLine") -> str:
    """The drawing that the shop chose for a line, else the one that fits its title."""
    return line.drawing or of_product(line.title)
