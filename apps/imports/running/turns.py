"""How long a worker stays at an import, and what it leaves behind."""

import time
from collections.abc import Callable
from enum import Enum, auto

from apps.core.tenancy import run_as_system
from apps.imports.models import ImportRun
from apps.imports.services.progress import put_down

# So long a worker stays at a run before others have their turn, at least; finding the way back into a long file must
# not take longer than what is then written.
TURN = 30.0
WAYS_BACK = 3
# So often a worker says that it is alive.
BEAT = 5.0

Tell = Callable[[ImportRun], None]


def tell_nobody(_run: ImportRun) -> None:
    """For work that nobody watches."""


class Outcome(Enum):
    """What a worker leaves behind."""

    # Nothing is left to do, or not for this worker.
    OVER = auto()
    # It gave its turn away and wants another.
    AGAIN = auto()
    # Something stands in the way for now; whoever looks for runs without a worker comes by.
    WAITING = auto()


class Turn:
    """One worker's turn at an import; without others to give way to, it takes as long as it takes."""

    def __init__(self, run: ImportRun, *, has_end: bool) -> None:
        self._run = run
        self._has_end = has_end
        self._began = time.monotonic()
        self._patience = TURN

    def begin_anew(self) -> None:
        """Begin only now: the way back into the file is behind it."""
        way = time.monotonic() - self._began
        self._began, self._patience = time.monotonic(), max(TURN, WAYS_BACK * way)

    @property
    def is_over(self) -> bool:
        """Whether others are to have theirs."""
        return self._has_end and time.monotonic() - self._began > self._patience

    def give_way(self) -> Outcome:
        """Let others have theirs, and want another."""
        with run_as_system(org_id=self._run.org_id) as actor:
            put_down(actor=actor, run=self._run, is_next=True)
        return Outcome.AGAIN


class Pulse:
    """Says now and then whether it is time to say that one is alive."""

    def __init__(self) -> None:
        self._beat = time.monotonic()

    def is_due(self) -> bool:
        """Whether the last time was long enough ago; then this is the last time."""
        now = time.monotonic()
        is_due = now - self._beat > BEAT
        self._beat = now if is_due else self._beat
        return is_due
