"""Who is told what, and that nobody is told what they may not see, twice, or of themselves."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core.errors import Forbidden
from apps.core.tenancy import Origin, happening_at, run_as_system
from apps.events.models import Delivery, Event, Stream
from apps.issues.models import Comment, Issue, Watcher
from apps.issues.services import (
    NewIssue,
    add_comment,
    archive_issue,
    bulk_edit,
    create_issues,
    delete_comment,
    delete_issue,
    edit_comment,
    edit_issue,
    move_issue,
    move_to_project,
    set_watching,
)
from apps.notifications import services
from apps.notifications.models import (
    Habits,
    InboxEntry,
    IssueMute,
    MailPart,
    Notification,
    Preference,
    ProjectInterest,
)
from apps.notifications.services import telling
from apps.projects.models import Project, ProjectMember
from apps.projects.services import remove_project_role
from tests import factories
from tests.mailbox import Mailbox
from tests.notifications.conftest import Team, crowd

CANARY = "kingfisher-4711"


class TestTell:
    def test_a_reply_reaches_who_took_part_in_the_thread_and_says_so(self, team: Team) -> None:
        issue = team.issue()

        def reply(who: User, to: Comment, body: str) -> Comment:
            team.forget()
            with run_as_system(org_id=team.org.pk):
                fresh = Comment.objects.get(pk=to.pk)
            said: Comment = team.do(who, add_comment, issue=issue, body=body, reply_to=fresh)
            return said

        first = team.do(team.mateo, add_comment, issue=issue, body="It hangs.")
        team.do(team.mateo, set_watching, issue=issue, is_watching=False)
        team.do(team.yuki, add_comment, issue=issue, body="Something else.")
        second = reply(team.yuki, first, "Mine, too.")
        assert team.told() == {("Ada", "commented", "reporter"), ("Mateo", "commented", "thread")}
        reply(team.mateo, second, "@yuki, which one?")
        assert team.told() == {("Ada", "commented", "reporter"), ("Yuki", "mentioned", "mentioned")}
        with run_as_system(org_id=team.org.pk):
            IssueMute.objects.create(org=team.org, project=team.project, issue=issue, user=team.mateo)
            Comment.objects.filter(pk=second.pk).update(deleted_at=happening_at())
        team.do(team.yuki, set_watching, issue=issue, is_watching=False)
        reply(team.ada, first, "All of them.")
        assert team.told() == set(), "one is muted, and nothing is left of what the other said"

    def test_reaches_those_whom_it_concerns_and_says_why(self, team: Team) -> None:
        issue = team.issue(assignee=team.mateo)
        assert team.told() == {("Mateo", "assigned", "assigned")}
        assert [entry.unread_count for entry in team.entries(team.mateo)] == [1]
        team.forget()
        comment = team.do(team.mateo, add_comment, issue=issue, body="What says @yuki? `@gus` and @nobody-here not.")
        assert team.told() == {("Ada", "commented", "reporter"), ("Yuki", "mentioned", "mentioned")}
        with run_as_system(org_id=team.org.pk):
            watching = set(Watcher.objects.filter(issue=issue).values_list("user_id", flat=True))
        assert watching == {team.ada.pk, team.mateo.pk, team.yuki.pk}, "who is mentioned watches from then on"
        team.forget()
        with run_as_system(org_id=team.org.pk):
            fresh = Comment.objects.select_related("issue__project").get(pk=comment.pk)
        team.do(team.mateo, edit_comment, comment=fresh, body="What says @yuki? Or @ada?")
        assert team.told() == {("Ada", "mentioned", "mentioned")}, "only who was not named before, and no comment again"
        team.forget()
        team.do(team.ada, edit_issue, issue=issue, values={"assignee": team.yuki.pk, "priority": 4})
        assert team.told() == {("Yuki", "assigned", "assigned"), ("Mateo", "edited", "watching")}
        team.forget()
        team.do(team.ada, edit_issue, issue=issue, values={"due_date": "2027-01-02"})
        assert team.told() == {("Yuki", "planned", "assigned"), ("Mateo", "planned", "watching")}
        team.forget()
        team.do(team.ada, edit_issue, issue=issue, values={"description": "For @mateo."})
        assert team.told() == {("Yuki", "edited", "assigned"), ("Mateo", "mentioned", "mentioned")}
        team.forget()
        with run_as_system(org_id=team.org.pk):
            done = team.project.statuses.get(category="done")
        team.do(team.yuki, move_issue, issue=issue, to=done)
        assert team.told() == {("Ada", "status", "reporter"), ("Mateo", "status", "watching")}
        team.forget()
        team.do(team.yuki, archive_issue, issue=issue)
        assert team.told() == {("Ada", "edited", "reporter"), ("Mateo", "edited", "watching")}

    def test_a_new_issue_reaches_its_assignee_as_it_began_and_who_follows_the_project(self, team: Team) -> None:
        with run_as_system(org_id=team.org.pk) as actor:
            ProjectInterest.objects.create(org_id=actor.org_id, project=team.project, user=team.yuki, level="followed")
        new = NewIssue(title="Paint it", assignee=team.mateo, description="@ada, look")
        with factories.acting(team.ada, team.org) as actor:
            project = Project.objects.get(pk=team.project.pk)
            [issue] = create_issues(actor=actor, project=project, batch=[new])
            edit_issue(actor=actor, issue=issue, values={"assignee": None, "description": "@yuki, look"})
        team.work()
        assert team.told() == {
            ("Mateo", "assigned", "assigned"),
            ("Yuki", "created", "following"),
            ("Yuki", "mentioned", "mentioned"),
            ("Mateo", "edited", "watching"),
        }

    def test_is_silent_about_what_is_gone_imported_or_no_news(self, team: Team) -> None:
        issue = team.issue(assignee=team.mateo)
        other = team.issue("Another")
        team.forget()
        with run_as_system(org_id=team.org.pk, origin=Origin.IMPORT) as actor:
            project = Project.objects.get(pk=team.project.pk)
            create_issues(actor=actor, project=project, batch=[NewIssue(title="Old", assignee=team.mateo)])
        assert team.work() == 0
        with factories.acting(team.ada, team.org) as actor:
            fresh = Issue.objects.select_related("project").get(pk=issue.pk)
            comment = add_comment(actor=actor, issue=fresh, body="@yuki @mateo")
            delete_comment(actor=actor, comment=comment)
            move_issue(actor=actor, issue=fresh, to=fresh.status, after=other)
        team.work()
        assert team.told() == set(), "the comment is gone, and a place in a column is nobody's news"
        with factories.acting(team.ada, team.org) as actor:
            fresh = Issue.objects.select_related("project").get(pk=issue.pk)
            add_comment(actor=actor, issue=fresh, body="@yuki")
            delete_issue(actor=actor, issue=fresh)
        team.work()
        assert team.told() == set(), "nor is what lies in the bin"
        with factories.acting(team.ada, team.org) as actor, pytest.raises(Forbidden):
            services.tell(actor=actor, event=Event.objects.order_by("id").first())

    def test_somebody_assigned_by_flowboard_itself_is_told(self, team: Team) -> None:
        issue = team.issue()
        with run_as_system(org_id=team.org.pk) as actor:
            fresh = Issue.objects.select_related("project").get(pk=issue.pk)
            edit_issue(actor=actor, issue=fresh, values={"assignee": team.ada.pk})
        team.work()
        assert team.told() == {("Ada", "assigned", "assigned")}

    def test_holds_to_what_people_chose(self, team: Team, secret: Project) -> None:
        issue = team.issue(assignee=team.mateo)
        team.do(team.yuki, set_watching, issue=issue, is_watching=True)
        team.forget()
        org_id = team.org.pk
        with run_as_system(org_id=org_id):
            Preference.objects.bulk_create(
                [
                    Preference(org_id=org_id, user=team.mateo, kind="commented", channels=0),
                    Preference(org_id=org_id, user=team.yuki, kind="commented", channels=0),
                    Preference(org_id=org_id, user=team.yuki, project=team.project, kind="commented", channels=6),
                    Preference(org_id=org_id, user=team.ada, project=secret, kind="commented", channels=0),
                ]
            )
            Habits.objects.create(org_id=org_id, user=team.ada, hears_of_own=True)
        team.do(team.ada, add_comment, issue=issue, body="Well?")
        assert team.told() == {("Ada", "commented", "reporter"), ("Yuki", "commented", "watching")}
        assert team.entries(team.yuki) == [], "not in the inbox: they want it by mail and on the desktop alone"
        team.forget()
        team.do(team.ada, add_comment, issue=issue, body="@mateo?")
        assert ("Mateo", "mentioned", "mentioned") in team.told()
        team.forget()
        with run_as_system(org_id=org_id):
            IssueMute.objects.create(org_id=org_id, project=team.project, issue=issue, user=team.yuki)
            ProjectInterest.objects.create(org_id=org_id, project=team.project, user=team.mateo, level="muted")
            Watcher.objects.filter(issue=issue, user=team.mateo).delete()
        team.do(team.ada, edit_issue, issue=issue, values={"title": "Dock it", "assignee": team.yuki.pk})
        team.do(team.ada, add_comment, issue=issue, body="@mateo, and all")
        assert team.told() - {("Ada", "commented", "reporter"), ("Ada", "edited", "reporter")} == {
            ("Yuki", "assigned", "assigned"),
            ("Mateo", "mentioned", "mentioned"),
        }, "muted: what names them still arrives, nothing else does"
        with run_as_system(org_id=org_id):
            assert not Watcher.objects.filter(issue=issue, user=team.mateo).exists(), "who muted it does not watch it"

    def test_what_names_somebody_brings_back_what_they_finished_or_put_off(self, team: Team) -> None:
        issue = team.issue(assignee=team.mateo)
        later = happening_at().replace(year=2099)
        with run_as_system(org_id=team.org.pk):
            InboxEntry.objects.update(done_at=happening_at(), unread_count=0, snoozed_until=later)
        team.do(team.ada, add_comment, issue=issue, body="Hm.")
        [entry] = team.entries(team.mateo)
        assert (entry.unread_count, entry.done_at, entry.snoozed_until) == (1, None, later), "still put off"
        team.do(team.ada, add_comment, issue=issue, body="@mateo!")
        [entry] = team.entries(team.mateo)
        assert (entry.unread_count, entry.snoozed_until) == (2, None)


class TestVisibility:
    def test_nobody_is_told_of_what_they_may_not_see_at_that_moment(self, team: Team, secret: Project) -> None:
        with factories.acting(team.ada, team.org) as actor:
            project = Project.objects.get(pk=secret.pk)
            [hidden] = create_issues(actor=actor, project=project, batch=[NewIssue(title=CANARY)])
            add_comment(actor=actor, issue=hidden, body=f"@mateo @yuki @gus {CANARY}")
        team.work()
        assert team.told() == set()
        with run_as_system(org_id=team.org.pk):
            assert set(Watcher.objects.filter(issue=hidden).values_list("user_id", flat=True)) == {team.ada.pk}
        factories.give_role(team.org, secret, team.mateo, "member")
        team.do(team.mateo, set_watching, issue=hidden, is_watching=True)
        team.do(team.ada, add_comment, issue=hidden, body="Now you do.")
        assert team.told() == {("Mateo", "commented", "watching")}
        # Whoever loses the project does not hear of what happened before they lost it, nor see what they heard.
        with factories.acting(team.ada, team.org) as actor:
            fresh = Issue.objects.select_related("project").get(pk=hidden.pk)
            add_comment(actor=actor, issue=fresh, body="And no more.")
        with run_as_system(org_id=team.org.pk) as actor:
            project = Project.objects.get(pk=secret.pk)
            remove_project_role(actor=actor, member=ProjectMember.objects.get(project=project, user=team.mateo))
        team.work()
        with run_as_system(org_id=team.org.pk):
            assert Notification.objects.filter(user=team.mateo).count() == 1
        with factories.acting(team.mateo, team.org):
            assert Notification.objects.count() == InboxEntry.objects.count() == 0
        with factories.acting(team.yuki, team.org):
            assert Notification.objects.count() == 0, "nobody reads what others are told"

    def test_an_issue_that_moved_away_is_told_by_where_it_is(self, team: Team, secret: Project) -> None:
        issue = team.issue(assignee=team.mateo)
        with factories.acting(team.ada, team.org) as actor:
            fresh = Issue.objects.select_related("project").get(pk=issue.pk)
            add_comment(actor=actor, issue=fresh, body=CANARY)
            move_to_project(actor=actor, project=fresh.project, issue_ids=[issue.pk], target=secret)
        team.work()
        with factories.acting(team.mateo, team.org):
            assert InboxEntry.objects.count() == 0, "what they were told before went along with the issue"
        with run_as_system(org_id=team.org.pk):
            assert set(Notification.objects.values_list("user_id", "project_id")) == {(team.mateo.pk, secret.pk)}
            assert Notification.objects.get().kind == "assigned"


class TestRetell:
    def test_fills_inboxes_as_if_people_had_worked_through_them_and_mails_nobody(
        self, team: Team, mailbox: Mailbox
    ) -> None:
        titles = [f"Number {n}" for n in range(10)]
        with run_as_system(org_id=team.org.pk, origin=Origin.IMPORT) as actor:
            project = Project.objects.get(pk=team.project.pk)
            batch = [NewIssue(title=title, assignee=team.mateo) for title in titles]
            create_issues(actor=actor, project=project, batch=batch)
            ProjectInterest.objects.create(org_id=actor.org_id, project=project, user=team.yuki, level="followed")
        with run_as_system(org_id=team.org.pk) as actor:
            events = list(Event.objects.order_by("id"))
            services.retell(actor=actor, events=events)
            assert not MailPart.objects.exists()
        found = [(entry.unread_count, bool(entry.saved_at), bool(entry.done_at)) for entry in team.entries(team.mateo)]
        fresh, read, done = (1, False, False), (0, False, False), (0, False, True)
        assert found == [*[fresh] * 4, read, (0, True, False), *[done] * 4]
        assert len(team.entries(team.yuki)) == 10
        with factories.acting(team.ada, team.org) as actor, pytest.raises(Forbidden):
            services.retell(actor=actor, events=events)

    def test_what_names_somebody_waits_longest(self, team: Team) -> None:
        with run_as_system(org_id=team.org.pk, origin=Origin.IMPORT) as actor:
            project = Project.objects.get(pk=team.project.pk)
            named = [NewIssue(title="Named", assignee=team.mateo)]
            create_issues(actor=actor, project=project, batch=named + [NewIssue(title=f"{n}") for n in range(6)])
            for who in (team.yuki, team.mateo):
                ProjectInterest.objects.create(org_id=actor.org_id, project=project, user=who, level="followed")
        with run_as_system(org_id=team.org.pk) as actor:
            services.retell(actor=actor, events=list(Event.objects.order_by("id")))
            unread = InboxEntry.objects.filter(unread_count__gt=0).order_by("-newest_at", "-id")
            assert [entry.issue.title for entry in unread.filter(user=team.mateo)] == ["5", "4", "3", "Named"]
            assert [entry.issue.title for entry in unread.filter(user=team.yuki)] == ["5", "4", "3", "2"]


class TestOnce:
    def test_telling_again_tells_nobody_twice(self, team: Team) -> None:
        issue = team.issue(assignee=team.mateo)
        team.do(team.ada, add_comment, issue=issue, body="Well?")
        with run_as_system(org_id=team.org.pk):
            Delivery.objects.update(state="waiting", done_at=None, due_at=happening_at())
        assert team.work() >= 2
        [entry] = team.entries(team.mateo)
        assert entry.unread_count == 2
        with run_as_system(org_id=team.org.pk):
            assert Notification.objects.count() == 2
            heads = dict(Stream.objects.filter(kind="person").values_list("user_id", "seq"))
        assert heads[team.mateo.pk] == 2, "and nobody hears of nothing new"


class TestLoad:
    def test_the_request_and_the_worker_take_as_many_statements_for_many_watchers_as_for_few(self, team: Team) -> None:
        counts = []
        for many in (10, 2_000):
            issue = team.issue(f"With {many}")
            people = crowd(team.org, team.project, issue, many)
            with run_as_system(org_id=team.org.pk):
                fresh = Issue.objects.select_related("project").get(pk=issue.pk)
            with CaptureQueriesContext(connection) as request, factories.acting(team.ada, team.org) as actor:
                add_comment(actor=actor, issue=fresh, body="Hello all")
            with CaptureQueriesContext(connection) as worker:
                assert team.work() == 1
            with run_as_system(org_id=team.org.pk):
                assert Notification.objects.filter(issue=issue, kind="commented").count() == many
                heads = Stream.objects.filter(kind="person", user__in=people).values_list("seq", flat=True)
                assert list(heads) == [1] * many, "each of them hears of it"
                assert not Event.objects.filter(kind="inbox.reached").exists(), "and the log keeps no row for each"
            counts.append((len(request), len(worker)))
        assert counts[0] == counts[1]

    def test_a_worker_holds_no_more_of_many_issues_than_of_few(
        self, team: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        titles = [f"Number {n}" for n in range(7)]
        issues = factories.make_issues(team.org, team.project, team.ada, *titles)
        team.work()
        with run_as_system(org_id=team.org.pk):
            watchers = [
                Watcher(org_id=team.org.pk, project=team.project, issue=issue, user=user)
                for issue in issues
                for user in (team.mateo, team.yuki)
            ]
            Watcher.objects.bulk_create(watchers)
        held: list[int] = []
        rows: list[int] = []
        audiences_of, store = telling.audiences_of, telling._store

        def ask(**values: Any) -> Any:
            held.append(len(values["named"]))
            return audiences_of(**values)

        def write(event: Event, batch: Any) -> Any:
            rows.append(len(batch))
            return store(event, batch)

        monkeypatch.setattr(telling, "ISSUES_AT_ONCE", 3)
        monkeypatch.setattr(telling, "AT_ONCE", 4)
        monkeypatch.setattr(telling, "audiences_of", ask)
        monkeypatch.setattr(telling, "_store", write)
        with factories.acting(team.ada, team.org) as actor:
            project = Project.objects.get(pk=team.project.pk)
            bulk_edit(actor=actor, project=project, issue_ids=[issue.pk for issue in issues], values={"priority": 4})
        assert team.work() == 1
        assert (held, rows) == ([3, 3, 1], [4, 4, 4, 2])
        assert [len(team.entries(user)) for user in (team.mateo, team.yuki)] == [7, 7]

    def test_a_bulk_edit_is_told_in_as_many_statements_as_a_small_one(self, team: Team) -> None:
        counts = []
        for many in (5, 15):
            titles = [f"Number {n}" for n in range(many)]
            issues = factories.make_issues(team.org, team.project, team.ada, *titles)
            team.work()
            team.forget()
            with factories.acting(team.ada, team.org) as actor:
                project = Project.objects.get(pk=team.project.pk)
                ids = [issue.pk for issue in issues]
                # As a form sends it.
                bulk_edit(actor=actor, project=project, issue_ids=ids, values={"assignee": str(team.mateo.pk)})
            with CaptureQueriesContext(connection) as worker:
                assert team.work() == 1
            assert len(team.entries(team.mateo)) == many
            assert team.told() == {("Mateo", "assigned", "assigned")}
            counts.append(len(worker))
        assert counts[0] == counts[1]
