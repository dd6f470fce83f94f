"""Which kinds of facts there are, and which durable handlers react to them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from apps.core.tenancy import Actor
from apps.events.facts import Fact
from apps.events.models import Event

Handler = Callable[[Actor, Event], None]


@dataclass(frozen=True, slots=True)
class Registration:
    """A handler under the name its deliveries carry. Imported facts reach it only when it asks for them."""

    name: str
    run: Handler
    with_imports: bool


# What a past that is told anew leaves behind, beside the log. It is called with FlowBoard itself as `actor`, and with
# the newest `events` in their order.
Retelling = Callable[..., None]


_by_kind: dict[str, list[Registration]] = {}
_by_name: dict[str, Registration] = {}
_retellings: list[Retelling] = []


def handles(*facts: type[Fact], with_imports: bool = False) -> Callable[[Handler], Handler]:
    """Register a durable handler: it runs in a worker after the commit, at least once, in its own unit of work.

    It must be idempotent. Its name (module and function) is stored with deliveries: rename with care.
    """

    def decorate(handler: Handler) -> Handler:
        registration = Registration(f"{handler.__module__}.{handler.__name__}", handler, with_imports)
        _by_name[registration.name] = registration
        for fact in facts:
            _by_kind.setdefault(fact.kind, []).append(registration)
        return handler

    return decorate


def handlers_of(kind: str, *, is_import: bool) -> list[Registration]:
    """The durable handlers of a kind of fact."""
    return [r for r in _by_kind.get(kind, ()) if r.with_imports or not is_import]


def handler_named(name: str) -> Registration | None:
    """The handler that a delivery names, or None if this release has none of that name."""
    return _by_name.get(name)


def with_every_past(leave: Retelling) -> None:
    """Let something be left behind by a past that is told anew, as the demo is, from now on.

    Handlers do not hear of its facts, since what they do would reach people today.
    """
    if leave not in _retellings:
        _retellings.append(leave)


def leave_behind(actor: Actor, events: Sequence[Event]) -> None:
    """Leave behind what a past would have left, of its newest facts."""
    for leave in _retellings:
        leave(actor=actor, events=events)
