"""Placeholders of templates: what they stand for on a day."""

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

# What may be written, and what it becomes; the settings page explains them with these words.
PLACEHOLDERS = (
    ("{date}", _("the day, as 2026-11-27")),
    ("{week}", _("the number of the week")),
    ("{month}", _("the name of the month")),
    ("{year}", _("the year")),
)


def fill_in(text: str, day: date) -> str:
    """The text with its placeholders filled in for a day. Other braces stay as they are."""
    week_year, week, _weekday = day.isocalendar()
    values = {
        "{date}": day.isoformat(),
        "{week}": str(week),
        "{month}": date_format(day, "F"),
        # At the turn of the year a week belongs to the year that has most of it.
        "{year}": str(week_year if "{week}" in text else day.year),
    }
    for placeholder, value in values.items():
        text = text.replace(placeholder, value)
    return text
