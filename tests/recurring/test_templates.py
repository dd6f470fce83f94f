"""Templates: what they hold, who writes them, and what they fill in when what they name is gone."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from apps.core.errors import Forbidden, Invalid, NotFound
from apps.events.models import Change, Event
from apps.issues.activity import activity
from apps.issues.models import Issue
from apps.issues.selectors import get_issue
from apps.issues.services import NewIssue, retire_issue_type
from apps.projects.models import IssueType, Label, Project
from apps.projects.services import create_label
from apps.recurring import selectors, services
from apps.recurring.models import IssueTemplate
from apps.recurring.services import (
    MOST_SUBTASKS,
    TemplateInUse,
    TemplateNameTaken,
    create_from_template,
    create_template,
    edit_template,
    restore_template,
    retire_template,
    shift_template,
)
from tests.factories import acting, make_issues, make_member, make_project
from tests.recurring.conftest import Recurring

DAY = date(2026, 11, 26)


def label(recurring: Recurring, name: str, project: Project | None = None) -> Label:
    return recurring.at(0, lambda actor: create_label(actor=actor, project=project or recurring.flow, name=name))


def filled(recurring: Recurring, template: IssueTemplate, day: date = DAY) -> selectors.Prefill:
    def act(actor: Any) -> selectors.Prefill:
        found = selectors.get_template(actor=actor, project=recurring.flow, template_id=template.pk)
        return selectors.Present(actor=actor, project=recurring.flow).fill(found, day=day)

    return recurring.at(0, act)


def names(recurring: Recurring) -> list[str]:
    return recurring.at(
        0, lambda actor: [each.name for each in selectors.list_templates(actor=actor, project=recurring.flow)]
    )


class TestWriting:
    def test_keeps_all_of_it_and_tells(self, recurring: Recurring) -> None:
        red, blue = label(recurring, "red"), label(recurring, "blue")
        template = recurring.template(
            title="  Report of   {date} ", description="What?", priority=3, points="2,5", assigns="person",
            assignee=recurring.ada, labels=[red, blue], subtasks=["One", " ", "Two "], is_default=True,
        )  # fmt: skip
        found = filled(recurring, template)
        assert (found.title, found.description, found.subtasks) == ("Report of 2026-11-26", "What?", ["One", "Two"])
        assert [each.name for each in found.labels] == ["blue", "red"]
        assert (found.assignee, found.type, found.left_out) == (recurring.ada, recurring.type(), [])
        assert (template.points, template.priority, template.is_default) == (Decimal("2.5"), 3, True)
        assert recurring.facts("template.") == ["template.created"]
        again = recurring.content(name="Reports", title="Report of {date}", labels=[blue], assigns="creator")
        edited = recurring.at(0, lambda actor: edit_template(actor=actor, template=template, content=again))
        with acting(recurring.ada, recurring.acme):
            event = Event.objects.get(kind="template.edited")
            changed = dict(Change.objects.filter(event=event).values_list("field", "new"))
        assert changed["name"] == "Reports"
        assert changed["labels"] == [blue.pk]
        assert changed["assignee"] is None
        assert "title" not in changed
        # The same once more is no news.
        recurring.at(0, lambda actor: edit_template(actor=actor, template=edited, content=again))
        assert recurring.facts("template.") == ["template.created", "template.edited"]

    def test_a_type_has_one_that_is_filled_in_at_once(self, recurring: Recurring) -> None:
        first = recurring.template(name="One", is_default=True)
        second = recurring.template(name="Two", is_default=True)
        other = recurring.template(name="Bug", type=recurring.type("Bug"), is_default=True)
        assert [recurring.fresh(each).is_default for each in (first, second, other)] == [False, True, True]
        assert recurring.facts("template.").count("template.edited") == 1

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"name": " "}, "name"),
            ({"name": "x" * 61}, "name"),
            ({"title": "x" * 501}, "title"),
            ({"description": "\x00"}, "description"),
            ({"priority": 9}, "priority"),
            ({"points": "-1"}, "points"),
            ({"assigns": "all"}, "assigns"),
            ({"assigns": "person"}, "assignee"),
            ({"subtasks": ["x"] * (MOST_SUBTASKS + 1)}, "subtasks"),
            ({"subtasks": ["x" * 501]}, "subtasks"),
        ],
    )
    def test_refuses_what_cannot_be_and_changes_nothing(
        self, recurring: Recurring, values: dict[str, Any], field: str
    ) -> None:
        template = recurring.template()
        before = recurring.facts()
        with pytest.raises(Invalid) as refused:
            recurring.template(**{"name": "Other"} | values)
        assert refused.value.field == field
        wrong = recurring.content(**values)
        with pytest.raises(Invalid):
            recurring.at(0, lambda actor: edit_template(actor=actor, template=template, content=wrong))
        assert names(recurring) == ["Report"]
        assert recurring.facts() == before

    def test_refuses_what_belongs_elsewhere(self, recurring: Recurring) -> None:
        other = make_project(recurring.acme, recurring.ada, "OTHER")
        stranger = make_member(recurring.acme, "guest")
        with acting(recurring.ada, recurring.acme):
            elsewhere = IssueType.objects.get(project=other, name="Task")
            step = IssueType.objects.get(project=recurring.flow, level=0)
        for values in (
            {"type": elsewhere},
            {"type": step},
            {"labels": [label(recurring, "far", other)]},
            {"assigns": "person", "assignee": stranger},
        ):
            with pytest.raises(Invalid):
                recurring.template(**values)
        assert names(recurring) == []

    def test_names_are_taken_once(self, recurring: Recurring) -> None:
        first = recurring.template()
        with pytest.raises(TemplateNameTaken):
            recurring.template()
        recurring.at(0, lambda actor: retire_template(actor=actor, template=first))
        recurring.template()
        with pytest.raises(TemplateNameTaken):
            recurring.at(0, lambda actor: restore_template(actor=actor, template=first))
        assert recurring.fresh(first).retired_at is not None

    def test_no_more_than_a_project_can_have(self, recurring: Recurring, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("apps.recurring.services.templates.MOST_TEMPLATES", 1)
        first = recurring.template()
        with pytest.raises(Invalid):
            recurring.template(name="Two")
        recurring.at(0, lambda actor: retire_template(actor=actor, template=first))
        recurring.template(name="Two")
        with pytest.raises(Invalid):
            recurring.at(0, lambda actor: restore_template(actor=actor, template=first))
        assert names(recurring) == ["Two"]

    def test_is_for_admins_of_a_living_project(self, recurring: Recurring) -> None:
        template, content = recurring.template(), recurring.content(name="Other")
        member = make_member(recurring.acme)
        acts: list[Any] = [
            lambda actor: create_template(actor=actor, project=recurring.flow, content=content),
            lambda actor: edit_template(actor=actor, template=template, content=content),
            lambda actor: shift_template(actor=actor, template=template, by=1),
            lambda actor: retire_template(actor=actor, template=template),
            lambda actor: restore_template(actor=actor, template=template),
        ]
        before = recurring.facts()
        for act in acts:
            with pytest.raises(Forbidden):
                recurring.at(0, act, by=member)
        recurring.flow.archived_at = template.project.archived_at = timezone.now()
        for act in acts:
            with pytest.raises(Forbidden):
                recurring.at(0, act)
        assert recurring.facts() == before
        assert names(recurring) == ["Report"]


class TestOrderAndDeleting:
    def test_they_are_offered_in_an_order(self, recurring: Recurring) -> None:
        one, _two, three = (recurring.template(name=name) for name in ("One", "Two", "Three"))
        recurring.at(0, lambda actor: shift_template(actor=actor, template=three, by=-1))
        assert names(recurring) == ["One", "Three", "Two"]
        before = recurring.facts()
        recurring.at(0, lambda actor: shift_template(actor=actor, template=one, by=-1))
        assert recurring.facts() == before

    def test_one_that_is_gone_can_come_back(self, recurring: Recurring) -> None:
        template = recurring.template(is_default=True)
        recurring.at(0, lambda actor: retire_template(actor=actor, template=template))
        assert names(recurring) == []
        for act in (retire_template, lambda **known: shift_template(by=1, **known)):
            with pytest.raises(NotFound):
                recurring.at(0, lambda actor, act=act: act(actor=actor, template=template))
        recurring.template(name="Other", is_default=True)
        back = recurring.at(0, lambda actor: restore_template(actor=actor, template=template))
        assert (back.is_default, names(recurring)) == (False, ["Report", "Other"])
        with pytest.raises(NotFound):
            recurring.at(0, lambda actor: restore_template(actor=actor, template=template))
        assert recurring.facts("template.")[-1] == "template.restored"

    def test_not_one_that_a_schedule_needs(self, recurring: Recurring) -> None:
        template = recurring.template()
        schedule = recurring.schedule(template)
        with pytest.raises(TemplateInUse):
            recurring.at(0, lambda actor: retire_template(actor=actor, template=template))
        assert names(recurring) == ["Report"]
        recurring.at(0, lambda actor: services.retire_schedule(actor=actor, schedule=schedule))
        recurring.at(0, lambda actor: retire_template(actor=actor, template=template))
        assert names(recurring) == []


class TestFillingIn:
    def test_what_is_gone_is_left_out_and_said(self, recurring: Recurring) -> None:
        mateo = make_member(recurring.acme, name="Mateo Ruiz")
        red = label(recurring, "red")
        bug = recurring.type("Bug")
        template = recurring.template(
            type=bug, assigns="person", assignee=mateo, labels=[red], subtasks=["One"], title="Title"
        )
        with acting(recurring.ada, recurring.acme) as actor:
            Label.objects.filter(pk=red.pk).update(retired_at=timezone.now())
            retire_issue_type(actor=actor, issue_type=bug, to=recurring_type(recurring))
            IssueType.objects.filter(project=recurring.flow, level=0).update(retired_at=timezone.now())
        from apps.orgs.models import Membership

        with acting(recurring.ada, recurring.acme):
            Membership.objects.filter(user=mateo).update(ended_at=timezone.now())
        found = filled(recurring, template)
        assert (found.type, found.assignee, found.labels, found.subtasks) == (None, None, [], [])
        assert found.title == "Title"
        assert [what.split(",")[0] for what in found.left_out] == [
            "the type “Bug”", "the label “red”", "Mateo Ruiz", "the sub-tasks",
        ]  # fmt: skip

    def test_whoever_creates(self, recurring: Recurring) -> None:
        assert filled(recurring, recurring.template(assigns="creator")).assignee == recurring.ada

    def test_one_that_does_not_exist_is_not_found(self, recurring: Recurring) -> None:
        other = make_project(recurring.acme, recurring.ada, "OTHER")
        template = recurring.template()
        with pytest.raises(NotFound):
            recurring.at(0, lambda actor: selectors.get_template(actor=actor, project=other, template_id=template.pk))


def recurring_type(recurring: Recurring) -> IssueType:
    return IssueType.objects.get(project=recurring.flow, name="Task")


class TestCreating:
    def test_an_issue_with_its_subtasks_a_fact_for_each(self, recurring: Recurring) -> None:
        make_issues(recurring.acme, recurring.flow, recurring.ada, "before")
        new = NewIssue(title="Whole", template="Report")
        made = recurring.at(
            0,
            lambda actor: create_from_template(
                actor=actor, project=recurring.flow, new=new, subtasks=["One", "", " Two"]
            ),
        )
        assert [(each.title, each.parent_id, each.type.name) for each in made] == [
            ("Whole", None, "Task"), ("One", made[0].pk, "Sub-task"), ("Two", made[0].pk, "Sub-task"),
        ]  # fmt: skip
        assert recurring.facts("issue.") == ["issue.created"] * 4
        with acting(recurring.ada, recurring.acme) as actor:
            issue = get_issue(actor=actor, key=f"FLOW-{made[0].number}")
            told = [str(entry.sentence_html) for entry in activity(actor=actor, issue=issue)]
        assert any("created this issue from the template <b>Report</b>" in sentence for sentence in told)

    def test_all_or_nothing(self, recurring: Recurring) -> None:
        before = recurring.facts()
        for titles in (["x"] * (MOST_SUBTASKS + 1), ["x" * 501]):
            with pytest.raises(Invalid):
                recurring.at(
                    0,
                    lambda actor, titles=titles: create_from_template(
                        actor=actor, project=recurring.flow, new=NewIssue(title="Whole"), subtasks=titles
                    ),
                )
        assert recurring.issues() == []
        assert recurring.facts() == before
        with acting(recurring.ada, recurring.acme):
            assert not Issue.objects.exists()
