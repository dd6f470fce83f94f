"""Forms about mail of what happened."""

from datetime import time
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from apps.notifications.selectors.habits import MailSettings

RHYTHMS = [
    ("each", _("Soon after it happens")),
    ("daily", _("Once a day")),
    ("weekly", _("Once a week")),
    ("never", _("Never")),
]
_HOURS = [(hour, time(hour).strftime("%H:%M")) for hour in range(24)]


class _Clock(forms.TimeInput):
    input_type = "time"


class RhythmForm(forms.Form):
    """When somebody wants mail."""

    rhythm = forms.ChoiceField(label=_("Mail of what happened"), choices=RHYTHMS)
    digest_hour = forms.TypedChoiceField(label=_("Daily and weekly: at"), choices=_HOURS, coerce=int)
    digest_weekday = forms.TypedChoiceField(label=_("Weekly: on"), choices=list(WEEKDAYS.items()), coerce=int)
    quiet_from = forms.TimeField(label=_("Quiet from"), required=False, widget=_Clock(format="%H:%M"))
    quiet_until = forms.TimeField(label=_("Quiet until"), required=False, widget=_Clock(format="%H:%M"))
    is_named_at_once = forms.BooleanField(label=_("What names me comes at once all the same"), required=False)

    @classmethod
    def of(cls, settings: MailSettings, data: Any = None) -> "RhythmForm":
        """The form with what is chosen now."""
        return cls(data, initial={name: getattr(settings.habits, name) for name in cls.base_fields})
