"""The settings of templates and schedules, and new issues from templates, as the browser without script sees them."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.events.models import Event
from apps.orgs.models import Membership
from apps.projects.models import Label
from apps.projects.services import create_label
from apps.recurring.models import IssueTemplate, Schedule
from apps.recurring.services import retire_template
from tests.factories import acting, make_issues, make_member, make_project
from tests.recurring.conftest import Recurring

SCRIPT = {"X-Requested-With": "XMLHttpRequest", "HX-Request": "true", "Accept": "application/json"}
WEEKLY = {"frequency": "weekly", "interval": 2, "weekdays": [0], "at": "09:00", "goes_to": "backlog"}


class Pages:
    """What one reader sees of a project."""

    def __init__(self, recurring: Recurring, reader: User | None = None) -> None:
        self.client = Client()
        self.client.force_login(reader or recurring.ada)
        self.base = f"/{recurring.acme.slug}/FLOW/"

    def get(self, rest: str = "settings/templates/", expected: int = 200, **headers: str) -> str:
        answer = self.client.get(self.base + rest, follow=True, headers=headers or None)
        assert answer.status_code == expected, answer.content.decode()[:2000]
        return unescape(answer.content.decode())

    def post(self, rest: str, expected: int = 200, **values: Any) -> str:
        answer = self.client.post(self.base + rest, values, follow=True)
        assert answer.status_code == expected, answer.content.decode()[:2000]
        return unescape(answer.content.decode())


@pytest.fixture
def pages(recurring: Recurring) -> Pages:
    return Pages(recurring)


def soon(days: int = 1) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


class TestTemplates:
    def test_an_empty_page_teaches_and_a_form_makes_changes_orders_and_takes_away(
        self, recurring: Recurring, pages: Pages
    ) -> None:
        empty = pages.get()
        assert "No templates yet" in empty
        assert "Nothing is repeated" in empty
        # A schedule needs a template first.
        assert "Make a template first" in pages.get("settings/schedules/new/")
        values = {"type": recurring.type("Bug").pk, "priority": 3, "assignee": "creator", "subtasks": "One\nTwo"}
        refused = pages.post("settings/templates/new/", 422, name="", description="Kept", **values)
        assert "Kept" in refused
        made = pages.post("settings/templates/new/", name="Bug report", is_default="on", **values)
        assert "The template “Bug report” is there." in made
        assert "Filled in at once for Bug" in made
        assert "2 sub-tasks" in made
        with acting(recurring.ada, recurring.acme):
            template = IssueTemplate.objects.get()
        one = f"settings/templates/{template.pk}/"
        assert 'value="Bug report"' in pages.get(one)
        assert "There is a template “Bug report” already." in pages.post(
            "settings/templates/new/", 422, name="Bug report", **values
        )
        person = {**values, "assignee": recurring.ada.pk}
        assert "“Bugs” is saved." in pages.post(one, name="Bugs", **person)
        assert recurring.fresh(template).assignee == recurring.ada
        recurring.template(name="Second")
        pages.post(one + "shift/", by=1)
        listed = pages.get()
        assert listed.index("Second") < listed.index("Bugs")
        pages.post(one + "shift/", 422, by=7)
        gone = pages.post(one + "delete/")
        assert "The template “Bugs” is gone." in gone
        assert f"{one}restore/" in gone
        assert "The template “Bugs” is back." in pages.post(one + "restore/")

    def test_others_look_only(self, recurring: Recurring) -> None:
        pages = Pages(recurring, make_member(recurring.acme))
        assert "Admins of the project write down here" in pages.get()
        schedule = recurring.schedule(recurring.template())
        seen = pages.get()
        assert "You can look at the templates" in seen
        assert "Every day at 09:00 (UTC)" in seen
        assert not any(f"/{act}/" in seen for act in ("shift", "delete", "pause", "schedules/new"))
        pages.get(f"settings/schedules/{schedule.pk}/", 403)

    def test_the_page_costs_the_same_for_many(self, recurring: Recurring, pages: Pages) -> None:
        red = recurring.at(0, lambda actor: create_label(actor=actor, project=recurring.flow, name="red"))

        def add(count: int) -> int:
            for number in range(count):
                template = recurring.template(name=f"{len(recurring.facts())} {number}", labels=[red])
                schedule = recurring.schedule(template)
                recurring.beat(schedule, 1)
            with CaptureQueriesContext(connection) as queries:
                pages.get()
            return len(queries)

        pages.get()
        few = add(2)
        assert add(4) == few


class TestSchedules:
    def test_a_form_sets_up_shows_the_dates_pauses_and_takes_away(self, recurring: Recurring, pages: Pages) -> None:
        template = recurring.template()
        form = pages.get(f"settings/schedules/new/?template={template.pk}")
        assert f'value="{template.pk}" selected' in form
        assert "Every week on" in form
        values = WEEKLY | {"template": template.pk, "start_date": soon()}
        looked = pages.post("settings/schedules/new/", preview=1, **values)
        assert "Every 2 weeks on Monday at 09:00 (UTC)" in looked
        assert "next: " in looked
        with acting(recurring.ada, recurring.acme):
            assert not Schedule.objects.exists()
        refused = pages.post("settings/schedules/new/", 422, **values | {"weekdays": []})
        assert "Choose a weekday." in refused
        assert "It ends before it starts." in pages.post(
            "settings/schedules/new/", 422, **values | {"end_date": soon(0)}
        )
        made = pages.post("settings/schedules/new/", **values)
        assert "“Report” is repeated from now on." in made
        assert "Every 2 weeks on Monday at 09:00 (UTC)" in made
        with acting(recurring.ada, recurring.acme):
            schedule = Schedule.objects.get()
        one = f"settings/schedules/{schedule.pk}/"
        assert "Issues are made in the name of Ada" in pages.get(one)
        monthly = {"frequency": "by_weekday", "interval": 1, "nth": -1, "weekday": 4, "at": "08:30", "most": 3}
        monthly |= {"start_date": soon(), "goes_to": "sprint", "due_days": 0}
        assert "“Report” is saved." in pages.post(one, **monthly)
        assert "Every month on the last Friday at 08:30 (UTC), 3 times" in pages.get(one)
        assert "Choose which weekday of the month." in pages.post(one, 422, **monthly | {"nth": ""})
        assert "“Report” is paused." in pages.post(one + "pause/")
        assert "“Report” goes on, in your name." in pages.post(one + "resume/")
        gone = pages.post(one + "delete/")
        assert "“Report” is not repeated any more." in gone
        assert f"{one}restore/" in gone
        assert "“Report” is repeated again." in pages.post(one + "restore/")

    @pytest.mark.parametrize(
        ("values", "says"),
        [
            ({"frequency": "daily", "interval": 1}, "Every day at 09:00"),
            ({"frequency": "daily", "interval": 3, "most": 1}, "Every 3 days at 09:00 (UTC), once"),
            ({"weekdays": [0, 1, 2, 3, 4], "interval": 1}, "Every weekday"),
            ({"weekdays": [0, 2, 4], "interval": 1}, "Every week on Monday, Wednesday and Friday"),
            ({"frequency": "monthly", "interval": 1, "month_day": 5}, "Every month on day 5 at"),
            ({"frequency": "monthly", "interval": 2, "month_day": 31}, "Every 2 months on day 31, or the last at"),
            ({"frequency": "by_weekday", "nth": 2, "weekday": 1}, "Every 2 months on the second Tuesday"),
            ({"end_date": "2020-01-01"}, "No day is left for it."),
            ({"weekdays": []}, "Say when it repeats"),
            ({"frequency": "monthly"}, "Say when it repeats"),
            ({"interval": "often"}, "Say when it repeats"),
        ],
    )
    def test_says_what_the_form_means(self, pages: Pages, values: dict[str, Any], says: str) -> None:
        assert says in pages.post("settings/schedules/preview/", **WEEKLY | {"start_date": soon()} | values)

    def test_an_issue_is_repeated(self, recurring: Recurring, pages: Pages) -> None:
        make_issues(recurring.acme, recurring.flow, recurring.ada, "Water the plants")
        far = make_project(recurring.acme, recurring.ada, "FAR")
        make_issues(recurring.acme, far, recurring.ada, "Elsewhere")
        assert "Repeat this…" in pages.client.get(f"/{recurring.acme.slug}/issue/FLOW-1/").content.decode()
        member = Client()
        member.force_login(make_member(recurring.acme))
        assert "Repeat this…" not in member.get(f"/{recurring.acme.slug}/issue/FLOW-1/").content.decode()
        address = "settings/schedules/new/?issue=FLOW-1"
        assert 'value="Water the plants"' in pages.get(address)
        pages.get("settings/schedules/new/?issue=FAR-1", 404)
        assert "Enter a whole number." in pages.post(
            address, 422, name="Plants", **WEEKLY | {"start_date": soon(), "interval": "x"}
        )
        assert "“Plants” is repeated from now on." in pages.post(address, name="Plants", **WEEKLY, start_date=soon())

    def test_says_why_it_paused_and_what_it_waits_for(self, recurring: Recurring, pages: Pages) -> None:
        mateo = make_member(recurring.acme, "admin", "Mateo Ruiz")
        schedule = recurring.schedule(recurring.template())
        now = timezone.now()

        def seen(**values: Any) -> str:
            with acting(recurring.ada, recurring.acme):
                Schedule.objects.filter(pk=schedule.pk).update(**values)
            return pages.get()

        assert "It paused by itself: Mateo Ruiz left" in seen(owner=mateo, paused_at=now, stop="no_seat")
        assert "It paused by itself: Mateo Ruiz may not" in seen(stop="no_rights")
        waits = seen(paused_at=None, stop="", problem="“In progress” is full.")
        assert "was refused, and is tried again every ten minutes: “In progress” is full." in waits
        assert "tried again" not in seen(paused_at=now)
        with acting(recurring.ada, recurring.acme):
            doing = recurring.flow.statuses.get(name="In progress")
            recurring.flow.statuses.filter(pk=doing.pk).update(retired_at=now)
        assert "“In progress” was taken out" in seen(status=doing)


class TestNewIssues:
    def test_a_template_fills_the_form_in_and_history_names_it(self, recurring: Recurring, pages: Pages) -> None:
        red = recurring.at(0, lambda actor: create_label(actor=actor, project=recurring.flow, name="red"))
        template = recurring.template(
            name="Release", title="Release of {date}", description="Steps", priority=3, points=5, assigns="creator",
            labels=[red], subtasks=["Test", "Ship"],
        )  # fmt: skip
        assert "Steps" not in pages.get("issues/new/")
        form = pages.get(f"issues/new/?template={template.pk}")
        assert f'value="Release of {timezone.localdate()}"' in form
        assert "Test\nShip" in form
        assert f'<option value="{recurring.ada.pk}" selected>' in form
        assert f'value="{red.pk}" checked' in form
        assert 'aria-current="true">Release' in form
        # What the address says goes before the template.
        assert 'value="Mine"' in pages.get(f"issues/new/?template={template.pk}&title=Mine&priority=1")
        task, todo = recurring.type(), 0
        with acting(recurring.ada, recurring.acme):
            todo = recurring.flow.statuses.get(is_initial=True).pk
        sent = {"title": "Release 7", "type": task.pk, "status": todo, "priority": 0, "template": template.pk}
        answer = pages.client.post(
            pages.base + "issues/new/", sent | {"subtasks": "Test\n\nShip"}, headers=SCRIPT
        ).content.decode()
        assert "FLOW-1 created, with 2 sub-tasks." in answer
        assert "data-many" not in answer
        with acting(recurring.ada, recurring.acme):
            assert [event.data["template"] for event in Event.objects.filter(kind="issue.created").order_by("seq")] == [
                "Release", "", "",
            ]  # fmt: skip
        # Without script the next form begins with the same template.
        another = pages.post("issues/new/", **sent, another="on")
        assert f'value="Release of {timezone.localdate()}"' in another
        too_many = "\n".join("x" * 21)
        refused = pages.post("issues/new/", 422, **sent, subtasks=too_many)
        assert "At most 20 sub-tasks" in refused
        assert 'aria-current="true">Release' in refused
        # Whoever wrote sub-tasks keeps a place for them.
        assert 'name="subtasks"' not in pages.get("issues/new/?template=0")
        assert 'name="subtasks"' in pages.get("issues/new/?template=0&subtasks=1")
        assert len(recurring.issues()) == 4

    def test_a_type_has_its_template_at_once_and_none_can_be_chosen(self, recurring: Recurring, pages: Pages) -> None:
        bug, task = recurring.type("Bug"), recurring.type()
        recurring.template(name="Bug report", type=bug, description="How to see it", is_default=True)
        recurring.template(name="Task list", type=task, description="What to do", is_default=True)
        assert "What to do" in pages.get("issues/new/")
        assert "How to see it" in pages.get(f"issues/new/?type={bug.pk}", **SCRIPT)
        assert "What to do" not in pages.get("issues/new/?template=0")

    def test_what_is_gone_is_left_out_and_said(self, recurring: Recurring, pages: Pages) -> None:
        mateo = make_member(recurring.acme, name="Mateo Ruiz")
        red = recurring.at(0, lambda actor: create_label(actor=actor, project=recurring.flow, name="red"))
        template = recurring.template(assigns="person", assignee=mateo, labels=[red], description="Steps")
        with acting(recurring.ada, recurring.acme):
            Label.objects.filter(pk=red.pk).update(retired_at=timezone.now())
            Membership.objects.filter(user=mateo).update(ended_at=timezone.now())
        says = "the label “red”, which was deleted; Mateo Ruiz, who does not work here any more"
        form = pages.get(f"issues/new/?template={template.pk}")
        assert f"Left out of the template: {says}." in form
        assert "Steps" in form
        assert f"Left out: {says}." in pages.get()
        assert f"Left out, until you choose something else: {says}." in pages.get(f"settings/templates/{template.pk}/")
        recurring.at(0, lambda actor: retire_template(actor=actor, template=template))
        assert "The template that was asked for is gone." in pages.get(f"issues/new/?template={template.pk}")
        # A form that was open meanwhile is taken, and its history has the name.
        with acting(recurring.ada, recurring.acme):
            todo = recurring.flow.statuses.get(is_initial=True).pk
        pages.post("issues/new/", title="Late", type=recurring.type().pk, status=todo, priority=0, template=template.pk)
        assert [issue.title for issue in recurring.issues()] == ["Late"]
