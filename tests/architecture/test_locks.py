"""How rows are locked: so that nobody waits who only refers to them (`apps.events.services` says in which order)."""

import re
from pathlib import Path

APPS = Path(__file__).parents[2] / "apps"
# What must not be referred to any more once it goes: statuses that are retired, or taken back with a copy.
EXCEPT = {"issues/services/reshaping.py": 1, "boards/services/copying.py": 1}


def test_rows_are_locked_for_no_key_update() -> None:
    found = {
        str(path.relative_to(APPS)): len(whole)
        for path in APPS.rglob("*.py")
        if (whole := re.findall(r"select_for_update\((?!no_key=True)", path.read_text()))
    }
    assert found == EXCEPT
