"""Reading one's own account. Other people are reached only through a membership (`apps.orgs.selectors`)."""

from functools import lru_cache
from zoneinfo import available_timezones

from apps.accounts.models import User

# Themes with words for them.
THEMES = User.Theme.choices


def get_user(*, user_id: int) -> User:
    """The account of the person who is signed in."""
    return User.objects.get(pk=user_id)


@lru_cache(maxsize=1)
def time_zones() -> tuple[str, ...]:
    """The names of all time zones, places first: what no place is named after (`Etc/GMT+3`) is for machines."""
    names = sorted(name for name in available_timezones() if name not in {"localtime", "Factory"})
    return tuple(sorted(names, key=lambda name: (name.startswith(("Etc/", "SystemV/")) or "/" not in name, name)))
