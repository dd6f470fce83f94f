"""Working at an import: reading its files, writing what they hold, taking it back. The page, the command and the jobs
all drive the same run.

Each batch is a unit of work that stores its issues, the account of its rows and how far the run is, so that whoever
takes up a run whose worker was killed goes on behind the last batch. One worker is at a run, and one run writes to a
project at a time: both are locks of the database, which belong to the connection and end with it.
"""

from apps.imports.running.locks import hold_run, take_turn
from apps.imports.running.turns import Outcome, Tell
from apps.imports.running.worker import work

__all__ = ["Outcome", "Tell", "hold_run", "take_turn", "work"]
