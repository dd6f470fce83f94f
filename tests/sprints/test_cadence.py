"""Sprints that start and end by themselves: once per slot, and never against what a person decided."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from apps.accounts.models import User
from apps.core.errors import Forbidden, Invalid
from apps.core.tenancy import Actor, current_unit, run_as_system
from apps.events.models import Event
from apps.orgs.models import Organization
from apps.projects.models import Project
from apps.sprints.jobs import keep_cadences
from apps.sprints.models import Cadence, ScopeEntry, Sprint
from apps.sprints.services import (
    cancel_sprint,
    complete_sprint,
    create_sprint,
    edit_sprint,
    keep_cadence,
    note_imported_slots,
    reopen_sprint,
    set_cadence,
)
from tests.factories import acting, make_issues, make_member
from tests.sprints.test_pages import Pages

# A Wednesday.
NOW = datetime(2026, 5, 6, 9, tzinfo=UTC)


class Rhythm:
    """A project whose sprints of two weeks start on Mondays, two planned ahead; and the days that pass."""

    def __init__(self, ada: User, acme: Organization, flow: Project) -> None:
        self.ada, self.acme, self.flow = ada, acme, flow

    def at(self, days: float, act: Any) -> Any:
        with acting(self.ada, self.acme) as actor:
            unit = current_unit()
            assert unit is not None
            unit.moment = NOW + timedelta(days=days)
            return act(actor)

    def set(self, days: float = 0, **values: Any) -> Any:
        usual = {"is_on": True, "weeks": 2, "weekday": 0, "cooldown_weeks": 0, "ahead": 2, "rolls_over": True}
        return self.at(days, lambda actor: set_cadence(actor=actor, project=self.flow, **usual | values))

    def beat(self, days: float) -> None:
        with run_as_system(org_id=self.acme.pk) as actor:
            unit = current_unit()
            assert unit is not None
            unit.moment = NOW + timedelta(days=days)
            keep_cadence(actor=actor, project=Project.objects.get(pk=self.flow.pk))

    def sprint(self, name: str) -> Sprint:
        with acting(self.ada, self.acme):
            return Sprint.objects.select_related("project").get(name=name)

    @property
    def sprints(self) -> list[tuple[str, str, date, date]]:
        with acting(self.ada, self.acme):
            rows = Sprint.objects.order_by("start_date", "id")
            return list(rows.values_list("name", "state", "start_date", "end_date"))

    def where(self) -> list[str | None]:
        with acting(self.ada, self.acme):
            return list(self.flow.issues.order_by("number").values_list("sprint__name", flat=True))


def may(day: int) -> date:
    return date(2026, 5, 1) + timedelta(days=day - 1)


@pytest.fixture
def rhythm(ada: User, acme: Organization, flow: Project) -> Rhythm:
    return Rhythm(ada, acme, flow)


class TestKeeping:
    def test_sprints_are_planned_ahead_start_end_and_roll_over(self, rhythm: Rhythm) -> None:
        rhythm.set()
        assert rhythm.sprints == [
            ("Sprint 1", "planned", may(11), may(24)),
            ("Sprint 2", "planned", may(25), may(38)),
        ]
        rhythm.beat(4)  # Sunday
        assert [state for _name, state, *_dates in rhythm.sprints] == ["planned", "planned"]
        issues = make_issues(rhythm.acme, rhythm.flow, rhythm.ada, "one", "two", sprint_id=rhythm.sprint("Sprint 1").pk)
        for days in (4.7, 5, 18):
            rhythm.beat(days)
            rhythm.beat(days)
        assert rhythm.sprints == [
            ("Sprint 1", "active", may(11), may(24)),
            ("Sprint 2", "planned", may(25), may(38)),
            ("Sprint 3", "planned", may(39), may(52)),
        ]
        rhythm.beat(19)
        rhythm.beat(19.1)
        assert [row[:2] for row in rhythm.sprints] == [
            ("Sprint 1", "completed"),
            ("Sprint 2", "active"),
            ("Sprint 3", "planned"),
            ("Sprint 4", "planned"),
        ]
        assert rhythm.where() == ["Sprint 2"] * len(issues)
        with acting(rhythm.ada, rhythm.acme):
            # The ledger of the next one began with what rolled over into it.
            kinds = ScopeEntry.objects.filter(sprint__name="Sprint 2").order_by("id").values_list("kind", flat=True)
            assert list(kinds) == ["started", "start", "start"]
            assert Event.objects.filter(kind="project.sprint_started").count() == 2
            assert Sprint.objects.get(name="Sprint 2").time_zone == "UTC"

    def test_a_long_silence_is_made_up_for(self, rhythm: Rhythm) -> None:
        rhythm.set(ahead=1, cooldown_weeks=1, rolls_over=False)
        rhythm.beat(6)
        make_issues(rhythm.acme, rhythm.flow, rhythm.ada, "one", sprint_id=rhythm.sprint("Sprint 1").pk)
        # The second slot went by while nothing ran: its sprint takes the next one.
        rhythm.beat(41)
        assert [row[:3] for row in rhythm.sprints] == [
            ("Sprint 1", "completed", may(11)),
            ("Sprint 2", "planned", may(53)),
        ]
        assert rhythm.where() == [None]

    def test_what_a_person_decided_stays(self, rhythm: Rhythm) -> None:
        rhythm.set()
        rhythm.beat(5)
        first = rhythm.sprint("Sprint 1")
        rhythm.at(6, lambda actor: cancel_sprint(actor=actor, sprint=first))
        rhythm.beat(7)
        assert rhythm.sprint("Sprint 1").state == "planned"
        rhythm.beat(19)
        second = rhythm.sprint("Sprint 2")
        assert second.state == "active"
        later = second.end_date + timedelta(days=3)
        values = {"name": "Second", "goal": "", "start_date": second.start_date, "end_date": later}
        rhythm.at(20, lambda actor: edit_sprint(actor=actor, sprint=second, **values))
        rhythm.beat(34)
        assert rhythm.sprint("Second").state == "active"  # extended, beside the next one
        assert rhythm.sprint("Sprint 3").state == "active"
        rhythm.at(35, lambda actor: complete_sprint(actor=actor, sprint=second))
        rhythm.at(35, lambda actor: reopen_sprint(actor=actor, sprint=second))
        rhythm.beat(40)
        assert rhythm.sprint("Second").state == "active"

    def test_the_job_visits_every_project_that_has_one(
        self, rhythm: Rhythm, ada: User, acme: Organization, flow: Project
    ) -> None:
        with acting(ada, acme) as actor:
            today = datetime.now(UTC).weekday()
            rhythm_of_today = {"weeks": 1, "weekday": today, "cooldown_weeks": 0, "ahead": 1, "rolls_over": True}
            set_cadence(actor=actor, project=flow, is_on=True, **rhythm_of_today)
            Cadence.objects.update(anchor_date=datetime.now(UTC).date() - timedelta(weeks=3))
        keep_cadences()
        assert [state for _name, state, *_dates in rhythm.sprints] == ["active", "planned"]
        with acting(ada, acme):
            Project.objects.filter(pk=flow.pk).update(archived_at=datetime.now(UTC))
            Cadence.objects.update(ahead=5)
        keep_cadences()
        assert len(rhythm.sprints) == 2


class TestSetting:
    def test_another_rhythm_moves_what_has_not_started(self, rhythm: Rhythm) -> None:
        rhythm.set(ahead=3)
        rhythm.beat(5)
        make_issues(rhythm.acme, rhythm.flow, rhythm.ada, "one", sprint_id=rhythm.sprint("Sprint 2").pk)
        rhythm.set(days=7, weeks=1, weekday=2, ahead=2)
        # The one under way goes on to its end; the others follow it on Wednesdays.
        assert rhythm.sprints == [
            ("Sprint 1", "active", may(11), may(24)),
            ("Sprint 2", "planned", may(27), may(33)),
            ("Sprint 3", "planned", may(34), may(40)),
            ("Sprint 4", "planned", may(41), may(47)),
        ]
        assert rhythm.where() == ["Sprint 2"]
        rhythm.set(days=7, is_on=False, weeks=1, weekday=2)
        rhythm.beat(21)
        assert rhythm.sprint("Sprint 2").state == "planned"
        before = rhythm.sprints
        with acting(rhythm.ada, rhythm.acme):
            facts = Event.objects.count()
        rhythm.set(days=7, is_on=False, weeks=1, weekday=2)
        assert rhythm.sprints == before
        with acting(rhythm.ada, rhythm.acme):
            assert Event.objects.count() == facts

    def test_names_go_on_from_the_last_sprint(self, rhythm: Rhythm) -> None:
        with acting(rhythm.ada, rhythm.acme):
            Sprint.objects.create(org=rhythm.acme, project=rhythm.flow, name="Iteration 12")
        rhythm.set(ahead=1)
        assert [name for name, *_rest in rhythm.sprints if name != "Iteration 12"] == ["Iteration 13"]
        rhythm.set(ahead=2)
        assert len(rhythm.sprints) == 3

    @pytest.mark.parametrize(
        "values", [{"weeks": 0}, {"weeks": 9}, {"weekday": 7}, {"cooldown_weeks": 5}, {"ahead": 0}, {"ahead": 11}]
    )
    def test_is_refused_out_of_bounds(self, rhythm: Rhythm, values: dict[str, int]) -> None:
        with pytest.raises(Invalid):
            rhythm.set(**values)
        assert rhythm.sprints == []

    def test_is_for_admins(self, rhythm: Rhythm, flow: Project) -> None:
        member = make_member(rhythm.acme)

        def act(actor: Actor) -> Any:
            values = {"weeks": 2, "weekday": 0, "cooldown_weeks": 0, "ahead": 2}
            return set_cadence(actor=actor, project=flow, is_on=True, rolls_over=True, **values)

        with pytest.raises(Forbidden), acting(member, rhythm.acme) as actor:
            act(actor)
        assert rhythm.sprints == []

    def test_on_its_page(self, rhythm: Rhythm) -> None:
        pages = Pages(rhythm.ada, rhythm.acme, rhythm.flow)
        assert "Automatic sprints" in pages.get()
        assert "in the night before their first day" in pages.get("cadence/")
        values = {"is_on": "on", "weeks": 3, "weekday": 2, "cooldown_weeks": 0, "ahead": 1, "rolls_over": "on"}
        assert "greater than or equal to 1" in pages.post("cadence/", 422, **values | {"weeks": 0})
        assert "A sprint of 3 weeks starts by itself on Wednesday." in pages.post("cadence/", **values)
        del values["is_on"]
        assert "Sprints wait for somebody now." in pages.post("cadence/", **values)
        assert "starts by itself" not in pages.get()


class TestSlotsThatAnImportBrings:
    def test_are_filled_once_whatever_sprints_say(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            first, second = (create_sprint(actor=actor, project=flow, name=name).pk for name in ("One", "Two"))
        slot = date(2026, 5, 4)
        with run_as_system(org_id=acme.pk) as actor:
            note_imported_slots(actor=actor, project=flow, slots={first: slot, second: slot})
        with acting(ada, acme):
            assert [Sprint.objects.get(pk=pk).slot_date for pk in (first, second)] == [slot, None]
