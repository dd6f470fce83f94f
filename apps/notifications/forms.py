"""Forms about one's inbox and what reaches it."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.errors import Invalid
from apps.notifications.policies import DESKTOP, INBOX, MAIL
from apps.notifications.selectors import Choice

INTERESTS = [
    ("", _("What concerns me")),
    ("followed", _("Everything")),
    ("muted", _("Only what names me")),
]

LATER = timedelta(hours=4)
MORNING = time(9)


class ChannelsForm(forms.Form):
    """In which channels somebody hears of each kind of thing."""

    def __init__(self, *args: Any, choices: Sequence[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = choices
        for choice in choices:
            self.fields[f"{choice.kind}-inbox"] = forms.BooleanField(required=False, initial=choice.in_inbox)
            self.fields[f"{choice.kind}-mail"] = forms.BooleanField(required=False, initial=choice.by_mail)
            self.fields[f"{choice.kind}-desktop"] = forms.BooleanField(required=False, initial=choice.on_desktop)

    def channels(self) -> dict[str, int]:
        """The sum of the channels for each kind."""
        return {
            choice.kind.value: (INBOX if self.cleaned_data[f"{choice.kind}-inbox"] else 0)
            | (MAIL if self.cleaned_data[f"{choice.kind}-mail"] else 0)
            | (DESKTOP if self.cleaned_data[f"{choice.kind}-desktop"] else 0)
            for choice in self.choices
        }


def read_until(text: str, day: str) -> datetime | None:
    """Until when something is put off, in the reader's time zone: `later`, `tomorrow`, `week`, `date`, or `now`.

    :raises Invalid: for anything else
    """
    now = timezone.localtime()
    match text:
        case "now":
            return None
        case "later":
            return now + LATER
        case "tomorrow":
            return _morning(now.date() + timedelta(days=1))
        case "week":
            return _morning(now.date() + timedelta(days=7 - now.weekday()))
        case "date":
            try:
                return _morning(date.fromisoformat(day))
            except ValueError as error:
                raise Invalid(_("Choose a day."), field="day") from error
    raise Invalid(_("Choose one of the offered values."), field="until")


def _morning(day: date) -> datetime:
    return datetime.combine(day, MORNING, tzinfo=timezone.get_current_timezone())
