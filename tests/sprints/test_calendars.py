"""Calendar links: made and revoked by their owner; what a calendar reads there, parsed back, and when it is nothing."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from icalendar import Calendar

from apps.accounts.models import User
from apps.core import limits
from apps.core.digests import hash_secret
from apps.core.errors import Forbidden
from apps.core.tenancy import Actor, run_as_system
from apps.events.models import Event
from apps.issues.models import Issue
from apps.issues.services import edit_issue, move_issue
from apps.orgs.models import Membership, Organization
from apps.orgs.services import add_member, remove_member, set_organization_suspended
from apps.projects.models import Project, ProjectMember, Status
from apps.projects.selectors import get_project
from apps.projects.services import remove_project_role, set_project_role
from apps.sprints import services
from apps.sprints.models import CalendarLink
from apps.sprints.services import create_sprint, make_calendar_link
from tests.factories import acting, make_issues, make_member, make_project

TODAY = timezone.localdate()
ONE = timedelta(days=1)


class Reader:
    """Somebody with a calendar: the page on which its link is made, and what it reads there."""

    def __init__(self, user: User, org: Organization, project: Project) -> None:
        self.user, self.org, self.project = user, org, project
        self.client = Client()
        self.client.force_login(user)
        self.base = f"/{org.slug}/{project.key}/calendar/"

    def make(self, whose: str = "everybody") -> str:
        """A new link; the path of its address."""
        answer = self.client.post(self.base, {"whose": whose})
        assert answer.status_code == 200, answer.content.decode()[:1000]
        assert answer["Cache-Control"] == "no-store"
        found = re.search(r"data-address>http://testserver(/calendars/[\w-]{43}\.ics)<", answer.content.decode())
        assert found is not None
        return found[1]

    def read(self, path: str, expected: int = 200, **headers: str) -> Any:
        answer = Client().get(path, headers=headers)
        assert answer.status_code == expected, answer.content.decode()[:1000]
        return answer

    def events(self, path: str) -> dict[str, Any]:
        """The events that a calendar understands, by their summaries."""
        calendar = Calendar.from_ical(self.read(path).content)
        return {str(event["summary"]): event for event in calendar.walk("VEVENT")}

    def row(self) -> CalendarLink:
        with acting(self.user, self.org):
            return CalendarLink.objects.get()


@pytest.fixture
def reader(ada: User, acme: Organization, flow: Project) -> Reader:
    caches["default"].clear()
    return Reader(ada, acme, flow)


def due(reader: Reader, title: str, day: date | None = TODAY, **fields: Any) -> Issue:
    (issue,) = make_issues(reader.org, reader.project, reader.user, title, **fields)
    with acting(reader.user, reader.org) as actor:
        return edit_issue(actor=actor, issue=issue, values={"due_date": day})


class TestWhatIsRead:
    def test_is_sprints_and_due_dates_as_whole_days(self, reader: Reader) -> None:
        bo = make_member(reader.org)
        due(reader, "mine", TODAY, assignee=reader.user)
        due(reader, "Bo's", TODAY + 9 * ONE, assignee=bo)
        due(reader, "undated", None)
        due(reader, "long ago", TODAY - 100 * ONE)
        done = due(reader, "done", TODAY)
        (elsewhere,) = make_issues(reader.org, make_project(reader.org, reader.user, "ELSE"), reader.user, "elsewhere")
        with acting(reader.user, reader.org) as actor:
            move_issue(actor=actor, issue=done, to=Status.objects.get(project=reader.project, name="Done"))
            edit_issue(actor=actor, issue=elsewhere, values={"due_date": TODAY})
            sprint = create_sprint(
                actor=actor, project=reader.project, name="S1", goal="Ship", start_date=TODAY, end_date=TODAY + 13 * ONE
            )
            create_sprint(actor=actor, project=reader.project, name="without dates")
        events = reader.events(reader.make())
        assert list(events) == ["FLOW: S1", "FLOW-1 mine", "FLOW-2 Bo's"]
        mine, planned = events["FLOW-1 mine"], events["FLOW: S1"]
        # Whole days without a zone; the day after the last one ends them.
        assert (mine["dtstart"].dt, mine["dtend"].dt) == (TODAY, TODAY + ONE)
        assert (planned["dtstart"].dt, planned["dtend"].dt) == (TODAY, TODAY + 14 * ONE)
        assert mine["dtstart"].params["VALUE"] == "DATE"
        assert not isinstance(mine["dtstart"].dt, type(timezone.now()))
        assert mine["transp"] == "TRANSPARENT"
        assert str(mine["url"]) == f"http://testserver/{reader.org.slug}/issue/FLOW-1/"
        assert str(planned["url"]).endswith(f"/FLOW/sprints/{sprint.pk}/")
        assert "Ship" in planned["description"]
        assert "Ada" in mine["description"]
        # The own ones alone, with the sprints.
        assert list(reader.events(reader.make("mine"))) == ["FLOW: S1", "FLOW-1 mine"]

    def test_survives_every_text(self, reader: Reader) -> None:
        strange = [
            'commas, semicolons; back\\slashes \\n and "quotes"',
            "ü" * 120,
            "𝔉" * 100 + "😀",
            "BEGIN:VEVENT",
            "e\u0301 combining " * 20,
        ]
        for title in strange:
            due(reader, title)
        path = reader.make()
        raw = reader.read(path).content
        assert {str(event["summary"]) for event in Calendar.from_ical(raw).walk("VEVENT")} == {
            f"FLOW-{number} {title.strip()}" for number, title in enumerate(strange, 1)
        }
        lines = raw.split(b"\r\n")
        assert lines[-1] == b""
        assert b"X-PUBLISHED-TTL:PT1H" in lines
        assert max(map(len, lines)) <= 75
        assert b"\n" not in b"".join(lines)
        for line in lines:
            line.decode()  # no letter is cut in two

    def test_keeps_its_ids_and_says_when_nothing_changed(self, reader: Reader) -> None:
        issue = due(reader, "first")
        path = reader.make()
        first = reader.read(path)
        assert first["Content-Type"] == "text/calendar; charset=utf-8"
        assert reader.read(path).content == first.content
        unchanged = reader.read(path, 304, **{"If-None-Match": first["ETag"]})
        assert unchanged.content == b""
        assert unchanged["ETag"] == first["ETag"]
        (before,) = reader.events(path).values()
        with acting(reader.user, reader.org) as actor:
            edit_issue(actor=actor, issue=issue, values={"title": "second", "due_date": TODAY + ONE})
        again = reader.read(path, **{"If-None-Match": first["ETag"]})
        assert again["ETag"] != first["ETag"]
        (after,) = Calendar.from_ical(again.content).walk("VEVENT")
        assert after["uid"] == before["uid"]
        assert (str(after["summary"]), after["dtstart"].dt) == ("FLOW-1 second", TODAY + ONE)
        assert after["dtstamp"].dt >= before["dtstamp"].dt
        assert Client().head(path).status_code == 200
        assert Client().post(path).status_code == 405

    def test_costs_the_same_for_few_and_many(self, reader: Reader) -> None:
        path = reader.make()

        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                reader.read(path)
            return len(queries)

        def grow(number: int) -> None:
            for n in range(number):
                due(reader, f"due {number} {n}", assignee=reader.user)
                with acting(reader.user, reader.org) as actor:
                    create_sprint(
                        actor=actor, project=reader.project, name=f"S{number} {n}", start_date=TODAY, end_date=TODAY
                    )

        cost()
        grow(1)
        few = cost()
        grow(3)
        assert cost() == few


class TestWhoReads:
    def test_is_asked_anew_each_time(self, reader: Reader) -> None:
        secret = make_project(reader.org, reader.user, "KEEP", visibility="private")
        bo = make_member(reader.org)
        with run_as_system(org_id=reader.org.pk) as actor:
            set_project_role(actor=actor, project=secret, user=bo, role="viewer")
        theirs = Reader(bo, reader.org, secret)
        path = theirs.make()
        (hidden,) = make_issues(reader.org, secret, reader.user, "canary")
        with acting(reader.user, reader.org) as actor:
            edit_issue(actor=actor, issue=hidden, values={"due_date": TODAY})
        assert list(theirs.events(path)) == ["KEEP-1 canary"]
        with run_as_system(org_id=reader.org.pk) as actor:
            remove_project_role(actor=actor, member=ProjectMember.objects.get(project=secret, user=bo))
        assert b"canary" not in theirs.read(path, 404).content
        # Where it is no longer seen it is not listed either.
        assert b"KEEP" not in theirs.client.get(f"/{reader.org.slug}/FLOW/calendar/").content

    def test_ends_with_the_seat_for_good(self, reader: Reader) -> None:
        bo = make_member(reader.org)
        path = Reader(bo, reader.org, reader.project).make()
        other = reader.make()
        reader.read(path)
        with acting(reader.user, reader.org) as actor:
            remove_member(actor=actor, membership=Membership.objects.get(user=bo))
        reader.read(path, 404)
        with run_as_system(org_id=reader.org.pk) as actor:
            add_member(actor=actor, user=bo, role="member")
        reader.read(path, 404)
        reader.read(other)  # everybody else's stay

    def test_ends_with_the_account_the_project_and_the_suspension(self, reader: Reader) -> None:
        path = reader.make()
        with run_as_system(org_id=reader.org.pk) as actor:
            set_organization_suspended(actor=actor, is_suspended=True)
        reader.read(path, 403)
        with run_as_system(org_id=reader.org.pk) as actor:
            set_organization_suspended(actor=actor, is_suspended=False)
        reader.read(path)
        User.objects.filter(pk=reader.user.pk).update(is_active=False)
        reader.read(path, 404)

    def test_is_nobody_who_guesses(self, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
        path = reader.make()
        monkeypatch.setitem(limits.LIMITS, "link-guess", limits.Limit("2/h"))
        for guess, status in (("a", 404), (path[11:-4][:-1], 404), ("b", 429)):
            reader.read(f"/calendars/{guess}.ics", status)
        blocked = reader.read(path, 429)
        assert int(blocked["Retry-After"]) > 0

    def test_is_limited(self, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(limits.LIMITS, "calendar", limits.Limit("2/h"))
        path, other = reader.make(), reader.make()
        reader.read(path)
        reader.read(path)
        assert int(reader.read(path, 429)["Retry-After"]) > 0
        reader.read(other)


class TestLinks:
    def test_are_made_listed_with_their_last_use_and_revoked(self, reader: Reader) -> None:
        page = reader.client.get(reader.base).content.decode()
        assert "No calendar reads here" in page
        path = reader.make("mine")
        secret = path.removeprefix("/calendars/").removesuffix(".ics")
        row = reader.row()
        # Nothing that is stored opens it.
        assert row.token_hash == hash_secret(secret)
        assert secret.startswith(row.prefix)
        assert secret not in {str(value) for value in vars(row).values()}
        page = reader.client.get(reader.base).content.decode()
        assert secret not in page
        assert "never read" in page
        reader.read(path)
        page = reader.client.get(reader.base).content.decode()
        assert "last read" in page
        used = reader.row().last_used_at
        reader.read(path)
        assert reader.row().last_used_at == used  # written at most every five minutes
        # Of somebody else's nobody knows.
        bo = Reader(make_member(reader.org), reader.org, reader.project)
        assert row.prefix not in bo.client.get(reader.base).content.decode()
        assert bo.client.post(f"{reader.base}{row.pk}/revoke/").status_code == 404
        reader.read(path)
        answer = reader.client.post(f"{reader.base}{row.pk}/revoke/", follow=True)
        assert "no longer works" in answer.content.decode()
        reader.read(path, 404)
        assert reader.client.post(f"{reader.base}{row.pk}/revoke/").status_code == 404
        with acting(reader.user, reader.org):
            told = list(Event.objects.filter(kind__startswith="calendar.").order_by("id"))
        assert [event.kind for event in told] == ["calendar.link_made", "calendar.link_revoked"]
        assert secret not in str([event.data for event in told])

    def test_are_refused_with_a_sentence(self, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
        answer = reader.client.post(reader.base, {"whose": "nobody"})
        assert answer.status_code == 422
        assert "Choose whose due dates" in answer.content.decode()
        scripted = reader.client.post(reader.base, {"whose": "x"}, headers={"X-Requested-With": "XMLHttpRequest"})
        assert scripted.status_code == 422
        monkeypatch.setattr(services.calendars, "MOST_LINKS", 1)
        reader.make()
        answer = reader.client.post(reader.base, {"whose": "mine"})
        assert answer.status_code == 422
        assert "You have 1 calendar links. Revoke one" in answer.content.decode()

    def test_are_made_by_people_alone(self, reader: Reader) -> None:
        def make(actor: Actor) -> None:
            make_calendar_link(actor=actor, project=get_project(actor=actor, key="FLOW"), whose="mine")

        with run_as_system(org_id=reader.org.pk) as actor, pytest.raises(Forbidden):
            make(actor)
