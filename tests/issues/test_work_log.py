"""Logging how long one works on issues: what it does to what remains, who may, and what it adds up to."""

from datetime import UTC, date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import anonymise_account
from apps.core.durations import STANDARD
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor, OrgRole, current_unit, run_as_system
from apps.events.models import Event
from apps.issues import services
from apps.issues.activity import activity
from apps.issues.models import Issue, WorkLog
from apps.issues.quick_actions import Spent, read_actions, read_spent
from apps.issues.selectors import get_issue, get_work, offered_actions, plan_actions, times_together, work_of, work_page
from apps.issues.services import GOES_DOWN, Adjust, DayFull, NothingToTakeBack, NoTimeTracking, Remaining
from apps.issues.services.work_log import STAYS, take_off_work
from apps.notifications.happenings import happenings_of
from apps.notifications.models import Notification
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Project, Status
from apps.projects.policies import Role
from apps.projects.services import set_time_tracking
from tests.api.conftest import make_script
from tests.factories import acting, give_role, make_issues, make_member

SCRIPTED = {"X-Requested-With": "XMLHttpRequest"}


@pytest.fixture
def timed(ada: User, acme: Organization, flow: Project) -> Project:
    """FLOW, where time is tracked."""
    with acting(ada, acme) as actor:
        return set_time_tracking(actor=actor, project=Project.objects.get(pk=flow.pk), is_on=True)


@pytest.fixture
def issue(ada: User, acme: Organization, timed: Project) -> Issue:
    """FLOW-1."""
    return make_issues(acme, timed, ada, "Lamps")[0]


@pytest.fixture
def mateo(acme: Organization) -> User:
    return make_member(acme, OrgRole.MEMBER, "Mateo Ruiz")


@pytest.fixture
def client(ada: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(ada)
    return client


def now(actor: Actor, key: str = "FLOW-1") -> Issue:
    return get_issue(actor=actor, key=key)


def edit(actor: Actor, **values: Any) -> Issue:
    return services.edit_issue(actor=actor, issue=now(actor), values=values)


def log(actor: Actor, minutes: Any, *, remaining: Remaining = GOES_DOWN, key: str = "FLOW-1", **more: Any) -> WorkLog:
    return services.log_work(actor=actor, issue=now(actor, key), minutes=minutes, remaining=remaining, **more)


def times(actor: Actor) -> tuple[int | None, int, int | None]:
    issue = now(actor)
    return issue.time_estimate, issue.time_spent, issue.time_remaining


def as_op(op: str) -> None:
    """What is done from here on is one thing that somebody's browser did."""
    unit = current_unit()
    assert unit is not None
    unit.op = op


def undo(actor: Actor, issue: Issue, op: str) -> services.TakenBack:
    as_op("undo")
    project = now(actor).project
    return services.take_back(actor=actor, project=project, issue_id=issue.pk, op=op)


class TestWhatRemains:
    def test_follows_the_estimate_until_something_else_is_said(
        self, ada: User, acme: Organization, issue: Issue
    ) -> None:
        with acting(ada, acme) as actor:
            edit(actor, time_estimate="1d")
            assert times(actor) == (480, 0, 480)
            log(actor, 60)
            edit(actor, time_estimate=600)
            assert times(actor) == (600, 60, 540)
            edit(actor, time_remaining="2h")
            edit(actor, time_estimate="10h 30m")
            assert times(actor) == (630, 60, 120)
            edit(actor, time_estimate=300, time_remaining=30)
            assert times(actor) == (300, 60, 30)
            edit(actor, time_remaining="")
            edit(actor, time_estimate=30)
            assert times(actor) == (30, 60, 0)
            edit(actor, time_estimate=None)
            assert times(actor) == (None, 60, None)

    def test_goes_down_with_what_is_logged_and_comes_back_with_it(
        self, ada: User, acme: Organization, issue: Issue
    ) -> None:
        with acting(ada, acme) as actor:
            edit(actor, time_estimate=120)
            first = log(actor, 90)
            second = log(actor, 90)  # of which only half an hour was left
            assert times(actor) == (120, 180, 0)
            services.edit_work(actor=actor, entry=second, minutes=60, day=second.day, note="")
            assert times(actor) == (120, 150, 0)
            services.edit_work(actor=actor, entry=second, minutes=10, day=second.day, note="")
            assert times(actor) == (120, 100, 20)
            services.edit_work(actor=actor, entry=second, minutes=25, day=second.day, note="")
            assert times(actor) == (120, 115, 5)
            services.remove_work(actor=actor, entry=first)
            assert times(actor) == (120, 25, 95)
            services.restore_work(actor=actor, entry=WorkLog.objects.get(pk=first.pk, deleted_at__isnull=False))
        with acting(ada, acme) as actor:
            assert times(actor) == (120, 115, 5)

    def test_is_left_or_set_if_that_is_said(self, ada: User, acme: Organization, issue: Issue) -> None:
        with acting(ada, acme) as actor:
            edit(actor, time_estimate=120)
            left = log(actor, 60, remaining=STAYS)
            assert times(actor) == (120, 60, 120)
            log(actor, 60, remaining=Remaining(Adjust.SET, "45m"))
            assert times(actor) == (120, 120, 45)
            services.edit_work(actor=actor, entry=left, minutes=30, day=left.day, note="")
            services.remove_work(actor=actor, entry=left)
            assert times(actor) == (120, 60, 45)
            services.restore_work(actor=actor, entry=WorkLog.objects.get(pk=left.pk))
            assert times(actor) == (120, 90, 45)

    def test_stays_unsaid_where_nobody_says_it(self, ada: User, acme: Organization, issue: Issue) -> None:
        with acting(ada, acme) as actor:
            entry = log(actor, 60)
            services.edit_work(actor=actor, entry=entry, minutes=90, day=entry.day, note="")
            services.remove_work(actor=actor, entry=entry)
            assert times(actor) == (None, 0, None)


class TestAnEntry:
    @pytest.mark.parametrize(
        ("values", "why"),
        [
            ({"minutes": "2"}, "with its unit"),
            ({"minutes": ""}, "how long"),
            ({"minutes": 0}, "how long"),
            ({"minutes": "25h"}, "24 hours"),
            ({"minutes": "10001h"}, "too much"),
            ({"minutes": -5}, "too much"),
            ({"day": date(1999, 12, 31)}, "too long ago"),
            ({"day": "soon"}, "looks like"),
            ({"note": "x" * 501}, "at most 500"),
            ({"note": "a\x00b"}, "NUL"),
        ],
    )
    def test_is_refused_and_nothing_stored(
        self, ada: User, acme: Organization, issue: Issue, values: dict[str, Any], why: str
    ) -> None:
        with acting(ada, acme) as actor:
            with pytest.raises(Invalid, match=why):
                log(actor, **{"minutes": 30} | values)
            assert not WorkLog.objects.exists()
            assert times(actor) == (None, 0, None)

    def test_is_of_today_where_its_person_lives_and_not_of_a_day_to_come(
        self, ada: User, acme: Organization, issue: Issue
    ) -> None:
        User.objects.filter(pk=ada.pk).update(time_zone="Pacific/Kiritimati")
        there = timezone.localdate(timezone=ZoneInfo("Pacific/Kiritimati"))
        with acting(ada, acme) as actor, timezone.override("UTC"):
            entry = log(actor, 30)
            assert entry.day == there
            with pytest.raises(Invalid, match="still to come"):
                log(actor, 30, day=there + timedelta(days=1))
        User.objects.filter(pk=ada.pk).update(time_zone="Pacific/Niue")
        with acting(ada, acme) as actor:
            with pytest.raises(Invalid, match="still to come"):
                log(actor, 30, day=there)
            # What was said there stays so for whoever changes something else.
            for day in (there, ""):
                assert services.edit_work(actor=actor, entry=entry, minutes=35, day=day, note="").day == there

    def test_fills_a_day_of_one_person_over_all_issues(
        self, ada: User, acme: Organization, timed: Project, issue: Issue, mateo: User
    ) -> None:
        make_issues(acme, timed, ada, "Wires")
        today = timezone.localdate()
        with acting(ada, acme) as actor:
            big = log(actor, "20h", key="FLOW-2")
            small = log(actor, "4h")
            for refused in (
                lambda: log(actor, 1),
                lambda: services.edit_work(actor=actor, entry=small, minutes=241, day=today, note=""),
            ):
                with pytest.raises(DayFull, match="on that day already"):
                    refused()
            services.remove_work(actor=actor, entry=big)
            log(actor, "5h")
            with pytest.raises(DayFull):
                services.restore_work(actor=actor, entry=WorkLog.objects.get(pk=big.pk))
            log(actor, "24h", day=today - timedelta(days=1))
        with acting(mateo, acme) as actor:
            assert log(actor, "24h").person_id == mateo.pk

    def test_is_logged_by_editors_for_themselves_and_changed_by_them_and_admins(
        self, ada: User, acme: Organization, secret: Project, timed: Project, issue: Issue, mateo: User
    ) -> None:
        zoe = make_member(acme, OrgRole.GUEST, "Zoe Commenter")
        give_role(acme, timed, zoe, Role.COMMENTER)
        with acting(zoe, acme) as actor, pytest.raises(Forbidden):
            log(actor, 30)
        with run_as_system(org_id=acme.pk) as actor, pytest.raises(Forbidden):
            log(actor, 30)
        with acting(mateo, acme) as actor:
            theirs = log(actor, 30)
        with acting(ada, acme) as actor:
            mine = log(actor, 60)
        with acting(mateo, acme) as actor:
            entry = get_work(actor=actor, issue=now(actor), work_id=mine.pk)
            for refused in (
                lambda: services.edit_work(actor=actor, entry=entry, minutes=1, day=None, note=""),
                lambda: services.remove_work(actor=actor, entry=entry),
                lambda: services.restore_work(actor=actor, entry=entry),
            ):
                with pytest.raises(Forbidden):
                    refused()
        with acting(ada, acme) as actor:
            entry = get_work(actor=actor, issue=now(actor), work_id=theirs.pk)
            services.edit_work(actor=actor, entry=entry, minutes=45, day=entry.day, note="As agreed.")
            assert WorkLog.objects.get(pk=theirs.pk).person_id == mateo.pk
            services.remove_work(actor=actor, entry=entry)
            for gone in (
                lambda: services.remove_work(actor=actor, entry=entry),
                lambda: services.edit_work(actor=actor, entry=entry, minutes=1, day=None, note=""),
                lambda: get_work(actor=actor, issue=now(actor), work_id=theirs.pk),
            ):
                with pytest.raises(NotFound):
                    gone()
            assert get_work(actor=actor, issue=now(actor), work_id=theirs.pk, is_removed=True).minutes == 45
            assert times(actor)[1] == 60

    def test_saved_as_it_was_is_no_fact(self, ada: User, acme: Organization, issue: Issue) -> None:
        with acting(ada, acme) as actor:
            entry = log(actor, 30, note="  Two\nlines ")
            version = now(actor).version
            services.edit_work(actor=actor, entry=entry, minutes="30m", day=entry.day, note="Two lines")
            assert (now(actor).version, WorkLog.objects.get().edited_at) == (version, None)
        with acting(ada, acme):
            assert not Event.objects.filter(kind="issue.work_edited").exists()


class TestWhereItIsOff:
    def test_nothing_is_taken_and_nothing_shown_and_all_is_kept(
        self, ada: User, acme: Organization, timed: Project, issue: Issue, client: Client
    ) -> None:
        with acting(ada, acme) as actor:
            entry = log(actor, 30)
        page = f"/{acme.slug}/issue/FLOW-1/"
        assert 'id="time-title"' in client.get(page).content.decode()
        with acting(ada, acme) as actor:
            set_time_tracking(actor=actor, project=now(actor).project, is_on=False)
        with acting(ada, acme) as actor:
            assert work_of(actor=actor, issue=now(actor)) is None
            for refused in (
                lambda: log(actor, 30),
                lambda: edit(actor, time_estimate=30),
                lambda: services.remove_work(actor=actor, entry=get_work(actor=actor, issue=issue, work_id=entry.pk)),
            ):
                with pytest.raises(NoTimeTracking):
                    refused()
            with pytest.raises(Invalid, match="does not track time"):
                services.comment_and_act(actor=actor, issue=now(actor), body="/spend 2h")
            with pytest.raises(Invalid, match="put a space before it"):
                services.comment_and_act(actor=actor, issue=now(actor), body="/remaining 2h")
            offered = {action.name for action in offered_actions(actor=actor, project=now(actor).project)}
            assert not offered & {"spend", "remaining"}
        assert 'id="time-title"' not in client.get(page).content.decode()
        assert client.get(page + "work/").status_code == 404
        script = make_script(ada, acme)
        assert script.get("issues/FLOW-1/").json()["time_spent"] is None
        with acting(ada, acme) as actor:
            set_time_tracking(actor=actor, project=now(actor).project, is_on=True)
            assert times(actor)[1] == 30


class TestTogether:
    def test_counts_two_levels_as_far_as_one_may_see_in_one_query(
        self, ada: User, acme: Organization, timed: Project, secret: Project, mateo: User
    ) -> None:
        with acting(ada, acme) as actor:
            set_time_tracking(actor=actor, project=Project.objects.get(pk=secret.pk), is_on=True)
            types = {each.name: each for each in IssueType.objects.filter(project=timed)}
        (epic,) = make_issues(acme, timed, ada, "Light", type=types["Epic"])
        story, done, dropped = make_issues(acme, timed, ada, "a", "b", "c", parent=epic)
        make_issues(acme, timed, ada, "d", type=types["Sub-task"], parent=story)
        make_issues(acme, secret, ada, "s", parent=epic)
        with acting(ada, acme) as actor:
            assert times_together(actor=actor, issue=now(actor, "FLOW-5")) is None
            for key in ("FLOW-1", "FLOW-2", "FLOW-3", "FLOW-4", "FLOW-5", "SECRET-1"):
                services.edit_issue(actor=actor, issue=now(actor, key), values={"time_estimate": 100})
                log(actor, 10, key=key)
            for issue, name in ((done, "Done"), (dropped, "Cancelled")):
                to = Status.objects.get(project=timed, name=name)
                services.move_issue(actor=actor, issue=Issue.objects.get(pk=issue.pk), to=to)
            services.archive_issue(actor=actor, issue=now(actor, "FLOW-2"))
            # Own, the archived one, the done and the cancelled one, the sub-task, and the one of the other project.
            with CaptureQueriesContext(connection) as queries:
                together = times_together(actor=actor, issue=now(actor, "FLOW-1"))
            assert len(queries) == 2  # one of them for the issue itself
            assert together is not None
            assert (together.estimate, together.spent, together.remaining) == (400, 60, 270)
        with acting(mateo, acme) as actor:
            together = times_together(actor=actor, issue=now(actor, "FLOW-1"))
            assert together is not None
            assert (together.estimate, together.spent, together.remaining) == (300, 50, 180)

    def test_the_page_costs_the_same_however_much_was_logged(
        self, ada: User, acme: Organization, timed: Project, issue: Issue, mateo: User
    ) -> None:
        def spent() -> int:
            with acting(ada, acme) as actor:
                shown = now(actor)
                with CaptureQueriesContext(connection) as queries:
                    work = work_of(actor=actor, issue=shown)
                assert work is not None
                return len(queries)

        def add(count: int) -> None:
            for person in (ada, mateo):
                with acting(person, acme) as actor:
                    for _each in range(count):
                        log(actor, 10)

        add(1)
        few = spent()
        add(3)
        assert spent() == few == 2
        with acting(ada, acme) as actor:
            work = work_of(actor=actor, issue=now(actor))
            assert work is not None
            assert (len(work.entries), work.has_more) == (5, True)

    def test_says_what_goes_over_the_estimate(self, ada: User, acme: Organization, issue: Issue) -> None:
        with acting(ada, acme) as actor:
            edit(actor, time_estimate=60, time_remaining=30)
            log(actor, 50, remaining=STAYS)
            work = work_of(actor=actor, issue=now(actor))
            assert work is not None
            assert (work.own.over, work.own.whole, work.own.is_nothing) == (20, 80, False)


class TestReading:
    def test_goes_by_pages_without_missing_or_repeating_any(self, ada: User, acme: Organization, issue: Issue) -> None:
        today = timezone.localdate()
        with acting(ada, acme) as actor:
            for back in (2, 0, 1, 1, 3):
                log(actor, 10 + back, day=today - timedelta(days=back))
            seen: list[int] = []
            page = work_page(actor=actor, issue=now(actor), size=2)
            while True:
                seen += [entry.pk for entry in page.rows]
                if page.next_after is None:
                    break
                page = work_page(actor=actor, issue=now(actor), after=page.next_after, size=2)
            in_order = list(WorkLog.objects.order_by("-day", "-id").values_list("pk", flat=True))
            assert seen == in_order
            before = work_page(actor=actor, issue=now(actor), before=page.previous_before, size=2)
            assert [entry.pk for entry in before.rows] == in_order[2:4]
            assert (before.next_after is not None, before.previous_before is not None) == (True, True)
            first = work_page(actor=actor, issue=now(actor), before=before.previous_before, size=2)
            assert ([entry.pk for entry in first.rows], first.previous_before) == (in_order[:2], None)
            nothing = work_page(actor=actor, issue=now(actor), after=[(today - timedelta(days=9)).isoformat(), 1])
            assert nothing.rows == []
            with pytest.raises(Invalid):
                work_page(actor=actor, issue=now(actor), after=["soon", 1])

    def test_history_tells_it_in_words_and_nobody_is_told(
        self, ada: User, acme: Organization, issue: Issue, mateo: User
    ) -> None:
        with acting(mateo, acme) as actor:
            services.set_watching(actor=actor, issue=now(actor), is_watching=True)
        day = date(2026, 11, 2)
        with acting(ada, acme) as actor:
            edit(actor, time_estimate="2h")
            edit(actor, time_remaining="3h")
            entry = log(actor, 60, day=day)
            services.edit_work(actor=actor, entry=entry, minutes=90, day=date(2026, 11, 3), note="")
            services.edit_work(actor=actor, entry=entry, minutes=90, day=date(2026, 11, 3), note="Why <b>")
            services.remove_work(actor=actor, entry=entry)
            services.restore_work(actor=actor, entry=WorkLog.objects.get())
            log(actor, 15, day=day, remaining=Remaining(Adjust.SET, ""))
            edit(actor, time_remaining=30)
            edit(actor, time_remaining=None)
            edit(actor, time_estimate=None)
        with acting(ada, acme) as actor:
            told = [str(line.sentence_html) for line in activity(actor=actor, issue=now(actor)) if line.kind == "fact"]
            assert told[1:] == [
                f"<b>Ada Okafor</b> {sentence}"
                for sentence in (
                    "estimated the time at <b>2h</b>",
                    "set the time that is left to <b>3h</b>",
                    "logged <b>1h</b> for 2 Nov, <b>2h</b> left",
                    "changed 1h of 2 Nov in the log to <b>1h 30m</b> of 3 Nov, <b>1h 30m</b> left",
                    "changed the note of 1h 30m of 3 Nov",
                    "took 1h 30m of 3 Nov out of the log, <b>3h</b> left",
                    "brought <b>1h 30m</b> of 3 Nov back, <b>1h 30m</b> left",
                    "logged <b>15m</b> for 2 Nov, without saying how much is left",
                    "set the time that is left to <b>30m</b>",
                    "does not say any more how much time is left",
                    "removed the estimate of the time",
                )
            ]
            kinds = ("issue.edited", "issue.work_logged", "issue.work_edited", "issue.work_removed")
            events = Event.objects.filter(kind__in=kinds)
            assert events.filter(kind="issue.work_logged").exists()
            assert [happenings_of(event) for event in events] == [{}] * len(events)
            assert not Notification.objects.exists()


class TestQuickActions:
    def say(self, actor: Actor, body: str) -> services.Said:
        return services.comment_and_act(actor=actor, issue=now(actor), body=body)

    def test_name_days_where_the_writer_lives_though_scripts_are_spoken_to_in_utc(
        self, ada: User, acme: Organization, issue: Issue
    ) -> None:
        zones = (ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Pago_Pago"))  # it is never the same day in all three
        zone = next(each for each in zones if timezone.localdate(timezone=each) != timezone.localdate(timezone=UTC))
        there = timezone.localdate(timezone=zone)
        with acting(ada, acme) as actor, timezone.override(UTC):
            User.objects.filter(pk=ada.pk).update(time_zone=zone.key)
            self.say(actor, "/due today\n/spend 1h\n/spend 2h yesterday")
            assert now(actor).due_date == there
            days = WorkLog.objects.order_by("id").values_list("day", flat=True)
            assert list(days) == [there, there - timedelta(days=1)]

    def test_spend_logs_with_day_and_note_and_is_undone_with_all_else(
        self, ada: User, acme: Organization, issue: Issue
    ) -> None:
        yesterday = timezone.localdate() - timedelta(days=1)
        with acting(ada, acme) as actor:
            edit(actor, time_estimate="8h")
        with acting(ada, acme) as actor:
            as_op("said")
            said = self.say(actor, "Wired.\n/spend 1h 30m yesterday the cellar\n/spend 30m\n/priority high")
            assert said.comment is not None
            assert said.comment.body == "Wired."
            assert said.did.is_reversible
            assert said.did.words.startswith("Logged 1h 30m for ")
            assert "logged 30m, priority" in said.did.words
            entries = WorkLog.objects.order_by("id").values_list("minutes", "day", "note")
            assert list(entries) == [(90, yesterday, "the cellar"), (30, timezone.localdate(), "")]
            assert times(actor) == (480, 120, 360)
        with acting(ada, acme) as actor:
            back = undo(actor, issue, "said")
            assert (len(back.issues), back.left) == (1, [])
            assert times(actor) == (480, 0, 480)
            assert now(actor).priority == 0
        with acting(ada, acme) as actor, pytest.raises(NothingToTakeBack):
            undo(actor, issue, "said")

    def test_below_nothing_takes_back_from_ones_own_newest(
        self, ada: User, acme: Organization, issue: Issue, mateo: User
    ) -> None:
        yesterday = timezone.localdate() - timedelta(days=1)
        with acting(mateo, acme) as actor:
            log(actor, "3h")
        with acting(ada, acme) as actor:
            log(actor, "2h", day=yesterday)
            log(actor, "30m")
            log(actor, "30m")
        with acting(ada, acme) as actor:
            as_op("less")
            assert self.say(actor, "/spend -1h 15m").did.words == "Took 1h 15m back"
            assert sorted(WorkLog.objects.filter(deleted_at=None).values_list("minutes", flat=True)) == [105, 180]
        with acting(ada, acme) as actor:
            undo(actor, issue, "less")
            assert times(actor)[1] == 360
            assert self.say(actor, "/spend −2h yesterday").did.is_reversible
            assert times(actor)[1] == 240
            with pytest.raises(Invalid, match="You logged 1h there"):
                self.say(actor, "/spend -1h 1m")
            self.say(actor, "/spend 15m")
            self.say(actor, "/spend -15m")
            with pytest.raises(Invalid, match="You logged 0m there"):
                take_off_work(actor=actor, issue=now(actor), minutes=1, day=yesterday)
            with pytest.raises(Invalid, match="You logged 0m there"):
                self.say(actor, "/spend -1m yesterday")

    def test_remaining_wins_over_what_is_logged_beside_it(self, ada: User, acme: Organization, issue: Issue) -> None:
        with acting(ada, acme) as actor:
            edit(actor, time_estimate="8h")
        with acting(ada, acme) as actor:
            as_op("both")
            assert self.say(actor, "/spend 2h\n/remaining 3h").did.words == "Logged 2h, 3h left"
            assert times(actor) == (480, 120, 180)
        with acting(ada, acme) as actor:
            undo(actor, issue, "both")
            assert times(actor) == (480, 0, 480)
            self.say(actor, "/remaining none")
            assert times(actor) == (480, 0, None)

    def test_undo_leaves_what_was_changed_since_and_sets_back_what_was_set(
        self, ada: User, acme: Organization, issue: Issue, mateo: User
    ) -> None:
        with acting(ada, acme) as actor:
            edit(actor, time_estimate="8h")
        with acting(ada, acme) as actor:
            as_op("set")
            log(actor, 60, remaining=Remaining(Adjust.SET, 30))
        with acting(ada, acme) as actor:
            undo(actor, issue, "set")
            assert times(actor) == (480, 0, 480)
        with acting(ada, acme) as actor:
            as_op("set and more")
            log(actor, 60, remaining=Remaining(Adjust.SET, 30))
        with acting(mateo, acme) as actor:
            log(actor, 20)
        with acting(ada, acme) as actor:
            undo(actor, issue, "set and more")
            assert times(actor) == (480, 20, 10)
        with acting(ada, acme) as actor:
            as_op("two")
            entry = log(actor, 40)
            log(actor, 50)
        with acting(ada, acme) as actor:
            services.edit_work(actor=actor, entry=entry, minutes=45, day=entry.day, note="")
            back = undo(actor, issue, "two")
            assert back.left == ["FLOW-1"]
            assert times(actor)[1] == 65
        with acting(ada, acme) as actor:
            with pytest.raises(NotFound):
                undo(actor, issue, "never")
            with pytest.raises(NotFound):
                undo(actor, issue, "")

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            ("/spend", "Something is missing"),
            ("/spend 2", "Write a time, then the day"),
            ("/spend yesterday 2h", "Write a time, then the day"),
            ("/spend 2h 2026-02-30", "Write a time, then the day"),
            ("/spend 2h tomorrow", "still to come"),
            ("/spend 1w", "A day has 24 hours"),
            ("/spend 0m", "how long it was"),
            ("/remaining soon", "with its unit"),
            ("/remaining 10001h", "too much"),
        ],
    )
    def test_what_makes_no_sense_names_its_line_and_nothing_is_kept(
        self, ada: User, acme: Organization, issue: Issue, line: str, why: str
    ) -> None:
        with acting(ada, acme) as actor:
            with pytest.raises(Invalid) as refusal:
                self.say(actor, f"Done.\n{line}")
            assert str(refusal.value.detail).startswith(f"Line 2, “{line}”: ")
            assert why in str(refusal.value.detail)
            assert not WorkLog.objects.exists()
            assert not now(actor).comments.exists()

    @pytest.mark.parametrize(
        ("words", "away", "note"),
        [
            ("1h on monday the roof", -3, "the roof"),
            ("1h last thu", -7, ""),
            ("1h 3 days ago: paint", -3, "paint"),
            ("1h 2026-11-20", -6, ""),
            ("1h today", 0, ""),
            ("1h on the roof", None, "on the roof"),
            ("1h Monday meeting", None, "Monday meeting"),
        ],
    )
    def test_days_are_read_as_past_ones(self, words: str, away: int | None, note: str) -> None:
        today = date(2026, 11, 26)  # a Thursday
        day = None if away is None else today + timedelta(days=away)
        assert read_spent(words, today=today, working=STANDARD) == Spent(60, day, note)

    def test_preview_says_what_will_be_done(self, ada: User, acme: Organization, issue: Issue) -> None:
        with acting(ada, acme) as actor:
            log(actor, 60)
            text = "/spend 2h 2026-11-20\n/spend 5m\n/spend -30m\n/remaining none\n/remaining 4h"
            plan = plan_actions(actor=actor, issue=now(actor), commands=read_actions(text).commands)
            assert plan.will == [
                "Will log 2h for 20 Nov.",
                "Will log 5m.",
                "Will take 30m back.",
                "Will have 4h left.",
            ]

    def test_are_done_when_an_issue_is_created_and_in_triage(
        self, ada: User, acme: Organization, timed: Project
    ) -> None:
        with acting(ada, acme) as actor:
            project = Project.objects.get(pk=timed.pk)
            new = services.NewIssue(title="Lamps", description="As agreed.\n/spend 2h")
            services.create_issue(actor=actor, project=project, new=new)
            assert times(actor) == (None, 120, None)
            Issue.objects.update(triage_since=timezone.now())
            said = self.say(actor, "/spend 1h\n/remaining 3h")
            assert not said.did.is_reversible
            assert times(actor) == (None, 180, 180)


class TestWithTheIssue:
    def test_it_moves_to_another_project_and_is_not_in_a_copy_and_outlives_an_account(
        self, ada: User, acme: Organization, timed: Project, secret: Project, issue: Issue, mateo: User
    ) -> None:
        with acting(mateo, acme) as actor:
            log(actor, 30)
        with acting(ada, acme) as actor:
            edit(actor, time_estimate=60)
            copy = services.copy_issue(actor=actor, issue=now(actor))
            assert (copy.time_estimate, copy.time_spent, copy.work_logs.count()) == (None, 0, 0)
            target = Project.objects.get(pk=secret.pk)
            services.move_to_project(actor=actor, project=now(actor).project, issue_ids=[issue.pk], target=target)
            assert WorkLog.objects.get().project_id == secret.pk
            assert Issue.objects.get(pk=issue.pk).time_spent == 30
            set_time_tracking(actor=actor, project=target, is_on=True)
            anonymise_account(user=User.objects.get(pk=mateo.pk))
        with acting(ada, acme) as actor:
            work = work_of(actor=actor, issue=now(actor, "SECRET-1"))
            assert work is not None
            assert [entry.person.name for entry in work.entries] == ["Deleted account"]


class TestPages:
    def test_log_change_and_take_out_without_script(
        self, ada: User, acme: Organization, issue: Issue, client: Client
    ) -> None:
        page = f"/{acme.slug}/issue/FLOW-1/"
        sent = {
            "field": "work",
            "value": "2",
            "day": "2026-11-20",
            "note": "<i>Roof</i>",
            "adjust": "set",
            "remaining": "1h",
        }
        refused = client.post(page + "work/log/", sent)
        text = refused.content.decode()
        assert refused.status_code == 422
        for kept in (
            'value="2"',
            'value="2026-11-20"',
            "&lt;i&gt;Roof&lt;/i&gt;",
            'value="set" selected',
            'value="1h"',
        ):
            assert kept in text
        assert client.post(page + "work/log/", sent | {"adjust": "none"}).status_code == 422
        assert client.post(page + "work/log/", sent | {"value": "2h"}).status_code == 302
        with acting(ada, acme) as actor:
            entry = WorkLog.objects.get()
            assert times(actor) == (None, 120, 60)
        own = f"{page}work/{entry.pk}/"
        wrong = client.post(own + "edit/", {"field": f"work-{entry.pk}", "value": "25h", "day": "", "note": "Kept"})
        assert (wrong.status_code, 'value="Kept"' in wrong.content.decode()) == (422, True)
        assert client.post(own + "edit/", {"value": "3h", "day": "2026-11-19", "note": ""}).status_code == 302
        everything = client.get(page + "work/").content.decode()
        assert "3h</span>" in everything
        answer = client.post(own + "remove/", headers=SCRIPTED).content.decode()
        assert f'data-did="{issue.pk}" hidden>3h taken out of the log.' in answer
        assert "Nothing is logged yet" in client.get(page + "work/").content.decode()

    def test_other_issues_entries_are_not_there(
        self, ada: User, acme: Organization, timed: Project, issue: Issue, client: Client
    ) -> None:
        make_issues(acme, timed, ada, "Wires")
        with acting(ada, acme) as actor:
            entry = log(actor, 30)
        for does in ("edit", "remove"):
            assert client.post(f"/{acme.slug}/issue/FLOW-2/work/{entry.pk}/{does}/", {"value": "1h"}).status_code == 404

    def test_a_conflict_about_time_is_shown_in_hours(
        self, ada: User, acme: Organization, issue: Issue, client: Client
    ) -> None:
        with acting(ada, acme) as actor:
            edit(actor, time_estimate=90)
        sent = {"field": "time_estimate", "value": "2h", "version": "1"}
        answer = client.post(f"/{acme.slug}/issue/FLOW-1/edit/", sent, headers=SCRIPTED)
        assert answer.status_code == 409
        assert "1h 30m" in answer.content.decode()

    def test_the_list_leads_on_to_earlier_entries(
        self, ada: User, acme: Organization, issue: Issue, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with acting(ada, acme) as actor:
            for minutes in (11, 12, 13):
                log(actor, minutes)
        monkeypatch.setattr("apps.issues.work_views.PAGE", 2)
        address = f"/{acme.slug}/issue/FLOW-1/work/"
        first = client.get(address).content.decode()
        assert "13m" in first
        assert "11m" not in first
        following = first.split(f'href="{address}?after=')[1].split('"')[0]
        last = client.get(f"{address}?after={following}").content.decode()
        assert "11m" in last
        assert f'href="{address}"' in last

    def test_the_project_switches_it_with_its_days(
        self, ada: User, acme: Organization, flow: Project, client: Client
    ) -> None:
        address = f"/{acme.slug}/FLOW/settings/time/"
        for sent in (
            {"day": "nine", "days_a_week": "5"},
            {"day": "25h", "days_a_week": "5"},
            {"day": "8h", "days_a_week": "8"},
            {"day": "", "days_a_week": "5"},
        ):
            assert client.post(address, sent | {"is_on": "1"}).status_code == 422
        assert client.post(address, {"is_on": "1", "day": "7h 30m", "days_a_week": "4"}).status_code == 302
        with acting(ada, acme) as actor:
            project = Project.objects.get(pk=flow.pk)
            assert (project.has_time_tracking, project.minutes_a_day, project.days_a_week) == (True, 450, 4)
            with pytest.raises(Invalid):
                set_time_tracking(actor=actor, project=project, is_on=True, days_a_week=0)
            set_time_tracking(actor=actor, project=project, is_on=True, days_a_week=4)
        make_issues(acme, flow, ada, "Lamps")
        with acting(ada, acme) as actor:
            assert edit(actor, time_estimate="1w").time_estimate == 1800
            events = Event.objects.filter(kind="project.edited")
            assert events.count() == 1


class TestScripts:
    def test_read_add_change_and_take_out(
        self, ada: User, acme: Organization, timed: Project, issue: Issue, mateo: User
    ) -> None:
        script = make_script(ada, acme)
        assert script.patch("issues/FLOW-1/", {"time_estimate": 480}).json()["time_remaining"] == 480
        made = script.post("issues/FLOW-1/work/", {"minutes": 60, "day": "2026-11-20", "note": "Roof"})
        assert made.status_code == 201
        body = made.json()
        assert body["person"] == {"id": ada.pk, "name": "Ada Okafor"}
        assert (body["minutes"], body["day"], body["note"]) == (60, "2026-11-20", "Roof")
        assert script.post("issues/FLOW-1/work/", {"minutes": 30, "adjust": "leave"}).status_code == 201
        assert script.post("issues/FLOW-1/work/", {"minutes": 30, "remaining": 15}).status_code == 201
        now_ = script.get("issues/FLOW-1/").json()
        assert (now_["time_estimate"], now_["time_spent"], now_["time_remaining"]) == (480, 120, 15)
        first = script.get("issues/FLOW-1/work/?limit=2").json()
        second = script.get(first["next"]).json()
        assert [row["id"] for row in second["results"]] == [body["id"]]
        assert script.get(second["previous"]).json()["results"] == first["results"]
        changed = script.patch(f"issues/FLOW-1/work/{body['id']}/", {"minutes": 90}).json()
        assert (changed["minutes"], changed["day"], changed["note"]) == (90, "2026-11-20", "Roof")
        theirs = make_script(mateo, acme)
        assert theirs.call("DELETE", f"issues/FLOW-1/work/{body['id']}/").status_code == 403
        assert script.call("DELETE", f"issues/FLOW-1/work/{body['id']}/").status_code == 204
        assert script.get("issues/FLOW-1/").json()["time_spent"] == 60
        for wrong in ({}, {"minutes": True}, {"minutes": -1}, {"minutes": 5, "person": mateo.pk}, {"minutes": 2**31}):
            assert script.post("issues/FLOW-1/work/", wrong).status_code == 400
        assert script.post("issues/FLOW-1/work/", {"minutes": 1441}).status_code == 422
