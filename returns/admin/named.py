"""What we call each other at the desk."""

from typing import Any


def named(user: Any) -> str:
    """By the first name, where an account has one; '' for nobody."""
    return (user.first_name or user.get_username()) if user else ""
