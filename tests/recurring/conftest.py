"""A project with a template, and hands that act on it at chosen moments."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from apps.accounts.models import User
from apps.core.tenancy import current_unit
from apps.events.models import Event
from apps.issues.models import Issue
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Project
from apps.recurring.models import IssueTemplate, Schedule
from apps.recurring.services import Content, Timing, create_schedule, create_template, keep_schedule
from tests.factories import acting

# A Thursday.
NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)


class Recurring:
    """Ada's project FLOW, in which things happen at chosen moments."""

    def __init__(self, ada: User, acme: Organization, flow: Project) -> None:
        self.ada, self.acme, self.flow = ada, acme, flow

    def at(self, days: float, act: Callable[[Any], Any], *, by: User | None = None) -> Any:
        """What `act` makes of the actor, so many days after `NOW`."""
        with acting(by or self.ada, self.acme) as actor:
            unit = current_unit()
            assert unit is not None
            unit.moment = NOW + timedelta(days=days)
            return act(actor)

    def type(self, name: str = "Task") -> IssueType:
        with acting(self.ada, self.acme):
            return IssueType.objects.get(project=self.flow, name=name)

    def content(self, **values: Any) -> Content:
        return Content(**{"name": "Report", "type": self.type()} | values)

    def template(self, **values: Any) -> IssueTemplate:
        content = self.content(**values)
        return self.at(0, lambda actor: create_template(actor=actor, project=self.flow, content=content))

    def timing(self, **values: Any) -> Timing:
        usual = {"frequency": "daily", "interval": 1, "start_date": date(2026, 11, 26), "at": time(9)}
        return Timing(**usual | values)

    def schedule(self, template: IssueTemplate, days: float = 0, **values: Any) -> Schedule:
        timing = self.timing(**values)
        return self.at(
            days, lambda actor: create_schedule(actor=actor, project=self.flow, template=template, timing=timing)
        )

    def beat(self, schedule: Schedule, days: float, *, by: User | None = None) -> Issue | None:
        return self.at(
            days,
            lambda actor: keep_schedule(actor=actor, schedule_id=schedule.pk, project_id=self.flow.pk),
            by=by,
        )

    def fresh(self, thing: Any) -> Any:
        with acting(self.ada, self.acme):
            return type(thing)._default_manager.get(pk=thing.pk)

    def issues(self) -> list[Issue]:
        with acting(self.ada, self.acme):
            rows = Issue.objects.filter(project=self.flow).select_related("type", "status", "assignee", "parent")
            return list(rows.order_by("number"))

    def facts(self, prefix: str = "") -> list[str]:
        with acting(self.ada, self.acme):
            kinds = Event.objects.filter(kind__startswith=prefix).order_by("id")
            return list(kinds.values_list("kind", flat=True))


@pytest.fixture
def recurring(ada: User, acme: Organization, flow: Project) -> Recurring:
    return Recurring(ada, acme, flow)
