"""A channel that leads nowhere: what is sent stays in our own database.

With it a clone shows short messages without a key and without speaking to anybody.
"""

import hashlib
from typing import ClassVar

from returns.channels import NO_ACCESS, Access, Error, Message

# Numbers that end so take nothing, to show what happens then.
DEAD_END = "000"


class Demo:
    KEYS: ClassVar[dict[str, str]] = {}
    USES_TEMPLATES = False

    def __init__(self, access: Access = NO_ACCESS) -> None:
        pass

    def send(self, message: Message) -> str:
        if message.recipient.endswith(DEAD_END):
            raise Error("The demo takes no messages to this number.", True, unreachable=True)
        return f"demo-{hashlib.sha256(message.key.encode()).hexdigest()[:32]}"

    def close(self) -> None:
        pass
