"""Schedules in words: "Every 2 weeks on Monday at 09:00"."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.recurring.slots import Rule

WORKDAYS = (0, 1, 2, 3, 4)
NTHS = (
    (1, gettext_lazy("first")),
    (2, gettext_lazy("second")),
    (3, gettext_lazy("third")),
    (4, gettext_lazy("fourth")),
    (-1, gettext_lazy("last")),
)
_SHORTEST_MONTH = 28


@dataclass(frozen=True, slots=True)
class Summary:
    """What a schedule does, in a sentence, and the days that come next."""

    text: str
    days: Sequence[date]


def in_words(rule: Rule, *, most: int | None = None) -> str:
    """How something repeats, as one would say it."""
    every = f"{_often(rule)} {_('at %(time)s') % {'time': rule.at.isoformat('minutes')}} ({rule.time_zone})"
    if most is not None:
        every += ", " + ngettext("once", "%(num)s times", most) % {"num": most}
    return every


def _often(rule: Rule) -> str:
    count = rule.interval
    match rule.frequency:
        case "daily":
            return ngettext("Every day", "Every %(num)s days", count) % {"num": count}
        case "weekly" if rule.weekdays == WORKDAYS and count == 1:
            return _("Every weekday")
        case "weekly":
            days = _list([str(WEEKDAYS[day]) for day in rule.weekdays])
            return ngettext("Every week on %(days)s", "Every %(num)s weeks on %(days)s", count) % {
                "num": count,
                "days": days,
            }
        case "monthly":
            text = ngettext("Every month on day %(day)s", "Every %(num)s months on day %(day)s", count)
            said = text % {"num": count, "day": rule.month_day}
            return said if (rule.month_day or 1) <= _SHORTEST_MONTH else _("%(rule)s, or the last") % {"rule": said}
        case _:
            which = {"num": count, "nth": dict(NTHS)[rule.nth or 1], "day": WEEKDAYS[rule.weekdays[0]]}
            text = ngettext("Every month on the %(nth)s %(day)s", "Every %(num)s months on the %(nth)s %(day)s", count)
            return text % which


def _list(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    return _("%(names)s and %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}
