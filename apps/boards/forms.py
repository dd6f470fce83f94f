"""Forms about boards."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.boards.selectors import LIMIT_POLICIES


class LimitForm(forms.Form):
    """How much may be in a column, and what happens beyond it."""

    wip_limit = forms.IntegerField(label=_("Limit"), required=False, min_value=1, max_value=999)
    wip_policy = forms.ChoiceField(label=_("Beyond it"), choices=LIMIT_POLICIES)
