"""What the demo brought along, so that it can be taken away again and nothing else with it."""

from django.db import models


class DemoMark(models.Model):
    """An organization or person of the demo.

    Written by the owner of the tables alone (`load_demo`): the role that serves people can neither call something of
    its own a demo nor hide that something is one, so what removes the demo may trust this.
    """

    class Kind(models.TextChoices):
        ORGANIZATION = "organization"
        PERSON = "person"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    object_id = models.BigIntegerField()
    name = models.CharField(max_length=120)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "object_id"], name="demo_marked_once"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
