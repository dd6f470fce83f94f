"""Messages go out: one worker at a time sends, to many servers at once.

Threads wait for servers, and do nothing else; the database is asked by the one that started them, in short
transactions before and after. A message is settled after the answer: whoever is killed in between leaves one that went
out and waits, and goes again under the same id when its lease is over.
"""

import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import datetime

import structlog
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core import egress
from apps.core.errors import DomainError
from apps.core.tenancy import run_as_system
from apps.webhooks.bodies import bodies_of
from apps.webhooks.selectors import due_organizations
from apps.webhooks.services import Outcome, Parcel, claim, plan, settle
from apps.webhooks.services.messages import LONGEST_ANSWER
from apps.webhooks.signing import headers_for

logger = structlog.get_logger("flowboard.webhooks")

# At the same time to all servers; half of them at most to those that failed last.
THREADS = 32
# A run takes no more after so many seconds; the next goes on where it stopped.
LONGEST_RUN = 60.0
LIMITS = egress.Limits(connect=5.0, total=15.0, largest=LONGEST_ANSWER)
_LOCK_CLASS = 0x133B


def send_everywhere(*, longest: float = LONGEST_RUN) -> int:
    """Send what is due, everywhere, unless another worker does; how many attempts that were."""
    with _alone() as is_mine:
        return _Run(longest).go() if is_mine else 0


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether this is the one worker that sends. The lock belongs to the connection: a killed one gives it back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, 0)", [_LOCK_CLASS])
        row = cursor.fetchone()
    is_mine = bool(row and row[0])
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, 0)", [_LOCK_CLASS])


class _Run:
    """One worker's turn."""

    def __init__(self, longest: float) -> None:
        self._ends_at = time.monotonic() + longest
        self._flying: dict[Future[Outcome], Parcel] = {}
        self._sent = 0

    def go(self) -> int:
        """Send until nothing is due any more, or the time is over."""
        with ThreadPoolExecutor(THREADS, thread_name_prefix="webhook") as threads:
            while True:
                has_more = time.monotonic() < self._ends_at and self._take(threads)
                if not self._flying:
                    if not has_more:
                        return self._sent
                    continue
                done, _flying = wait(self._flying, timeout=0.5, return_when=FIRST_COMPLETED)
                self._settle([future.result() for future in done])
                for future in done:
                    del self._flying[future]

    def _take(self, threads: ThreadPoolExecutor) -> bool:
        """Plan what has happened, and begin to send what is due; whether there was anything."""
        has_more = False
        for due in due_organizations():
            if due.is_behind:
                with run_as_system(org_id=due.org_id) as actor:
                    has_more |= plan(actor=actor, write=bodies_of)
            free = THREADS - len(self._flying)
            if not free:
                break
            failing = sum(parcel.is_failing for parcel in self._flying.values())
            with run_as_system(org_id=due.org_id) as actor:
                parcels = claim(actor=actor, limit=free, failing_limit=THREADS // 2 - failing)
            for parcel in parcels:
                self._flying[threads.submit(send, parcel)] = parcel
            has_more |= bool(parcels)
        return has_more

    def _settle(self, outcomes: list[Outcome]) -> None:
        by_org: dict[int, list[Outcome]] = {}
        for outcome in outcomes:
            by_org.setdefault(outcome.parcel.org_id, []).append(outcome)
        for org_id, theirs in by_org.items():
            with run_as_system(org_id=org_id) as actor:
                settle(actor=actor, outcomes=theirs)
        self._sent += len(outcomes)


def send(parcel: Parcel) -> Outcome:
    """Send one message, and say what came of it. Whatever hinders it is said there too."""
    at = timezone.now()
    began_at = time.monotonic()
    try:
        return _outcome(parcel, at, _ask(parcel, at))
    except DomainError as error:
        reason = str(error.detail or error.title)
    except Exception as error:  # the boundary of the outbox: whatever fails becomes a recorded retry
        logger.exception("webhook not sent", message=parcel.message_id, attempt=parcel.attempt)
        reason = f"{type(error).__name__}: {error}"[:500]
    return Outcome(parcel=parcel, at=at, seconds=time.monotonic() - began_at, error=reason)


def _ask(parcel: Parcel, at: datetime) -> egress.Answer:
    body = parcel.body.encode()
    signed = headers_for(key=parcel.key, timestamp=int(at.timestamp()), body=body, nonces=parcel.nonces)
    headers = {"Content-Type": "application/json", **signed}
    return egress.send("POST", parcel.url, headers=headers, body=body, limits=LIMITS)


def _outcome(parcel: Parcel, at: datetime, answer: egress.Answer) -> Outcome:
    error = ""
    if 300 <= answer.status < 400:
        error = _("It leads on to “%(place)s”. Redirects are not followed: change the address.") % {
            "place": answer.headers.get("location", "")[:200]
        }
    elif not 200 <= answer.status < 300:
        error = _("The server answered %(status)s.") % {"status": answer.status}
    wanted = answer.headers.get("retry-after", "")
    return Outcome(
        parcel=parcel,
        at=at,
        seconds=answer.seconds,
        status=answer.status,
        answer=answer.body.decode("utf-8", "replace").replace("\x00", "�"),
        error=error,
        retry_after=int(wanted) if wanted.isascii() and wanted.isdigit() else 0,
    )
