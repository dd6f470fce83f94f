"""A real SMTP server for tests: mails go over a socket, and are read as a mail program reads them."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.processes import free_port


class Mailbox(Controller):
    """Keeps every mail it gets in `mails`. `refuses` makes it answer that it cannot take any just now."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuses = False
        super().__init__(self, hostname="127.0.0.1", port=free_port())

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take one mail."""
        if self.refuses:
            return "451 Try again later"
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """The words of a mail, as text or as HTML."""
    part = mail.get_body((kind,))
    assert part is not None
    text: str = part.get_content()
    return text
