"""The demo: there whole or not, once, the same everywhere, and never where strangers could sign in to it."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone

from apps.accounts.models import User
from apps.boards.models import Column
from apps.core.tenancy import run_as, unit_of_work
from apps.core.tenancy.doors import organization_named
from apps.events.models import Delivery, Event
from apps.issues.models import Comment, Issue, IssueLink
from apps.notifications.models import InboxEntry, MailPart, Notification
from apps.ops.demo.story import TENSES, Story, read_stories
from apps.ops.demo.telling import tell
from apps.ops.demo.timeline import TOLD_HOURS, Timeline, monday_in_the_middle
from apps.ops.management.commands.load_demo import EMAIL, demo_password
from apps.recurring.models import IssueTemplate, Schedule
from apps.sprints.models import ScopeEntry, Sprint
from tests.factories import make_user


@pytest.fixture
def stderr() -> StringIO:
    return StringIO()


def load_demo(stderr: StringIO, **options: Any) -> str:
    answer: str = call_command("load_demo", stdout=StringIO(), stderr=stderr, **options)
    return answer


@pytest.fixture
def at_home(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server answers to this machine alone."""
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
    monkeypatch.delenv("FLOWBOARD_DEMO", raising=False)


@pytest.mark.django_db
@pytest.mark.usefixtures("at_home")
class TestLoadDemo:
    def test_tells_once_of_two_organizations_in_the_middle_of_their_work(self, stderr: StringIO) -> None:
        assert load_demo(stderr) == f"{EMAIL} / {demo_password()}"
        ada = User.objects.get(email=EMAIL)
        assert ada.check_password(demo_password())
        assert EmailAddress.objects.filter(user=ada, verified=True, primary=True).exists()
        now = timezone.now()
        with run_as(user_id=ada.pk, org_slug="acme"):
            # An actor who sees the private project as well.
            assert Issue.objects.count() > 150
            assert Comment.objects.count() > 100
            assert Issue.objects.filter(parent__type__name="Epic").count() > 80
            (running,) = Sprint.objects.filter(project__key="FLOW", state=Sprint.State.ACTIVE)
            assert running.start_date is not None
            assert 4 <= (now.date() - running.start_date).days <= 10
            planned = Issue.objects.filter(project__key="FLOW", start_date__isnull=False)
            assert planned.filter(type__name="Epic").count() == 5
            assert planned.count() > 15
            assert not planned.filter(due_date__lt=F("start_date")).exists()
            assert IssueLink.objects.filter(kind="blocks").count() == 4
            kinds = set(ScopeEntry.objects.values_list("kind", flat=True))
            assert {"start", "added", "done", "completed"} <= kinds
            assert ScopeEntry.objects.filter(sprint=running, at__date=running.start_date, kind="start").exists()
            column = Column.objects.get(project__key="FLOW", name="In progress")
            assert column.wip_limit == Issue.objects.alive().filter(status__columns=column).count() == 4
            assert Issue.objects.alive().filter(status__name="In review", status_changed_at__lt=now).exists()
            repeated = Schedule.objects.select_related("template").get()
            assert (repeated.template.name, repeated.time_zone) == ("Fleet health", "Europe/London")
            assert repeated.next_at > now
            assert IssueTemplate.objects.filter(name="Bug report", is_default=True).count() == 1
            self._is_a_past_that_nobody_was_told(now)
            self._left_something_in_the_inboxes(ada)
        with run_as(user_id=ada.pk, org_slug="harbour"):
            assert Issue.objects.count() > 50
            assert not Issue.objects.filter(project__key="FLOW").exists()
            before = Event.objects.count()
        # Loading takes seconds, so the second time belongs to the same test.
        assert load_demo(stderr) == f"{EMAIL} / {demo_password()}"
        assert "already" in stderr.getvalue()
        with run_as(user_id=ada.pk, org_slug="harbour"):
            assert Event.objects.count() == before

    def _is_a_past_that_nobody_was_told(self, now: Any) -> None:
        events = Event.objects.filter(issue__isnull=False)
        assert set(events.values_list("origin", flat=True)) == {"import"}
        assert not Delivery.objects.exists()
        assert not events.filter(occurred_at__gt=now).exists()
        assert events.filter(occurred_at__lt=now - timedelta(days=60)).exists()
        for stream in set(events.values_list("stream_id", flat=True)):
            times = list(events.filter(stream_id=stream).order_by("seq").values_list("occurred_at", flat=True))
            assert times == sorted(times)
        assert not Issue.objects.filter(created_at__gt=now).exists()

    def _left_something_in_the_inboxes(self, ada: User) -> None:
        inbox = InboxEntry.objects.filter(user=ada)
        unread = inbox.filter(unread_count__gt=0, done_at__isnull=True)
        assert unread.count() == 4
        told = Notification.objects.filter(user=ada, issue__in=unread.values("issue"))
        assert {"mentioned", "assigned"} <= set(told.values_list("kind", flat=True))
        assert inbox.filter(saved_at__isnull=False).exists()
        assert inbox.filter(unread_count=0, done_at__isnull=False).exists()
        assert inbox.filter(newest_at__lt=timezone.now() - timedelta(hours=4)).count() > 2, "it is of the past"
        assert not MailPart.objects.exists(), "nobody is mailed"

    def test_does_not_tell_a_password_that_was_changed(self, stderr: StringIO) -> None:
        make_user("Ada", email=EMAIL)
        assert load_demo(stderr) == ""

    def test_leaves_a_server_alone_on_which_people_work(self, stderr: StringIO) -> None:
        make_user("Somebody")
        assert load_demo(stderr) == ""
        assert "not loaded" in stderr.getvalue()
        with unit_of_work(), pytest.raises(Exception, match="acme"):
            organization_named("acme")

    def test_is_refused_where_strangers_can_reach_it(self, settings: Any, stderr: StringIO) -> None:
        settings.ALLOWED_HOSTS = ["localhost", "board.example.test"]
        with pytest.raises(CommandError, match=r"board\.example\.test.*--anywhere"):
            load_demo(stderr)
        assert not User.objects.exists()

    @pytest.mark.parametrize(("variable", "option"), [("1", False), ("", True)])
    def test_is_loaded_there_when_asked_for(
        self, settings: Any, stderr: StringIO, monkeypatch: pytest.MonkeyPatch, variable: str, option: bool
    ) -> None:
        monkeypatch.setenv("FLOWBOARD_DEMO", variable)
        settings.ALLOWED_HOSTS = ["board.example.test"]
        told: list[list[Story]] = []
        monkeypatch.setattr(
            "apps.ops.management.commands.load_demo.tell", lambda stories, **options: told.append(stories)
        )
        assert load_demo(stderr, anywhere=option)
        assert len(told) == 1


# At night, before anybody came in, late, at noon, and on a weekend.
MOMENTS = [
    datetime(2026, 11, 27, 0, 5, tzinfo=UTC),
    datetime(2026, 11, 27, 8, 30, tzinfo=UTC),
    datetime(2026, 11, 27, 15, 25, tzinfo=UTC),
    datetime(2026, 12, 1, 13, tzinfo=UTC),
    datetime(2026, 11, 29, 17, tzinfo=UTC),
]


@pytest.mark.deep
@pytest.mark.django_db
@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_demo_leaves_the_same_whenever_it_is_loaded(now: datetime) -> None:
    tell([story for story in read_stories() if story.slug == "acme"], password="a long password", now=now)
    ada = User.objects.get(email=EMAIL)
    with run_as(user_id=ada.pk, org_slug="acme"):
        unread = InboxEntry.objects.filter(user=ada, unread_count__gt=0, done_at__isnull=True)
        told = Notification.objects.filter(user=ada, issue__in=unread.values("issue"))
        assert {"mentioned", "assigned"} <= set(told.values_list("kind", flat=True))
        assert {"start", "added", "done", "completed"} <= set(ScopeEntry.objects.values_list("kind", flat=True))
        assert not Event.objects.filter(issue__isnull=False, occurred_at__gt=now).exists()


class TestTimeline:
    def test_lays_out_work_in_working_hours_and_before_what_the_story_tells(self) -> None:
        for now in MOMENTS:
            timeline = Timeline(today=now, seed="any")
            for days in range(9):
                moment = timeline.working_moment(now - timedelta(days=days))
                assert moment.weekday() < 5
                assert 8 <= moment.hour < 17
                assert moment <= now - TOLD_HOURS


class TestStories:
    def test_name_only_people_labels_and_titles_that_exist(self) -> None:
        for story in read_stories():
            titles = set()
            for project in story.projects:
                assert {project["lead"], *project["team"]} <= story.people.keys()
                for line in story.lines(project):
                    assert line.title not in titles, line.title
                    titles.add(line.title)
                    assert set(line.labels) <= set(project["labels"]), line.title
                    assert {who for who, _words in line.thread} <= set(project["team"]), line.title
                    assert line.tense in TENSES
            assert story.texts.keys() <= titles
            assert story.threads.keys() <= titles
            assert {step["issue"] for step in story.today} <= titles
            assert {step["who"] for step in story.today} <= story.people.keys()

    def test_refuse_a_line_that_says_nothing(self) -> None:
        (story, _other) = read_stories()
        with pytest.raises(ValueError, match="says nothing"):
            list(story.lines({"epics": [], "loose": {"past": ["X9 what is this"]}}))


class TestMondayInTheMiddle:
    def test_is_a_monday_four_to_ten_days_ago(self) -> None:
        today = timezone.now().date()
        for offset in range(14):
            day = today + timedelta(days=offset)
            monday = monday_in_the_middle(day)
            assert monday.weekday() == 0
            assert 4 <= (day - monday).days <= 10
