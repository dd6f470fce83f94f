"""Writing facts: collected while services run, numbered and stored once, immediately before the commit.

Lock order everywhere: board column, issues by id, issue counter, streams by id. Taking the stream's number last keeps
its row locked for the two inserts only, however long the page takes to render.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial, wraps
from typing import ParamSpec, TypeVar

from django.db import connection, transaction
from django.utils import timezone

from apps.core.tenancy import Actor, Origin, Unit, current_unit
from apps.events.facts import Fact
from apps.events.models import Change, Delivery, Event, Stream
from apps.events.registry import handlers_of

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class _Collected:
    fact: Fact
    actor: Actor
    occurred_at: datetime | None


def service(function: Callable[P, R]) -> Callable[P, R]:
    """A transactional write. What it records is dropped if it fails, together with what it wrote.

    Must run inside a unit of work (a request, `run_as`, a job): that one commits.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        unit = current_unit()
        if unit is None:
            raise RuntimeError(f"{function.__qualname__} needs a unit of work: run_as(…) or a request.")
        mark = len(unit.collected)
        try:
            with transaction.atomic():
                return function(*args, **kwargs)
        except BaseException:
            del unit.collected[mark:]
            raise

    return run


def record(fact: Fact, *, actor: Actor) -> None:
    """Note that something happened; it is written just before the unit of work commits."""
    unit = current_unit()
    if unit is None:
        raise RuntimeError("A fact is recorded inside a unit of work only.")
    unit.collected.append(_Collected(fact, actor, fact.occurred_at or unit.moment))
    unit.before_commit.setdefault("facts", flush)


def flush(unit: Unit) -> None:
    """Number and store what was collected, in stream order, with its changes, deliveries and audit rows."""
    collected: list[_Collected] = list(unit.collected)
    unit.collected.clear()
    if not collected:
        return
    org_id = collected[0].actor.org_id
    streams = _streams(org_id, collected)
    by_stream: dict[int, list[_Collected]] = {}
    for item in collected:
        by_stream.setdefault(streams[_stream_key(item.fact)], []).append(item)
    now = timezone.now()
    events: list[Event] = []
    items: list[_Collected] = []
    heads: dict[int, int] = {}
    for stream_id in sorted(by_stream):
        batch = by_stream[stream_id]
        head = _advance(stream_id, len(batch))
        heads[stream_id] = head
        for seq, item in enumerate(batch, start=head - len(batch) + 1):
            events.append(_event(item, org_id=org_id, stream_id=stream_id, seq=seq, unit=unit, now=now))
            items.append(item)
    Event.objects.bulk_create(events, batch_size=1000)
    delivery_ids = _store_consequences(events, items, unit)
    for ring in _after_commit:
        transaction.on_commit(partial(ring, org_id, heads, delivery_ids))


def _stream_key(fact: Fact) -> tuple[str, int | None]:
    if fact.person_id is not None:
        return (Stream.Kind.PERSON, fact.person_id)
    if fact.project_id is not None:
        return (Stream.Kind.PROJECT, fact.project_id)
    return (Stream.Kind.ORGANIZATION, None)


def _streams(org_id: int, collected: list[_Collected]) -> dict[tuple[str, int | None], int]:
    """The stream ids of the facts, made where a person or organization has none yet."""
    wanted = {_stream_key(item.fact) for item in collected}
    found: dict[tuple[str, int | None], int] = {}
    for kind, owner in wanted:
        about = {
            "project_id": owner if kind == Stream.Kind.PROJECT else None,
            "user_id": owner if kind == Stream.Kind.PERSON else None,
        }
        stream = Stream.objects.filter(org_id=org_id, kind=kind, **about).only("id").first()
        if stream is None:
            Stream.objects.bulk_create([Stream(org_id=org_id, kind=kind, **about)], ignore_conflicts=True)
            stream = Stream.objects.only("id").get(org_id=org_id, kind=kind, **about)
        found[kind, owner] = stream.pk
    return found


def _advance(stream_id: int, by: int) -> int:
    """Take the stream's next numbers; from here to the commit no other fact of it can be numbered."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE events_stream SET seq = seq + %s WHERE id = %s RETURNING seq", [by, stream_id])
        row: tuple[int] = cursor.fetchone()
    return row[0]


def _event(item: _Collected, *, org_id: int, stream_id: int, seq: int, unit: Unit, now: datetime) -> Event:
    fact = item.fact
    return Event(
        org_id=org_id,
        stream_id=stream_id,
        seq=seq,
        kind=fact.kind,
        project_id=fact.project_id,
        issue_id=fact.issue_id,
        user_id=fact.person_id,
        actor_id=item.actor.user_id,
        data=fact.data(),
        op=unit.op or "",
        request_id=unit.request_id,
        origin=unit.origin,
        reason=unit.reason,
        created_at=now,
        occurred_at=item.occurred_at or now,
    )


def _store_consequences(events: list[Event], items: list[_Collected], unit: Unit) -> list[int]:
    changes: list[Change] = []
    deliveries: list[Delivery] = []
    is_import = unit.origin == Origin.IMPORT
    for event, item in zip(events, items, strict=True):
        changes += [
            Change(
                org_id=event.org_id,
                project_id=event.project_id,
                event=event,
                issue_id=change.issue_id or event.issue_id,
                field=change.field,
                old=change.old,
                new=change.new,
            )
            for change in item.fact.changes
        ]
        deliveries += [
            Delivery(org_id=event.org_id, event=event, handler=registration.name)
            for registration in handlers_of(event.kind, is_import=is_import)
        ]
    Change.objects.bulk_create(changes, batch_size=1000)
    Delivery.objects.bulk_create(deliveries, batch_size=1000)
    for write in _in_transaction:
        write(events, [item.fact for item in items], unit)
    return [delivery.pk for delivery in deliveries]


# What must be stored with the fact, in the same transaction (the audit trail). Registered by `AppConfig.ready`.
_in_transaction: list[Callable[[list[Event], list[Fact], Unit], None]] = []


def with_every_fact(write: Callable[[list[Event], list[Fact], Unit], None]) -> None:
    """Store something with every fact, in its transaction, from now on."""
    if write not in _in_transaction:
        _in_transaction.append(write)


# Who is told, after the commit, that streams have grown and deliveries wait: (organization, heads, delivery ids).
_after_commit: list[Callable[[int, dict[int, int], list[int]], None]] = []


def after_every_commit(ring: Callable[[int, dict[int, int], list[int]], None]) -> None:
    """Call something after each commit that stored facts. It must not raise: the commit is done."""
    if ring not in _after_commit:
        _after_commit.append(ring)
