"""The unit of work: one transaction, the context inside it, and what must happen just before its commit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from .actor import Actor


class Origin(StrEnum):
    """How a change came about. Imports and the demo tell nobody: no mail, no webhook, no automation."""

    USER = "user"
    API = "api"
    IMPORT = "import"
    SYSTEM = "system"


@dataclass(slots=True)
class Unit:
    """What is known about the running unit of work besides its actor.

    `collected` and `before_commit` belong to the fact log: facts pile up while services run and are written once,
    immediately before the commit, so that the stream counters are locked for as short as possible.
    """

    request_id: str = ""
    address: str | None = None
    op: str | None = None
    reason: str = ""
    origin: Origin = Origin.USER
    actor: Actor | None = None
    user_id: int | None = None
    # When what happens here truly happened, where that is not now (a past that is told again).
    moment: datetime | None = None
    collected: list[Any] = field(default_factory=list)
    before_commit: dict[str, Callable[["Unit"], None]] = field(default_factory=dict)

    @property
    def is_entered(self) -> bool:
        """Whether a door was passed: an organization's or the person's own."""
        return self.actor is not None or self.user_id is not None


_unit: ContextVar[Unit | None] = ContextVar("flowboard_unit", default=None)


def current_unit() -> Unit | None:
    """The running unit of work, or None outside of one."""
    return _unit.get()


def happening_at() -> datetime:
    """When what is being written happens: now, or the moment that the unit of work tells of."""
    unit = _unit.get()
    return (unit.moment if unit is not None else None) or timezone.now()


@contextmanager
def at_moment(moment: datetime) -> Iterator[None]:
    """Tell what happened at another time: services inside write that time, and their facts carry it.

    :raises RuntimeError: outside of a unit of work
    """
    unit = _unit.get()
    if unit is None:
        raise RuntimeError("The past is told inside a unit of work.")
    before, unit.moment = unit.moment, moment
    try:
        yield
    finally:
        unit.moment = before


@contextmanager
def unit_of_work(**details: Any) -> Iterator[Unit]:
    """Open the outermost transaction; run what waits for its end just before it commits.

    :param details: fields of `Unit`
    :raises RuntimeError: inside another unit; nest services instead, they are savepoints
    """
    if _unit.get() is not None:
        raise RuntimeError("A unit of work is already open.")
    details.setdefault("request_id", uuid4().hex)
    unit = Unit(**details)
    token = _unit.set(unit)
    try:
        with transaction.atomic():
            yield unit
            if not transaction.get_rollback():
                for finish in list(unit.before_commit.values()):
                    finish(unit)
    finally:
        _unit.reset(token)


@contextmanager
def run_as(*, user_id: int, org_slug: str, **details: Any) -> Iterator[Actor]:
    """A unit of work of one person in one organization, for jobs, sockets and commands.

    :raises apps.core.tenancy.doors.NoSuchOrganization: if they are no member, or it does not exist
    """
    from .doors import enter_organization

    with unit_of_work(**details):
        yield enter_organization(user_id=user_id, slug=org_slug)


@contextmanager
def run_as_system(*, org_id: int, **details: Any) -> Iterator[Actor]:
    """A unit of work of FlowBoard itself in one organization: every project is visible, nobody is the author.

    :raises apps.core.tenancy.doors.NoSuchOrganization: if it does not exist
    """
    from .doors import enter_as_system

    details.setdefault("origin", Origin.SYSTEM)
    with unit_of_work(**details):
        yield enter_as_system(org_id=org_id)
