"""Writing facts: collected while services run, numbered and stored once, immediately before the commit.

Lock order everywhere: statuses, board columns, limits of lanes, sprints by id, issues by id, who logs work, comments,
issue counter, what new rows refer to, streams by id. Taking the stream's number last keeps its row locked for the two
inserts only, however long the page takes to render.

Rows are locked FOR NO KEY UPDATE, so that nobody waits who only refers to them. Only what must not be referred to any
more, a status that goes, is locked FOR UPDATE.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import partial, wraps
from operator import itemgetter
from typing import Any, ParamSpec, TypeVar

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Q
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
    takes_back: int | None
    is_retold: bool


# The fact that is being taken back, and which of its fields (None: all).
_takes_back: ContextVar[tuple[int, Collection[str] | None] | None] = ContextVar("takes_back", default=None)


@contextmanager
def taking_back(event_id: int, fields: Collection[str] | None = None) -> Iterator[None]:
    """Let facts that are recorded meanwhile say which one they take back (`takes_back` in the event's data).

    :param fields: only those that change one of these: what else follows from them takes nothing back
    """
    token = _takes_back.set((event_id, fields))
    try:
        yield
    finally:
        _takes_back.reset(token)


def is_taking_back() -> bool:
    """Whether what is done meanwhile takes something back: it may lead to what would be refused anew."""
    return _takes_back.get() is not None


def _taken_back_by(fact: Fact) -> int | None:
    event_id, fields = _takes_back.get() or (None, None)
    if fields is not None and not any(change.field in fields for change in fact.changes):
        return None
    return event_id


# Whether what is recorded is told, as it happened, by history that comes along with it.
_is_retold: ContextVar[bool] = ContextVar("is_retold", default=False)


@contextmanager
def retold(is_so: bool) -> Iterator[None]:
    """Let facts that are recorded meanwhile be no part of history, since history itself comes from elsewhere.

    They count in their streams and reach whoever reacts to them. What they changed is kept with them alone (`retold` in
    the event's data: the old values by their fields), so that neither history nor reports read it twice.
    """
    token = _is_retold.set(is_so)
    try:
        yield
    finally:
        _is_retold.reset(token)


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


def _running() -> Unit:
    unit = current_unit()
    if unit is None:
        raise RuntimeError("A fact is recorded inside a unit of work only.")
    return unit


def record(fact: Fact, *, actor: Actor) -> None:
    """Note that something happened; it is written just before the unit of work commits."""
    unit = _running()
    unit.collected.append(
        _Collected(fact, actor, fact.occurred_at or unit.moment, _taken_back_by(fact), _is_retold.get())
    )
    unit.before_commit.setdefault("facts", flush)


def recorded(*, after: int = 0) -> list[Fact]:
    """What was recorded in the running unit of work and is not written yet, without the first so many."""
    return [item.fact for item in _running().collected[after:]]


def write_down() -> None:
    """Write what was recorded now, for somebody who needs the log of a unit of work within it."""
    flush(_running())


def flush(unit: Unit) -> None:
    """Number and store what was collected, in stream order, with its changes, deliveries and audit rows."""
    collected: list[_Collected] = list(unit.collected)
    unit.collected.clear()
    if not collected:
        return
    org_id = collected[0].actor.org_id
    by_stream: dict[_StreamKey, list[_Collected]] = {}
    for item in collected:
        by_stream.setdefault(_stream_key(item.fact), []).append(item)
    now = timezone.now()
    events: list[Event] = []
    items: list[_Collected] = []
    heads: dict[int, int] = {}
    for key, stream_id, head in _advance(org_id, {key: len(batch) for key, batch in by_stream.items()}):
        batch = by_stream[key]
        heads[stream_id] = head
        for seq, item in enumerate(batch, start=head - len(batch) + 1):
            if item.fact.is_logged:
                events.append(_event(item, org_id=org_id, stream_id=stream_id, seq=seq, unit=unit, now=now))
                items.append(item)
    Event.objects.bulk_create(events, batch_size=1000)
    delivery_ids = _store_consequences(events, items, unit) if events else []
    for ring in _after_commit:
        transaction.on_commit(partial(ring, org_id, heads, delivery_ids))


# The kind of a stream, and whose it is: a project's or a person's id, None for the organization.
_StreamKey = tuple[str, int | None]
_OWNER = {Stream.Kind.PROJECT: "project_id", Stream.Kind.PERSON: "user_id"}


def _stream_key(fact: Fact) -> _StreamKey:
    if fact.person_id is not None:
        return (Stream.Kind.PERSON, fact.person_id)
    if fact.project_id is not None:
        return (Stream.Kind.PROJECT, fact.project_id)
    return (Stream.Kind.ORGANIZATION, None)


def _about(org_id: int, key: _StreamKey) -> dict[str, Any]:
    """The columns that tell a stream from the others."""
    kind, owner = key
    return {"org_id": org_id, "kind": kind} | ({_OWNER[Stream.Kind(kind)]: owner} if owner is not None else {})


def _make_streams(org_id: int, keys: Iterable[_StreamKey]) -> None:
    """Make streams, unless somebody else just did."""
    Stream.objects.bulk_create([Stream(**_about(org_id, key)) for key in keys], ignore_conflicts=True)


def open_personal_stream(*, org_id: int, user_id: int) -> None:
    """Make the stream of somebody who takes a seat, so that their pages can follow it before anything is in it."""
    _make_streams(org_id, [(Stream.Kind.PERSON, user_id)])


def _advance(org_id: int, counts: dict[_StreamKey, int]) -> list[tuple[_StreamKey, int, int]]:
    """Take the streams' next numbers; from here to the commit no other fact of them can be numbered.

    Each with its id and its new head, in the order of the ids; those that do not exist are made. However many they
    are, it takes as many statements.
    """
    if len(counts) > 1:
        return _advance_many(org_id, counts)
    [(key, by)] = counts.items()
    about = _about(org_id, key)
    condition = " AND ".join(f"{column} = %s" for column in about)
    statement = f"UPDATE events_stream SET seq = seq + %s WHERE {condition} RETURNING id, seq"  # noqa: S608 (constants)
    with connection.cursor() as cursor:
        _after_references(cursor, statement, [by, *about.values()])
        taken: tuple[int, int] | None = cursor.fetchone()
    if taken is None:
        _make_streams(org_id, counts)
        return _advance(org_id, counts)
    return [(key, *taken)]


# At the commit PostgreSQL would wait for whoever changes the key of what new rows refer to (an issue's rank is part of
# one), and whoever does that may wait for the stream.
_REFERENCES = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED; "


def _after_references(cursor: CursorWrapper, statement: str, values: list[Any]) -> None:
    """Lock streams, once all that was written so far is known to refer to what is there: in one round trip."""
    cursor.execute(_REFERENCES + statement, values)
    while cursor.nextset():
        pass


def _advance_many(org_id: int, counts: dict[_StreamKey, int]) -> list[tuple[_StreamKey, int, int]]:
    keys = _ids_of(org_id, counts)
    missing = counts.keys() - set(keys.values())
    if missing:
        _make_streams(org_id, missing)
        keys = _ids_of(org_id, counts)
    ids = sorted(keys)
    with connection.cursor() as cursor:
        # In one order first: an UPDATE of many takes their locks in any.
        in_order = "SELECT id FROM events_stream WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
        _after_references(cursor, in_order, [ids])
        cursor.execute(
            "UPDATE events_stream s SET seq = s.seq + taken.by "
            "FROM unnest(%s::bigint[], %s::bigint[]) AS taken(id, by) WHERE s.id = taken.id RETURNING s.id, s.seq",
            [ids, [counts[keys[stream_id]] for stream_id in ids]],
        )
        return sorted(((keys[row[0]], row[0], row[1]) for row in cursor.fetchall()), key=itemgetter(1))


def _ids_of(org_id: int, keys: Iterable[_StreamKey]) -> dict[int, _StreamKey]:
    """Those of the streams that exist, by their ids: one query."""
    wanted = set(keys)
    owners = {kind: [owner for of, owner in wanted if of == kind] for kind in Stream.Kind}
    found = Stream.objects.filter(
        Q(kind=Stream.Kind.PROJECT, project_id__in=owners[Stream.Kind.PROJECT])
        | Q(kind=Stream.Kind.PERSON, user_id__in=owners[Stream.Kind.PERSON])
        | Q(kind=Stream.Kind.ORGANIZATION),
        org_id=org_id,
    ).values_list("id", "kind", "project_id", "user_id")
    named: dict[int, _StreamKey] = {pk: (kind, project_id or user_id) for pk, kind, project_id, user_id in found}
    return {pk: key for pk, key in named.items() if key in wanted}


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
        data=_data(item),
        op=unit.op or "",
        request_id=unit.request_id,
        origin=unit.origin,
        reason=unit.reason,
        created_at=now,
        occurred_at=item.occurred_at or now,
    )


def _data(item: _Collected) -> dict[str, Any]:
    more: dict[str, Any] = {"takes_back": item.takes_back} if item.takes_back is not None else {}
    if item.is_retold:
        more["retold"] = {change.field: change.old for change in item.fact.changes}
    return item.fact.data() | more


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
            for change in (item.fact.changes if not item.is_retold else ())
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
