"""Fields that a project gives its issues besides those that all have."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from .naming import RetiringQuerySet
from .project import Project
from .workflow import IssueType


@dataclass(frozen=True, slots=True)
class FieldOption:
    """One of the things that a field of choices offers. `is_retired` ones are offered no more; history names them."""

    id: int
    name: str
    is_retired: bool = False


class CustomField(models.Model):
    """A field that a project gives its issues besides those that all have. Their values are in `Issue.custom_values`.

    Options are kept with the field: nothing else refers to them, and a page of issues reads them with it.
    """

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        SELECT = "select", _("One option")
        MULTI = "multi", _("Several options")
        USER = "user", _("Person")
        URL = "url", _("Web address")
        CHECKBOX = "checkbox", _("Checkbox")

    # Kinds that offer options.
    OF_OPTIONS = (Kind.SELECT, Kind.MULTI)
    # Kinds of few possible values, by which lists are narrowed.
    NARROWING = (Kind.SELECT, Kind.MULTI, Kind.USER, Kind.CHECKBOX)

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, models.CASCADE, related_name="custom_fields")
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    help_text = models.CharField(max_length=200, blank=True)
    is_required = models.BooleanField(default=False)
    on_cards = models.BooleanField(default=False)
    in_lists = models.BooleanField(default=False)
    options = models.JSONField(default=list, blank=True, help_text="Objects with `id`, `name` and `retired`, in order.")
    types = models.ManyToManyField(IssueType, through="CustomFieldType", related_name="+")
    position = models.PositiveSmallIntegerField()
    retired_at = models.DateTimeField(
        null=True, blank=True, help_text="Since then it is shown nowhere; issues keep what they have of it."
    )

    objects = RetiringQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["project", "name"],
                condition=models.Q(retired_at__isnull=True),
                name="custom_field_unique_in_project",
            ),
            models.CheckConstraint(
                condition=models.Q(is_required=False) | ~models.Q(kind="checkbox"), name="checkbox_is_never_required"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """What forms, scripts and the log call it: `field_12`."""
        return f"field_{self.pk}"

    @property
    def has_options(self) -> bool:
        """Whether its values are options."""
        return self.kind in self.OF_OPTIONS

    @property
    def every_option(self) -> list[FieldOption]:
        """Its options in their order, those that were taken away too."""
        return [FieldOption(each["id"], each["name"], each.get("retired", False)) for each in self.options]

    @property
    def choices(self) -> list[FieldOption]:
        """The options that can be chosen, in their order."""
        return [each for each in self.every_option if not each.is_retired]

    @property
    def retired_choices(self) -> list[FieldOption]:
        """The options that were taken away and can be brought back."""
        return [each for each in self.every_option if each.is_retired]

    def in_order(self, option_ids: Iterable[int]) -> list[int] | None:
        """Some of its options in their order, each once, as an issue stores them; None for none."""
        wanted = set(option_ids)
        return [each.id for each in self.every_option if each.id in wanted] or None

    @property
    def option_names(self) -> dict[int, str]:
        """What its options are called, those that were taken away too."""
        return {each.id: each.name for each in self.every_option}


class CustomFieldType(models.Model):
    """That issues of a type have a field. A field without any is one of all types."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    field = models.ForeignKey(CustomField, models.CASCADE, related_name="field_types")
    type = models.ForeignKey(IssueType, models.CASCADE, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["field", "type"], name="field_once_per_type"),)

    def __str__(self) -> str:
        return f"field {self.field_id} for type {self.type_id}"
