"""A real SMTP server for tests: mails go over a socket, and are read as a mail program reads them."""

import asyncio
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.processes import free_port


class Mailbox(Controller):
    """Keeps every mail it gets in `mails`. `refuses` makes it answer that it cannot take any just now.

    `refused` holds what it answers for an address, `refuses_words` for every mail, and it hangs up on so many mails.
    It takes `delay` seconds for each.
    """

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuses = False
        self.refused: dict[str, str] = {}
        self.refuses_words = ""
        self.hangs_up = 0
        self.delay = 0.0
        super().__init__(self, hostname="127.0.0.1", port=free_port())

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        """Take a recipient, or refuse it."""
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take one mail."""
        await asyncio.sleep(self.delay)
        if self.refuses:
            return "451 Try again later"
        if self.refuses_words:
            return self.refuses_words
        if self.hangs_up:
            self.hangs_up -= 1
            server.transport.abort()
            return "421 Bye"
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        # Over which connection it came.
        mail["X-Peer"] = str(session.peer)
        self.mails.append(mail)
        return "250 OK"


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """The words of a mail, as text or as HTML."""
    part = mail.get_body((kind,))
    assert part is not None
    text: str = part.get_content()
    return text
