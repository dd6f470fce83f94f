"""Schedules: what people set, and what the beat makes of it."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.boards.models import Column
from apps.boards.services import set_column_limit
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import current_unit, run_as_system, unit_of_work
from apps.core.tenancy.doors import due_schedules
from apps.events.models import Event
from apps.issues.activity import activity
from apps.issues.models import Issue
from apps.issues.selectors import get_issue
from apps.issues.services import add_children
from apps.orgs.models import Membership, Organization
from apps.projects.models import IssueType, Project, Status, Transition
from apps.projects.services import create_label
from apps.recurring import jobs, selectors, services
from apps.recurring.models import IssueTemplate, Occurrence, Schedule
from apps.recurring.services import (
    LostAccess,
    edit_schedule,
    pause_schedule,
    repeat_issue,
    restore_schedule,
    resume_schedule,
    retire_schedule,
)
from apps.sprints.services import create_sprint, start_sprint
from tests.factories import acting, give_role, make_issues, make_member, make_project
from tests.recurring.conftest import NOW, Recurring

HOUR = 1 / 24


def day(number: int) -> date:
    return date(2026, 11, 26) + timedelta(days=number)


def slots(recurring: Recurring, schedule: Schedule) -> list[date]:
    with acting(recurring.ada, recurring.acme):
        made = Occurrence.objects.filter(schedule=schedule).order_by("slot_date")
        return list(made.values_list("slot_date", flat=True))


class TestKeeping:
    def test_makes_one_issue_a_slot_however_often_it_is_kept(self, recurring: Recurring) -> None:
        red = recurring.at(0, lambda actor: create_label(actor=actor, project=recurring.flow, name="red"))
        template = recurring.template(
            title="Report of {date}", description="Week {week}", priority=2, points=3, assigns="creator",
            labels=[red], subtasks=["Part of {month}"],
        )  # fmt: skip
        schedule = recurring.schedule(template, due_days=2)
        assert schedule.next_at == NOW + timedelta(hours=1)
        assert recurring.beat(schedule, 0.5 * HOUR) is None
        issue = recurring.beat(schedule, HOUR)
        assert issue is not None
        assert recurring.beat(schedule, HOUR) is None
        assert recurring.beat(schedule, 23 * HOUR) is None
        whole, part = recurring.issues()
        assert (whole.title, whole.description, whole.points) == ("Report of 2026-11-26", "Week 48", Decimal(3))
        assert (whole.assignee, whole.reporter, whole.priority) == (recurring.ada, recurring.ada, 2)
        assert (whole.due_date, whole.status.is_initial, whole.sprint_id) == (day(2), True, None)
        assert (part.title, part.parent) == ("Part of November", whole)
        assert slots(recurring, schedule) == [day(0)]
        assert recurring.fresh(schedule).next_at == NOW + timedelta(days=1, hours=1)
        with acting(recurring.ada, recurring.acme) as actor:
            assert list(whole.labels.all()) == [red]
            event = Event.objects.get(kind="issue.created", issue_id=whole.pk)
            assert event.data["schedule"] == schedule.pk
            found = get_issue(actor=actor, key=f"FLOW-{whole.number}")
            told = [str(entry.sentence_html) for entry in activity(actor=actor, issue=found)]
        assert any("let FlowBoard create this issue on schedule" in sentence for sentence in told)

    def test_a_long_silence_makes_the_latest_only(self, recurring: Recurring) -> None:
        schedule = recurring.schedule(recurring.template())
        recurring.beat(schedule, 5 + 2 * HOUR)
        assert slots(recurring, schedule) == [day(5)]
        recurring.beat(schedule, 6 + 2 * HOUR)
        assert slots(recurring, schedule) == [day(5), day(6)]
        # Without a title of its own an issue is called like the template.
        assert [issue.title for issue in recurring.issues()] == ["Report", "Report"]

    def test_ends_after_so_many_or_with_its_last_day(self, recurring: Recurring) -> None:
        template = recurring.template()
        twice = recurring.schedule(template, most=2)
        short = recurring.schedule(template, end_date=day(1))
        for number in range(4):
            for schedule in (twice, short):
                recurring.beat(schedule, number + 2 * HOUR)
        assert slots(recurring, twice) == slots(recurring, short) == [day(0), day(1)]
        assert recurring.fresh(twice).next_at is recurring.fresh(short).next_at is None

    def test_another_time_on_the_same_day_makes_no_second_one(self, recurring: Recurring) -> None:
        schedule = recurring.schedule(recurring.template())
        recurring.beat(schedule, 2 * HOUR)
        later = recurring.timing(at=time(15))
        recurring.at(3 * HOUR, lambda actor: edit_schedule(actor=actor, schedule=schedule, timing=later))
        assert recurring.fresh(schedule).next_at == datetime(2026, 11, 26, 15, tzinfo=UTC)
        assert recurring.beat(schedule, 8 * HOUR) is None
        assert slots(recurring, schedule) == [day(0)]
        assert recurring.fresh(schedule).next_at == datetime(2026, 11, 27, 15, tzinfo=UTC)

    def test_the_database_has_one_row_for_a_slot(self, recurring: Recurring) -> None:
        schedule = recurring.schedule(recurring.template())
        recurring.beat(schedule, 2 * HOUR)
        with acting(recurring.ada, recurring.acme):
            (made,) = Occurrence.objects.all()
            made.pk = None
            with pytest.raises(IntegrityError, match="occurrence_once_per_slot"), transaction.atomic():
                made.save(force_insert=True)

    def test_goes_into_the_sprint_that_is_active_and_the_status_that_was_chosen(self, recurring: Recurring) -> None:
        with acting(recurring.ada, recurring.acme):
            doing = Status.objects.get(project=recurring.flow, name="In progress")
        schedule = recurring.schedule(recurring.template(), joins_sprint=True, status=doing)
        recurring.beat(schedule, 2 * HOUR)
        sprint = recurring.at(
            0,
            lambda actor: start_sprint(
                actor=actor, sprint=create_sprint(actor=actor, project=recurring.flow, name="Sprint 1")
            ),
        )
        recurring.beat(schedule, 1 + 2 * HOUR)
        with acting(recurring.ada, recurring.acme):
            Status.objects.filter(pk=doing.pk).update(retired_at=timezone.now())
        recurring.beat(schedule, 2 + 2 * HOUR)
        assert [(issue.sprint_id, issue.status.name) for issue in recurring.issues()] == [
            (None, "In progress"), (sprint.pk, "In progress"), (sprint.pk, initial(recurring)),
        ]  # fmt: skip

    def test_not_while_paused_deleted_or_archived(self, recurring: Recurring) -> None:
        schedule = recurring.schedule(recurring.template())
        recurring.at(0, lambda actor: pause_schedule(actor=actor, schedule=schedule))
        assert recurring.beat(schedule, 2 + 2 * HOUR) is None
        # What passed meanwhile is left out.
        recurring.at(3 + 2 * HOUR, lambda actor: resume_schedule(actor=actor, schedule=schedule))
        assert recurring.beat(schedule, 3 + 3 * HOUR) is None
        recurring.at(3, lambda actor: retire_schedule(actor=actor, schedule=schedule))
        assert recurring.beat(schedule, 5) is None
        recurring.at(5 + 2 * HOUR, lambda actor: restore_schedule(actor=actor, schedule=schedule))
        assert recurring.beat(schedule, 5 + 3 * HOUR) is None
        with acting(recurring.ada, recurring.acme):
            Project.objects.filter(pk=recurring.flow.pk).update(archived_at=timezone.now())
        assert recurring.beat(schedule, 7) is None
        assert recurring.issues() == []
        assert recurring.facts("schedule.") == [
            "schedule.created", "schedule.paused", "schedule.resumed", "schedule.deleted", "schedule.restored",
        ]  # fmt: skip

    def test_a_schedule_whose_rule_has_no_slot_left_is_over(self, recurring: Recurring) -> None:
        """Its zone moved by law, so that what was to come is another moment now."""
        schedule = recurring.schedule(recurring.template(), end_date=day(0))
        with acting(recurring.ada, recurring.acme):
            Schedule.objects.update(at=time(23))
        assert recurring.beat(schedule, 2 * HOUR) is None
        assert recurring.fresh(schedule).next_at == datetime(2026, 11, 26, 23, tzinfo=UTC)

    def test_only_in_the_name_of_its_owner(self, recurring: Recurring) -> None:
        schedule = recurring.schedule(recurring.template())
        member = make_member(recurring.acme)
        assert recurring.beat(schedule, 2 * HOUR, by=member) is None
        guest = make_member(recurring.acme, "guest", "Grace Guest")
        with pytest.raises(LostAccess):
            recurring.beat(schedule, 2 * HOUR, by=guest)
        give_role(recurring.acme, recurring.flow, guest, "viewer")
        with acting(recurring.ada, recurring.acme):
            Schedule.objects.update(owner=guest)
        with pytest.raises(LostAccess):
            recurring.beat(schedule, 2 * HOUR, by=guest)
        assert recurring.issues() == []


def initial(recurring: Recurring) -> str:
    with acting(recurring.ada, recurring.acme):
        return Status.objects.get(project=recurring.flow, is_initial=True).name


class TestTheJob:
    def due(self, recurring: Recurring, *, owner: User | None = None) -> Schedule:
        """A schedule of which a slot came an hour ago, by the clock on the wall."""
        schedule = recurring.schedule(recurring.template(name=f"T{len(recurring.facts())}"))
        now = timezone.now()
        with acting(recurring.ada, recurring.acme):
            Schedule.objects.filter(pk=schedule.pk).update(
                start_date=now.date() - timedelta(days=3),
                at=(now - timedelta(hours=1)).time(),
                next_at=now - timedelta(days=1, hours=2),
                owner=owner or recurring.ada,
            )
        return schedule

    def test_makes_what_is_due_once_for_two_beats(self, recurring: Recurring) -> None:
        schedule = self.due(recurring)
        with unit_of_work():
            (seen,) = due_schedules()
        jobs.keep(seen)
        jobs.keep(seen)
        jobs.keep_schedules()
        assert len(recurring.issues()) == 1
        assert recurring.fresh(schedule).next_at > timezone.now()
        with acting(recurring.ada, recurring.acme):
            assert Event.objects.get(kind="issue.created").origin == "system"

    def test_archived_deleted_suspended_and_waiting_ones_are_not_due(self, recurring: Recurring) -> None:
        schedule = self.due(recurring)

        def count(model: Any, pk: int, **values: Any) -> int:
            old = dict.fromkeys(values)
            with run_as_system(org_id=recurring.acme.pk):
                model.objects.filter(pk=pk).update(**values)
            with unit_of_work():
                found = len(due_schedules())
            jobs.keep_schedules()
            with run_as_system(org_id=recurring.acme.pk):
                model.objects.filter(pk=pk).update(**old)
            return found

        now = timezone.now()
        assert count(Project, recurring.flow.pk, archived_at=now) == 0
        assert count(Project, recurring.flow.pk, deleted_at=now) == 0
        assert count(Organization, recurring.acme.pk, suspended_at=now) == 0
        assert count(Organization, recurring.acme.pk, deleted_at=now) == 0
        assert count(Schedule, schedule.pk, paused_at=now) == 0
        assert count(Schedule, schedule.pk, retired_at=now) == 0
        assert count(Schedule, schedule.pk, retry_at=now + timedelta(minutes=5)) == 0
        assert recurring.issues() == []
        jobs.keep_schedules()
        assert len(recurring.issues()) == 1

    @pytest.mark.parametrize("loss", ["seat", "rights"])
    def test_pauses_a_schedule_whose_owner_lost_access_and_says_why(self, recurring: Recurring, loss: str) -> None:
        mateo = make_member(recurring.acme, "admin")
        schedule = self.due(recurring, owner=mateo)
        with acting(recurring.ada, recurring.acme):
            seat = Membership.objects.filter(user=mateo)
            seat.update(ended_at=timezone.now()) if loss == "seat" else seat.update(role="guest")
        jobs.keep_schedules()
        jobs.keep_schedules()
        stopped = recurring.fresh(schedule)
        assert (stopped.stop, stopped.paused_at is not None) == (f"no_{loss}", True)
        assert recurring.issues() == []
        assert recurring.facts("schedule.") == ["schedule.created", "schedule.paused"]
        # Somebody else takes it over.
        recurring.at(0, lambda actor: resume_schedule(actor=actor, schedule=schedule))
        taken = recurring.fresh(schedule)
        assert (taken.owner, taken.stop, taken.paused_at) == (recurring.ada, "", None)

    def test_what_is_refused_waits_and_is_tried_again(self, recurring: Recurring) -> None:
        schedule = self.due(recurring)
        with acting(recurring.ada, recurring.acme) as actor:
            doing = Status.objects.get(project=recurring.flow, name="In progress")
            column = Column.objects.get(project=recurring.flow, name="In progress")
            sprint = start_sprint(
                actor=actor, sprint=create_sprint(actor=actor, project=recurring.flow, name="Sprint 1")
            )
            set_column_limit(actor=actor, project=recurring.flow, column_id=column.pk, limit=1, policy="block")
            Schedule.objects.update(status=doing, joins_sprint=True)
        (full,) = make_issues(recurring.acme, recurring.flow, recurring.ada, "full", status=doing, sprint_id=sprint.pk)
        for _time in range(2):
            jobs.keep_schedules()
            with acting(recurring.ada, recurring.acme):
                Schedule.objects.update(retry_at=None)
        held = recurring.fresh(schedule)
        assert "In progress" in held.problem
        assert held.next_at < timezone.now()
        assert [issue.title for issue in recurring.issues()] == ["full"]
        assert recurring.facts("schedule.") == ["schedule.created", "schedule.held"]
        with acting(recurring.ada, recurring.acme):
            Issue.objects.filter(pk=full.pk).update(sprint=None)
        jobs.keep_schedules()
        assert len(recurring.issues()) == 2
        assert recurring.fresh(schedule).problem == ""

    def test_what_was_settled_meanwhile_is_left_alone(self, recurring: Recurring) -> None:
        schedule = recurring.schedule(recurring.template())
        with run_as_system(org_id=recurring.acme.pk) as actor:
            unit = current_unit()
            assert unit is not None
            unit.moment = NOW
            known = {"actor": actor, "schedule_id": schedule.pk}
            assert services.stop_schedule(stop="no_seat", **known) is None
            assert services.hold_schedule(problem="Full.", **known) is None
            assert not services.claim_schedule(**known)
        assert recurring.fresh(schedule).problem == ""


class TestSetting:
    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"frequency": "yearly"}, "frequency"),
            ({"interval": 0}, "interval"),
            ({"interval": 100}, "interval"),
            ({"frequency": "weekly"}, "weekdays"),
            ({"frequency": "weekly", "weekdays": [7]}, "weekdays"),
            ({"frequency": "monthly"}, "month_day"),
            ({"frequency": "monthly", "month_day": 32}, "month_day"),
            ({"frequency": "by_weekday", "weekdays": [1], "nth": 5}, "nth"),
            ({"frequency": "by_weekday", "weekdays": [1, 2], "nth": 1}, "nth"),
            ({"start_date": date(1, 1, 1)}, "start_date"),
            ({"start_date": date(9999, 1, 1)}, "start_date"),
            ({"end_date": date(2026, 11, 25)}, "end_date"),
            ({"most": 0}, "most"),
            ({"due_days": 366}, "due_days"),
            ({"frequency": "monthly", "month_day": 1, "end_date": date(2026, 11, 30)}, "end_date"),
        ],
    )
    def test_refuses_what_cannot_be_and_changes_nothing(
        self, recurring: Recurring, values: dict[str, Any], field: str
    ) -> None:
        template = recurring.template()
        schedule = recurring.schedule(template)
        before = recurring.facts()
        with pytest.raises(Invalid) as refused:
            recurring.schedule(template, **values)
        assert refused.value.field == field
        wrong = recurring.timing(**values)
        with pytest.raises(Invalid):
            recurring.at(0, lambda actor: edit_schedule(actor=actor, schedule=schedule, timing=wrong))
        assert recurring.facts() == before
        assert recurring.fresh(schedule).frequency == "daily"

    def test_keeps_what_its_kind_needs(self, recurring: Recurring) -> None:
        template = recurring.template()
        every = {"weekdays": [4, 0, 4], "month_day": 31, "nth": -1}
        weekly = recurring.schedule(template, frequency="weekly", **every)
        monthly = recurring.schedule(template, frequency="monthly", **every)
        nth = recurring.schedule(template, frequency="by_weekday", **every | {"weekdays": [4]})
        kept = [(each.weekdays, each.month_day, each.nth) for each in (weekly, monthly, nth)]
        assert kept == [([0, 4], None, None), ([], 31, None), ([4], None, -1)]
        assert [each.next_at.date() for each in (weekly, monthly, nth)] == [day(1), date(2026, 11, 30), day(1)]

    def test_tells_what_changed_and_an_old_start_may_stay(self, recurring: Recurring) -> None:
        schedule = recurring.schedule(recurring.template())
        same, other = recurring.timing(), recurring.timing(interval=2)
        for timing in (same, other, other):
            recurring.at(9, lambda actor, timing=timing: edit_schedule(actor=actor, schedule=schedule, timing=timing))
        assert recurring.facts("schedule.") == ["schedule.created", "schedule.edited"]
        assert recurring.fresh(schedule).next_at == NOW + timedelta(days=10, hours=1)

    def test_refuses_foreign_templates_and_statuses_that_nobody_may_begin_in(self, recurring: Recurring) -> None:
        other = make_project(recurring.acme, recurring.ada, "OTHER")
        template = recurring.template()
        with acting(recurring.ada, recurring.acme):
            elsewhere = Status.objects.get(project=other, name="In progress")
            done = Status.objects.get(project=recurring.flow, name="Done")
            Transition.objects.filter(project=recurring.flow, target=done).delete()
        for status in (elsewhere, done):
            with pytest.raises(Invalid):
                recurring.schedule(template, status=status)
        with pytest.raises(Invalid):
            recurring.at(
                0,
                lambda actor: services.create_schedule(
                    actor=actor, project=other, template=template, timing=recurring.timing()
                ),
            )
        with acting(recurring.ada, recurring.acme):
            assert not Schedule.objects.exists()

    def test_not_of_a_template_that_is_gone_by_now(self, recurring: Recurring) -> None:
        template = recurring.template()
        recurring.at(0, lambda actor: services.retire_template(actor=actor, template=template))
        with pytest.raises(Invalid) as refused:
            recurring.schedule(template)
        assert refused.value.field == "template"
        with acting(recurring.ada, recurring.acme):
            assert not Schedule.objects.exists()

    def test_no_more_than_a_project_can_have(self, recurring: Recurring, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("apps.recurring.services.schedules.MOST_SCHEDULES", 1)
        template = recurring.template()
        first = recurring.schedule(template)
        with pytest.raises(Invalid):
            recurring.schedule(template)
        recurring.at(0, lambda actor: retire_schedule(actor=actor, schedule=first))
        recurring.schedule(template)
        with pytest.raises(Invalid):
            recurring.at(0, lambda actor: restore_schedule(actor=actor, schedule=first))
        with acting(recurring.ada, recurring.acme):
            assert Schedule.objects.filter(retired_at=None).count() == 1

    def test_comes_back_with_its_template_only(self, recurring: Recurring) -> None:
        template = recurring.template()
        schedule = recurring.schedule(template)
        recurring.at(0, lambda actor: retire_schedule(actor=actor, schedule=schedule))
        with pytest.raises(NotFound):
            recurring.at(0, lambda actor: retire_schedule(actor=actor, schedule=schedule))
        recurring.at(0, lambda actor: services.retire_template(actor=actor, template=template))
        with pytest.raises(Invalid):
            recurring.at(0, lambda actor: restore_schedule(actor=actor, schedule=schedule))
        assert recurring.fresh(schedule).retired_at is not None

    def test_pausing_or_resuming_twice_is_no_news(self, recurring: Recurring) -> None:
        schedule = recurring.schedule(recurring.template())
        for act in (resume_schedule, pause_schedule, pause_schedule, resume_schedule, resume_schedule):
            recurring.at(0, lambda actor, act=act: act(actor=actor, schedule=schedule))
        assert recurring.facts("schedule.") == ["schedule.created", "schedule.paused", "schedule.resumed"]

    def test_is_for_admins(self, recurring: Recurring) -> None:
        template = recurring.template()
        schedule = recurring.schedule(template)
        (issue,) = make_issues(recurring.acme, recurring.flow, recurring.ada, "one")
        member, timing = make_member(recurring.acme), recurring.timing()
        before = recurring.facts()
        acts: list[Any] = [
            lambda actor: services.create_schedule(
                actor=actor, project=recurring.flow, template=template, timing=timing
            ),
            lambda actor: repeat_issue(actor=actor, issue=issue, name="One", timing=timing),
            lambda actor: edit_schedule(actor=actor, schedule=schedule, timing=timing),
            *(
                lambda actor, act=act: act(actor=actor, schedule=schedule)
                for act in (pause_schedule, resume_schedule, retire_schedule, restore_schedule)
            ),
        ]
        for act in acts:
            with pytest.raises(Forbidden):
                recurring.at(0, act, by=member)
        assert recurring.facts() == before


class TestRepeating:
    def test_an_issue_becomes_a_template_with_a_schedule(self, recurring: Recurring) -> None:
        red = recurring.at(0, lambda actor: create_label(actor=actor, project=recurring.flow, name="red"))
        (issue,) = make_issues(
            recurring.acme, recurring.flow, recurring.ada, "Clean up", description="All of it", priority=1,
            points=Decimal(2), assignee=recurring.ada, labels=[red],
        )  # fmt: skip
        recurring.at(0, lambda actor: add_children(actor=actor, parent=issue, titles=["First", "Then"]))
        schedule = recurring.at(
            0, lambda actor: repeat_issue(actor=actor, issue=issue, name="Cleaning", timing=recurring.timing())
        )
        made = recurring.beat(schedule, 2 * HOUR)
        assert made is not None
        assert (made.title, made.description, made.assignee, made.points) == (
            "Clean up", "All of it", recurring.ada, Decimal(2),
        )  # fmt: skip
        assert [each.title for each in recurring.issues() if each.parent_id == made.pk] == ["First", "Then"]
        with acting(recurring.ada, recurring.acme):
            assert IssueTemplate.objects.get().name == "Cleaning"
            assert list(made.labels.all()) == [red]

    def test_whoever_left_is_not_assigned(self, recurring: Recurring) -> None:
        mateo = make_member(recurring.acme)
        (issue,) = make_issues(recurring.acme, recurring.flow, recurring.ada, "Clean up", assignee=mateo)
        with acting(recurring.ada, recurring.acme):
            Membership.objects.filter(user=mateo).update(ended_at=timezone.now())
        schedule = recurring.at(
            0, lambda actor: repeat_issue(actor=actor, issue=issue, name="Cleaning", timing=recurring.timing())
        )
        made = recurring.beat(schedule, 2 * HOUR)
        assert made is not None
        assert made.assignee is None

    def test_not_a_subtask_and_never_half(self, recurring: Recurring) -> None:
        with acting(recurring.ada, recurring.acme):
            step = IssueType.objects.get(project=recurring.flow, level=0)
        (part,) = make_issues(recurring.acme, recurring.flow, recurring.ada, "part", type=step)
        (whole,) = make_issues(recurring.acme, recurring.flow, recurring.ada, "whole")
        before = recurring.facts()
        for issue, timing in ((part, recurring.timing()), (whole, recurring.timing(interval=0))):
            with pytest.raises(Invalid):
                recurring.at(
                    0,
                    lambda actor, issue=issue, timing=timing: repeat_issue(
                        actor=actor, issue=issue, name="One", timing=timing
                    ),
                )
        assert recurring.facts() == before
        with acting(recurring.ada, recurring.acme):
            assert not IssueTemplate.objects.exists()


class TestReading:
    def test_lists_what_came_last_and_comes_next(self, recurring: Recurring) -> None:
        schedule = recurring.schedule(recurring.template(), most=4)
        for number in range(2):
            recurring.beat(schedule, number + 2 * HOUR)
        (line,) = recurring.at(2, lambda actor: selectors.list_schedules(actor=actor, project=recurring.flow))
        assert (line.made, line.last.title, line.last_day) == (2, "Report", day(1))
        assert [slot.day for slot in line.coming] == [day(2), day(3)]
        with acting(recurring.ada, recurring.acme):
            Issue.objects.update(deleted_at=timezone.now())
        (line,) = recurring.at(2, lambda actor: selectors.list_schedules(actor=actor, project=recurring.flow))
        assert (line.last, line.last_day) == (None, day(1))

    def test_one_that_does_not_exist_is_not_found(self, recurring: Recurring) -> None:
        other = make_project(recurring.acme, recurring.ada, "OTHER")
        schedule = recurring.schedule(recurring.template())
        with pytest.raises(NotFound):
            recurring.at(0, lambda actor: selectors.get_schedule(actor=actor, project=other, schedule_id=schedule.pk))
