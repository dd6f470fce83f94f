from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.ops.mailing import MailTrouble, send_test_mail


class Command(BaseCommand):
    help = "Sends a mail to try the mail server; says what is wrong, and exits with 1, where it cannot."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="whom to send it to")

    def handle(self, *args: Any, address: str, **options: Any) -> None:
        """Send one mail and say who took it.

        :raises CommandError: with one sentence, if mail does not go out
        """
        try:
            send_test_mail(address)
        except MailTrouble as error:
            raise CommandError(str(error)) from error
        server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        self.stdout.write(f"{server} took a mail from {settings.DEFAULT_FROM_EMAIL} to {address}.")
