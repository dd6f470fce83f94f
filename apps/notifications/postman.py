"""Mails of what happened go out: claimed by one worker, read, sent, and settled one by one.

A mail is settled in the statement after the server's answer. Whoever is killed between the two leaves a mail that went
out and waits: it goes again when its lease is over, under the same Message-ID. Everything else happens once.
"""

import re
import smtplib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Any

import structlog
from django.core.mail import get_connection
from django.db import connection
from django.utils import timezone

from apps.accounts.services import pause_address
from apps.core import mail
from apps.core.tenancy import run_as_system, unit_of_work
from apps.notifications.letters import compose
from apps.notifications.models import Mail
from apps.notifications.selectors.letters import Letter, letters_of, may_still_go
from apps.notifications.services import plan

logger = structlog.get_logger("flowboard.postman")

BATCH = 50
# Longer than the mail server is waited for, with every command of one mail.
LEASE = timedelta(minutes=5)
# One run ends well within a job's time limit, in seconds; the next goes on where it stopped.
LONGEST_RUN = 300.0
# The last attempt comes about eight hours after the first: a mail server's bad night.
ATTEMPTS = 14
# What mail servers say of an address that does not exist or takes no more mail (RFC 5321, 3463). Other refusals are
# about the sender, the words or the server, and no reason to give the address up.
_NO_SUCH_ADDRESS = re.compile(r"5\.1\.(?:1|2|3|6|10)\b|5\.2\.1\b")
_ENHANCED = re.compile(r"\b5\.\d{1,3}\.\d{1,3}\b")
_PLAIN = frozenset({550, 551, 553})
_random = SystemRandom()


class ServerAway(Exception):
    """The mail server takes nothing at all now; whatever else waits would only be refused too."""


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts: half a minute, one, two … an hour at most, and not all in step."""
    seconds = min(30 * 2 ** (attempts - 1), 3600)
    return timedelta(seconds=seconds * _random.uniform(0.75, 1.25))


def due_organizations() -> list[int]:
    """Where mail is to be put together or sent."""
    with unit_of_work(), connection.cursor() as cursor:
        cursor.execute("SELECT org_id FROM flowboard_due_mail()")
        return [row[0] for row in cursor.fetchall()]


def post_everywhere() -> None:
    """Put together and send what is due, one organization after the other, for as long as a run may take."""
    ends_at = time.monotonic() + LONGEST_RUN
    for org_id in due_organizations():
        if time.monotonic() < ends_at:
            post(org_id=org_id, ends_at=ends_at)


def post(*, org_id: int, ends_at: float | None = None) -> int:
    """Put together what is due in an organization, and send it; how many mails went out.

    :param ends_at: when to stop, by the monotonic clock; what is left then is taken by the next run
    """
    ends_at = ends_at or time.monotonic() + LONGEST_RUN
    is_planned = True
    while is_planned:
        with run_as_system(org_id=org_id) as actor:
            is_planned = plan(actor=actor) > 0
    sent = 0
    while time.monotonic() < ends_at:
        lease, mail_ids = _claim(org_id)
        if not mail_ids:
            break
        try:
            sent += _send_batch(org_id, mail_ids, lease, ends_at)
        except ServerAway as away:
            logger.warning("mail server away", error=str(away))
            break
    return sent


def _claim(org_id: int) -> tuple[datetime, list[int]]:
    """Take some mails; until the lease is over no other worker does."""
    lease = timezone.now() + LEASE
    with run_as_system(org_id=org_id):
        chosen = (
            Mail.objects.filter(org_id=org_id, state=Mail.State.WAITING, due_at__lte=timezone.now())
            .order_by("due_at", "pk")
            .select_for_update(no_key=True, skip_locked=True)
        )
        ids = list(chosen.values_list("pk", flat=True)[:BATCH])
        Mail.objects.filter(pk__in=ids).update(due_at=lease)
    return lease, ids


def _send_batch(org_id: int, mail_ids: Sequence[int], lease: datetime, ends_at: float) -> int:
    with run_as_system(org_id=org_id) as actor:
        letters = letters_of(actor=actor, mail_ids=mail_ids)
        for trouble in {letter.trouble for letter in letters if letter.trouble}:
            ids = [letter.mail.pk for letter in letters if letter.trouble == trouble]
            ours = Mail.objects.filter(pk__in=ids, state=Mail.State.WAITING, due_at=lease)
            ours.update(state=Mail.State.DROPPED, settled_at=timezone.now(), last_error=trouble)
    going = [letter for letter in letters if not letter.trouble]
    if not going:
        return 0
    with _server(going) as server:
        # What a slow server leaves no time for comes again when the lease is over.
        return sum(_send(server, letter, lease) for letter in going if time.monotonic() < ends_at)


@contextmanager
def _server(letters: Sequence[Letter]) -> Iterator[Any]:
    """One connection for all of them.

    :raises ServerAway: if there is none, or it ends for all; what was not tried is tried later
    """
    server = get_connection()
    try:
        server.open()
    except OSError as error:
        for letter in letters:
            letter.mail.attempts += 1
            _put_back(letter, mail.answer_of(error))
        raise ServerAway(mail.answer_of(error)) from error
    try:
        yield server
    finally:
        server.close()


def _send(server: Any, letter: Letter, lease: datetime) -> bool:
    """Send one mail; whether it went out. Whatever hinders it is kept with it."""
    if not _take(letter, lease):
        return False
    try:
        server.open()
        server.send_messages([compose(letter)])
    except Exception as error:  # the boundary of the outbox: whatever fails becomes a recorded retry
        logger.exception("mail not sent", mail=letter.mail.pk, attempt=letter.mail.attempts)
        _settle_failure(server, letter, error)
        return False
    _settle(letter, state=Mail.State.SENT, settled_at=timezone.now(), last_error="")
    return True


def _take(letter: Letter, lease: datetime) -> bool:
    """Begin an attempt, which counts from here on; whether the mail is still this worker's, and may still go."""
    with run_as_system(org_id=letter.mail.org_id):
        mine = Mail.objects.filter(pk=letter.mail.pk, state=Mail.State.WAITING, due_at=lease)
        letter.mail.attempts += 1
        if not mine.update(attempts=letter.mail.attempts, due_at=timezone.now() + LEASE):
            return False
        if letter.mail.attempts > ATTEMPTS:
            _give_up(letter, letter.mail.last_error or "Its worker died each time.")
            return False
        if may_still_go(letter=letter):
            return True
        # Something changed since it was read: it is read again at once.
        Mail.objects.filter(pk=letter.mail.pk).update(due_at=timezone.now(), attempts=letter.mail.attempts - 1)
        return False


def _settle_failure(server: Any, letter: Letter, error: Exception) -> None:
    answer = mail.answer_of(error)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, _said = next(iter(error.recipients.values()))
        if _is_gone(code, answer):
            with unit_of_work():
                pause_address(user=letter.user, email=letter.email, answer=answer[:2000])
        if 500 <= code < 600:
            _settle_dead(letter, answer)
            return
    elif isinstance(error, smtplib.SMTPDataError) and 500 <= error.smtp_code < 600:
        _settle_dead(letter, answer)
        return
    elif isinstance(error, smtplib.SMTPServerDisconnected):
        # The next mail opens a connection of its own.
        server.close()
    _put_back(letter, answer or type(error).__name__)


def _is_gone(code: int, answer: str) -> bool:
    """Whether an answer says that the address itself is the trouble, for good."""
    if _ENHANCED.search(answer):
        return bool(_NO_SUCH_ADDRESS.search(answer))
    return code in _PLAIN


def _put_back(letter: Letter, error: str) -> None:
    """Try again later; after the last attempt the mail waits for an operator."""
    if letter.mail.attempts >= ATTEMPTS:
        _settle_dead(letter, error)
    else:
        _settle(
            letter,
            attempts=letter.mail.attempts,
            due_at=timezone.now() + backoff(letter.mail.attempts),
            last_error=error[:2000],
        )


def _settle_dead(letter: Letter, error: str) -> None:
    with run_as_system(org_id=letter.mail.org_id):
        _give_up(letter, error)


def _give_up(letter: Letter, error: str) -> None:
    Mail.objects.filter(pk=letter.mail.pk).update(
        state=Mail.State.DEAD, attempts=letter.mail.attempts, settled_at=timezone.now(), last_error=error[:2000]
    )


def _settle(letter: Letter, **values: Any) -> None:
    with run_as_system(org_id=letter.mail.org_id):
        Mail.objects.filter(pk=letter.mail.pk).update(**values)
