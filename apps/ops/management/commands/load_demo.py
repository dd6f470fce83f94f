import os
from argparse import ArgumentParser
from base64 import b32encode
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.crypto import salted_hmac

from apps.accounts.models import User
from apps.accounts.selectors import get_server
from apps.ops.demo.removal import mark_demo
from apps.ops.demo.story import read_stories
from apps.ops.demo.telling import tell

EMAIL = "ada@acme.test"
LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}


class Command(BaseCommand):
    help = "Loads two invented organizations in the middle of their work, where there is nobody yet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the operator's word that strangers may reach this server."""
        parser.add_argument(
            "--anywhere",
            action="store_true",
            help="load it although FlowBoard answers to other hosts than this machine",
        )

    def handle(self, *args: Any, anywhere: bool, **options: Any) -> str:
        """Load the demo once; answer with how to sign in to it, or with nothing where it is not there.

        :raises CommandError: if FlowBoard can be reached from elsewhere and nobody asked for the demo there
        """
        password = demo_password()
        if get_server().demo_removed_at is not None:
            self.stderr.write("The demo was removed from this server; nothing was loaded.")
            return ""
        stories = read_stories()
        ada = User.objects.filter(email=EMAIL).first()
        if ada is not None:
            # One that was loaded before there were marks gets them now.
            mark_demo(stories)
            self.stderr.write("The demo is loaded already; nothing was changed.")
            return f"{EMAIL} / {password}" if ada.check_password(password) else ""
        if User.objects.exists():
            self.stderr.write("The demo was not loaded: somebody works here already.")
            return ""
        strangers = sorted(set(settings.ALLOWED_HOSTS) - LOOPBACK)
        if strangers and not (anywhere or os.environ.get("FLOWBOARD_DEMO") == "1"):
            raise CommandError(
                f"The demo was not loaded: FlowBoard answers to {', '.join(strangers)} as well, and its people would "
                "be anybody's to sign in as. Say --anywhere (or FLOWBOARD_DEMO=1) to load it all the same."
            )
        tell(stories, password=password, now=timezone.now())
        mark_demo(stories)
        return f"{EMAIL} / {password}"


def demo_password() -> str:
    """The password of everybody in the demo: another one on every installation, and never stored in the clear."""
    digest = salted_hmac("flowboard.demo", "password", algorithm="sha256").digest()
    word = b32encode(digest)[:12].decode().lower()
    return "-".join(word[start : start + 4] for start in range(0, 12, 4))
