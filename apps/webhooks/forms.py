"""The form of a webhook."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.egress import LONGEST_URL
from apps.core.forms import offer
from apps.webhooks.catalogue import kinds_for

ALL, CHOSEN = "all", "chosen"
Choices = Sequence[tuple[Any, Any]]


class WebhookForm(forms.Form):
    """What it is called, where it sends to, and what. The field that does not fit its place is taken out."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("What the other server does with it.")
    )
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=LONGEST_URL,
        widget=forms.URLInput,
        help_text=gettext_lazy("Each fact is sent there as a POST request with JSON."),
    )
    sends = forms.ChoiceField(
        label=gettext_lazy("What is sent"),
        choices=[
            (ALL, gettext_lazy("Every fact, also of kinds that come with later releases")),
            (CHOSEN, gettext_lazy("Only these:")),
        ],
        widget=forms.RadioSelect,
        initial=ALL,
    )
    kinds = forms.MultipleChoiceField(label=gettext_lazy("Kinds of facts"), required=False)
    project_ids = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Only of these projects"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen: all, also later ones. Private projects have webhooks of their own."),
    )
    type_ids = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Of issues, only of these types"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen: all. What is about no issue is sent in any case."),
    )

    def __init__(
        self, *args: Any, projects: Choices | None = None, types: Choices | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "kinds", [(kind, kind) for kind in sorted(kinds_for(of_project=projects is None))])
        for name, choices in (("project_ids", projects), ("type_ids", types)):
            if choices:
                offer(self, name, choices)
            else:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Whoever wants only some kinds says which; whoever wants all need not untick any."""
        values = self.cleaned_data
        if values.get("sends") == ALL:
            values["kinds"] = []
        elif not values.get("kinds") and "kinds" not in self.errors:
            self.add_error("kinds", _("Choose at least one."))
        return values

    def wishes(self) -> dict[str, Any]:
        """A valid form's values as `services.Wishes` names them."""
        return {name: value for name, value in self.cleaned_data.items() if name != "sends"}
