"""The mails of accounts. A request only notes that one is due, with the change that it tells of; a worker sends it.

So nobody waits for a mail server, the time that an answer takes tells nothing about which addresses have an account,
and a mail server that is away loses no mail. Links are made when a mail is sent: no secret lies in the database.
"""

from typing import Any

import structlog
from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.addresses import RESUME_TEMPLATE
from apps.accounts.links import confirmation_link, reset_link
from apps.accounts.models import AccountMail, RefusedAddress, User
from apps.core import mail
from apps.core.tenancy import unit_of_work
from apps.events.deliveries import ATTEMPTS, LEASE, backoff
from apps.events.relay import ring_worker

logger = structlog.get_logger("flowboard.mails")

# allauth's mails by its own names: what the subject says, and which of our templates holds the words.
MAILS = {
    "account/email/email_confirmation": (_("Confirm your address"), "account/mail/confirm"),
    "account/email/email_confirmation_signup": (_("Confirm your address"), "account/mail/confirm"),
    "account/email/password_reset_key": (_("Choose a new password"), "account/mail/reset"),
    "account/email/account_already_exists": (_("You have an account already"), "account/mail/exists"),
    "account/email/password_changed": (_("Your password was changed"), "account/mail/changed"),
    "account/email/password_set": (_("Your password was changed"), "account/mail/changed"),
    "account/email/password_reset": (_("Your password was changed"), "account/mail/changed"),
    "account/email/email_changed": (_("Your main address was changed"), "account/mail/changed"),
    "account/email/email_confirm": (_("Your address is confirmed"), "account/mail/changed"),
    "account/email/email_deleted": (_("An address was removed from your account"), "account/mail/changed"),
}
# Ours beside them: whether an address that was refused takes mail again.
RESUME = "flowboard/resume"
MAILS[RESUME] = (_("Mail reaches you again"), RESUME_TEMPLATE)
# What of allauth's context is kept until the mail is written; everything else is made then, or not used.
KEPT = ("ip",)


class Outdated(Exception):
    """What the mail would say is no longer so: its person or address is gone."""


def note(*, kind: str, email: str, context: dict[str, Any]) -> None:
    """Note that a mail is due. It is lost with the transaction that it tells of, and with nothing else."""
    subject, template = MAILS[kind]
    noted = AccountMail.objects.create(
        template=template,
        subject=str(subject),
        email=email,
        user=context.get("user"),
        facts={name: context[name] for name in KEPT if name in context},
    )
    transaction.on_commit(lambda: _ring(noted.pk))


def _ring(mail_id: int) -> None:
    from apps.accounts.jobs import send_mail  # the job stands on this module

    ring_worker(send_mail, mail_id)


def send(mail_id: int) -> bool:
    """Send a mail that is due, and forget it; whatever hinders it is kept with it, and it comes again later.

    A worker that dies between sending and forgetting makes the mail come twice, under one Message-ID.
    """
    with unit_of_work():
        noted = (
            AccountMail.objects.select_for_update(no_key=True, skip_locked=True)
            .due(timezone.now())
            .filter(pk=mail_id)
            .first()
        )
        if noted is None:
            return False
        noted.attempts += 1
        noted.due_at = timezone.now() + LEASE
        noted.save(update_fields=["attempts", "due_at"])
    try:
        with unit_of_work():
            compose(noted).send()
    except Outdated:
        logger.info("mail outdated", mail=mail_id)
    except Exception as error:  # the boundary of the outbox: whatever fails becomes a recorded retry
        logger.exception("mail not sent", mail=mail_id, attempt=noted.attempts)
        _put_back(noted, f"{type(error).__name__}: {error}"[:2000])
        return False
    with unit_of_work():
        noted.delete()
        if noted.template == RESUME_TEMPLATE:
            RefusedAddress.objects.filter(email=noted.email).delete()
    return True


def ask_to_resume(user: User) -> None:
    """Try a refused address with a mail; it is written to again once a mail server takes that. One try at a time."""
    if not RefusedAddress.objects.filter(user=user, email=user.email).exists():
        return
    # What was given up is tried anew.
    AccountMail.objects.filter(user=user, template=RESUME_TEMPLATE, due_at__isnull=True).delete()
    if not AccountMail.objects.filter(user=user, template=RESUME_TEMPLATE).exists():
        note(kind=RESUME, email=user.email, context={"user": user})


def _put_back(noted: AccountMail, error: str) -> None:
    """Try again later; after the last attempt the mail waits for an operator."""
    is_last = noted.attempts >= ATTEMPTS
    with unit_of_work():
        AccountMail.objects.filter(pk=noted.pk).update(
            due_at=None if is_last else timezone.now() + backoff(noted.attempts), last_error=error
        )


def send_due(*, limit: int = 500) -> int:
    """Send what the doorbell missed and what is to be tried again; how many mails went out."""
    with unit_of_work():
        ids = list(
            AccountMail.objects.due(timezone.now()).order_by("due_at", "pk").values_list("pk", flat=True)[:limit]
        )
    return sum(send(mail_id) for mail_id in ids)


def compose(noted: AccountMail) -> Any:
    """The mail with its links, made now.

    :raises Outdated: if the person, or the address to confirm, is gone
    """
    context: dict[str, Any] = {**noted.facts, "email": noted.email, "timestamp": noted.created_at}
    if noted.template == "account/mail/reset":
        context["password_reset_url"] = reset_link(_person(noted))
    elif noted.template == "account/mail/confirm":
        address = EmailAddress.objects.filter(user_id=noted.user_id, email=noted.email).first()
        if address is None:
            raise Outdated
        context["activate_url"] = confirmation_link(address)
    return mail.compose(
        to=noted.email,
        subject=noted.subject,
        template=noted.template,
        context={**context, "subject": noted.subject},
        message_id=f"account-{noted.pk}-{int(noted.created_at.timestamp())}",
    )


def _person(noted: AccountMail) -> User:
    if noted.user is None or not noted.user.is_active or noted.user.kind != User.Kind.PERSON:
        raise Outdated
    return noted.user


def retry(noted: AccountMail) -> None:
    """Give a mail that was given up all its attempts again."""
    noted.attempts, noted.due_at, noted.last_error = 0, timezone.now(), ""
    noted.save(update_fields=["attempts", "due_at", "last_error"])
