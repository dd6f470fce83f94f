"""The workers' side of the mails of accounts."""

from celery import shared_task

from apps.accounts import mails


@shared_task(name="accounts.send_mail")
def send_mail(mail_id: int) -> None:
    """Send one mail, if it is still due."""
    mails.send(mail_id)


@shared_task(name="accounts.send_mails")
def send_mails() -> None:
    """Send what the doorbell missed, and what is to be tried again."""
    mails.send_due()
