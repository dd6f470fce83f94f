"""Checks of what runs beside the database: Valkey, the channel layer, jobs, the outbox, mail."""

import asyncio
import time
from collections.abc import Iterator
from uuid import uuid4

import redis
from celery import current_app
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from kombu.exceptions import OperationalError

from apps.ops.doctor.findings import Finding, Level, bad, ok, warn
from apps.ops.doctor.machine import is_production
from apps.ops.embedded import Home
from apps.ops.jobs import HEARTBEAT_KEY
from apps.ops.mailing import MailTrouble, check_server

PATIENCE = 2.0
# Three slots of the beat.
HEARTBEAT_LIMIT = 30.0
OVERDUE_AFTER = "1 minute"
# A mail that waits longer than this waits for a mail server, or for a worker.
LATE = 15 * 60

# Mail that still collects is not in it: it waits because its person wants that.
_QUEUES = """
SELECT queue, count(*), extract(epoch FROM now() - min(created_at))::integer FROM (
    SELECT 'deliveries' AS queue, created_at FROM events_delivery WHERE state = 'waiting'
    UNION ALL SELECT 'mails', created_at FROM notifications_mail WHERE state = 'waiting'
    UNION ALL SELECT 'mails', created_at FROM accounts_accountmail WHERE due_at IS NOT NULL
) AS waiting GROUP BY queue
"""


def examine(*, with_database: bool) -> Iterator[Finding]:
    """Everything that needs no answer from an unreachable server."""
    valkey = _valkey()
    yield valkey
    if valkey.level == "ok":
        yield _channels()
        yield from _jobs()
    if with_database:
        yield _queues()
        yield from _outbox()
    yield _mail()


def _valkey() -> Finding:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as client:
            started = time.monotonic()
            client.ping()
            milliseconds = (time.monotonic() - started) * 1000
            info = client.info()
    except (redis.RedisError, ValueError) as error:
        return bad("valkey", f"cannot be reached: {error}", "Start Valkey, or correct REDIS_URL.")
    version = info.get("valkey_version") or info.get("redis_version")
    policy = info.get("maxmemory_policy")
    what = f"{info.get('server_name', 'redis')} {version}, {info['used_memory_human']} used, {milliseconds:.1f} ms"
    if policy != "noeviction":
        return warn(
            "valkey", f"{what}; evicts by {policy}", "Set maxmemory-policy to noeviction: queued jobs live there too."
        )
    return ok("valkey", what)


def _channels() -> Finding:
    async def round_trip() -> float:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        message = {"type": "doctor.ping", "id": uuid4().hex}
        started = time.monotonic()
        async with asyncio.timeout(PATIENCE):
            await layer.send(channel, message)
            while (await layer.receive(channel)).get("id") != message["id"]:
                continue
        return (time.monotonic() - started) * 1000

    try:
        milliseconds = asyncio.run(round_trip())
    except (TimeoutError, OSError, redis.RedisError) as error:
        return bad(
            "channel layer",
            f"no message came back ({type(error).__name__})",
            "Check that REDIS_URL allows publish and subscribe; boards catch up from the log meanwhile.",
        )
    return ok("channel layer", f"round trip in {milliseconds:.1f} ms")


def _jobs() -> Iterator[Finding]:
    expected = is_production() or _runs_here()
    report = bad if expected else warn
    advice = (
        "Look at the logs of worker and beat, and start them again."
        if expected
        else "FlowBoard is not running on this data directory: start it with `make up`."
    )
    try:
        answers = current_app.control.ping(timeout=PATIENCE)
    except (OperationalError, OSError, redis.RedisError) as error:
        yield bad("worker", f"the broker refuses: {error}", "Correct REDIS_URL.")
        return
    names = sorted(name for answer in answers for name in answer)
    yield ok("worker", f"{', '.join(names)} answers") if names else report("worker", "no worker answers", advice)
    beaten_at = cache.get(HEARTBEAT_KEY)
    if beaten_at is None:
        yield report("beat", "no slot has reached a worker yet", advice)
        return
    age = time.time() - beaten_at
    what = f"last slot {age:.0f} s ago"
    yield ok("beat", what) if age <= HEARTBEAT_LIMIT else report("beat", what, advice)


def _runs_here() -> bool:
    """Whether a supervisor runs on this FLOWBOARD_HOME."""
    claim = Home.of(str(settings.FLOWBOARD_HOME)).claim()
    if claim is None:
        return True
    claim.close()
    return False


def _queues() -> Finding:
    """How much waits, and since when, in words and for programs that watch."""
    with connections["staff"].cursor() as cursor:
        cursor.execute(_QUEUES)
        found = {queue: (count, age) for queue, count, age in cursor.fetchall()}
    (facts, oldest_fact), (mails, oldest_mail) = (found.get(queue, (0, 0)) for queue in ("deliveries", "mails"))
    is_late = oldest_mail > LATE
    return Finding(
        Level.WARN if is_late else Level.OK,
        "queues",
        f"{facts} deliveries wait, the oldest for {oldest_fact} s; {mails} mails, the oldest for {oldest_mail} s",
        "Read in the admin why (Mails, Account mails); where nothing is wrong, start more workers." if is_late else "",
        {
            "deliveries_waiting": facts,
            "deliveries_oldest_seconds": oldest_fact,
            "mails_waiting": mails,
            "mails_oldest_seconds": oldest_mail,
        },
    )


def _outbox() -> Iterator[Finding]:
    # The staff role sees all organizations; numbers are all that is asked for.
    with connections["staff"].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE is_dead), count(*) FILTER (WHERE due_at < now() - %s::interval) FROM ("
            "SELECT state = 'dead' AS is_dead, CASE state WHEN 'waiting' THEN due_at END AS due_at "
            "FROM events_delivery WHERE state <> 'done' "
            "UNION ALL SELECT due_at IS NULL, due_at FROM accounts_accountmail "
            "UNION ALL SELECT state = 'dead', CASE state WHEN 'waiting' THEN due_at END "
            "FROM notifications_mail WHERE state IN ('waiting', 'dead') "
            "UNION ALL SELECT false, due_at FROM notifications_mailpart WHERE mail_id IS NULL) AS outbox",
            [OVERDUE_AFTER],
        )
        dead, overdue = cursor.fetchone()
    if overdue:
        yield bad(
            "deliveries",
            f"{overdue} overdue by more than {OVERDUE_AFTER}",
            "Is a worker running, and is it fast enough?",
        )
    else:
        yield ok("deliveries", "none overdue")
    if dead:
        yield Finding(
            Level.BAD,
            "dead letters",
            f"{dead} gave up after all attempts",
            "Read their last error in the admin (Deliveries, Mails, Account mails), remove the cause, and retry them.",
            {"dead_letters": dead},
        )
    else:
        yield Finding(Level.OK, "dead letters", "none", figures={"dead_letters": 0})


def _mail() -> Finding:
    if not settings.EMAIL_HOST:
        return warn(
            "mail",
            f"kept as files in {settings.FLOWBOARD_HOME / 'mail'}, sent to nobody",
            "Set EMAIL_HOST (and DEFAULT_FROM_EMAIL) to send invitations and password resets.",
        )
    try:
        check_server()
    except MailTrouble as trouble:
        return bad("mail", str(trouble), "Then try with `manage.py send_test_mail ADDRESS`.")
    return ok("mail", f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT} accepts, from {settings.DEFAULT_FROM_EMAIL}")
