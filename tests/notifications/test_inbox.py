"""The inbox: its views and pages, what its owner does with it, and what they chose to hear of."""

import json
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import run_as_system
from apps.events.models import Event
from apps.issues.models import Comment, Issue, Watcher
from apps.issues.services import add_comment, delete_comment, edit_issue, move_issue, note_visit, set_watching
from apps.notifications import selectors, services
from apps.notifications.jobs import remove_old_notifications
from apps.notifications.models import Habits, InboxEntry, IssueMute, Notification, Preference, ProjectInterest
from apps.projects.models import Project
from tests import factories
from tests.notifications.conftest import Team
from tests.notifications.test_telling import CANARY

SCRIPT = {"HTTP_HX_REQUEST": "true", "HTTP_X_REQUESTED_WITH": "XMLHttpRequest", "HTTP_ACCEPT": "application/json"}


def browser_of(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def keys(team: Team, who: User, view: str) -> list[str]:
    with factories.acting(who, team.org) as actor:
        return [line.issue.title for line in selectors.inbox_page(actor=actor, view=view).lines]


class TestPage:
    def test_tells_who_did_what_and_why_it_reached_one(self, team: Team) -> None:
        issue = team.issue("Dock the rover", assignee=team.mateo)
        comment = team.do(team.yuki, add_comment, issue=issue, body="**See** here @mateo\n\n<b onclick=x>&amp;</b>")
        with run_as_system(org_id=team.org.pk):
            done = team.project.statuses.get(category="done")
        team.do(team.ada, move_issue, issue=issue, to=done)
        team.do(team.ada, edit_issue, issue=issue, values={"description": "For @mateo", "priority": 4})
        page = browser_of(team.mateo).get(f"/{team.org.slug}/inbox/").content.decode()
        assert "<b>Ada Okafor</b> mentioned you in the description" in page
        assert "moved this from Backlog to <b>Done</b>" in page or "<b>Done</b>" in page
        assert "mentioned you: “See here @mateo &lt;b onclick=x&gt;&amp;&lt;/b&gt;”" in page
        assert "You were mentioned" in page
        assert "and 1 thing before" in page, "of what happened before the last three only how much"
        with factories.acting(team.yuki, team.org) as actor:
            delete_comment(actor=actor, comment=Comment.objects.select_related("issue__project").get(pk=comment.pk))
        page = browser_of(team.mateo).get(f"/{team.org.slug}/inbox/").content.decode()
        assert "wrote a comment that was deleted since" in page
        assert "See here" not in page
        team.do(team.ada, edit_issue, issue=issue, values={"assignee": team.yuki.pk})
        mine = browser_of(team.yuki).get(f"/{team.org.slug}/inbox/").content.decode()
        assert "gave this to you" in mine
        assert "You are assigned" in mine

    def test_leads_to_the_comment_with_which_reading_begins(self, team: Team) -> None:
        issue = team.issue("Dock the rover", assignee=team.mateo)
        path = f"/{team.org.slug}/issue/FLOW-1/"
        browser = browser_of(team.mateo)

        def leads_to() -> str:
            page = browser.get(f"/{team.org.slug}/inbox/").content.decode()
            return page.partition('class="cover title"')[2].partition('href="')[2].partition('"')[0]

        def read() -> None:
            [entry] = team.entries(team.mateo)
            with factories.acting(team.mateo, team.org) as actor:
                services.set_read(actor=actor, entry_id=entry.pk, is_read=True)

        assert leads_to() == path
        first = team.do(team.yuki, add_comment, issue=issue, body="@mateo, it hangs.")
        read()
        assert leads_to() == f"{path}#comment-{first.pk}", "the newest, where all is read"
        second = team.do(team.ada, add_comment, issue=issue, body="@mateo, here too.", reply_to=first)
        third = team.do(team.yuki, add_comment, issue=issue, body="And on.", reply_to=first)
        assert leads_to() == f"{path}#comment-{second.pk}", "the first of those that are new"
        page = browser.get(f"/{team.org.slug}/inbox/").content.decode()
        assert "replied: “And on.”" in page
        news = browser.get(f"/{team.org.slug}/inbox/news/?since=0").json()["news"]
        assert news[0]["url"] == f"{path}#comment-{second.pk}"
        with factories.acting(team.ada, team.org) as actor:
            delete_comment(actor=actor, comment=Comment.objects.select_related("issue__project").get(pk=second.pk))
        assert leads_to() == f"{path}#comment-{third.pk}"
        read()
        team.do(team.ada, edit_issue, issue=issue, values={"priority": 4})
        assert leads_to() == path

    def test_has_a_view_for_each_way_to_look_at_it(self, team: Team) -> None:
        mine = team.issue("Mine", assignee=team.mateo)
        watched, saved, later, done = (team.issue(title) for title in ("Watched", "Saved", "Later", "Done"))
        for issue in (watched, saved, later, done):
            team.do(team.mateo, set_watching, issue=issue, is_watching=True)
            team.do(team.ada, add_comment, issue=issue, body="Hm" if issue is not done else "@mateo")
        entries = {entry.issue_id: entry.pk for entry in team.entries(team.mateo)}
        with factories.acting(team.mateo, team.org) as actor:
            services.set_saved(actor=actor, entry_id=entries[saved.pk], is_saved=True)
            services.set_read(actor=actor, entry_id=entries[watched.pk], is_read=True)
            tomorrow = timezone.now() + timedelta(days=1)
            services.put_off(actor=actor, entry_id=entries[later.pk], until=tomorrow)
            services.set_done(actor=actor, entry_id=entries[done.pk], is_done=True)
            assert selectors.unread_count(actor=actor) == 2
            assert selectors.badge(actor=actor).unread == 2
        seen = {view: keys(team, team.mateo, view) for view in selectors.VIEWS}
        assert seen == {
            "inbox": ["Saved", "Watched", "Mine"],
            "unread": ["Saved", "Mine"],
            "mentions": [],
            "assigned": ["Mine"],
            "watching": ["Saved", "Watched"],
            "saved": ["Saved"],
            "snoozed": ["Later"],
            "done": ["Done"],
        }
        # What was put off comes back by the clock alone, on top, and unread.
        with run_as_system(org_id=team.org.pk):
            InboxEntry.objects.filter(issue=later).update(snoozed_until=timezone.now() - timedelta(seconds=1))
        assert keys(team, team.mateo, "unread") == ["Later", "Saved", "Mine"]
        assert mine.pk in entries
        for view in selectors.VIEWS:
            answer = browser_of(team.mateo).get(f"/{team.org.slug}/inbox/", {"view": view})
            assert answer.status_code == 200
            assert browser_of(team.yuki).get(f"/{team.org.slug}/inbox/", {"view": view}).status_code == 200, "empty"

    def test_is_read_in_pages_and_in_as_many_queries_for_many_as_for_few(self, team: Team) -> None:
        counts = []
        for many in (4, 12):
            team.forget()
            titles = [f"{many}: number {n}" for n in range(many)]
            factories.make_issues(team.org, team.project, team.ada, *titles, assignee=team.mateo)
            team.work()
            with factories.acting(team.mateo, team.org) as actor, CaptureQueriesContext(connection) as queries:
                assert len(selectors.inbox_page(actor=actor, view="inbox").lines) == many
            counts.append(len(queries))
            browser = browser_of(team.mateo)
            browser.get(f"/{team.org.slug}/inbox/")
            with CaptureQueriesContext(connection) as queries:
                browser.get(f"/{team.org.slug}/inbox/")
            counts.append(len(queries))
        assert counts[:2] == counts[2:]
        with factories.acting(team.mateo, team.org) as actor:
            found, mark = [], None
            while True:
                page = selectors.inbox_page(actor=actor, view="inbox", after=mark, size=5)
                found += [line.issue.title for line in page.lines]
                mark = page.next_after
                if mark is None:
                    break
                mark = json.loads(json.dumps([mark[0].isoformat(), mark[1]]))
        assert len(found) == len(set(found)) == 12
        answer = browser_of(team.mateo).get(f"/{team.org.slug}/inbox/", {"after": "nonsense"})
        assert answer.status_code in {400, 422}

    def test_links_to_its_next_page(self, team: Team) -> None:
        titles = [f"Number {n}" for n in range(31)]
        factories.make_issues(team.org, team.project, team.ada, *titles, assignee=team.mateo)
        team.work()
        browser = browser_of(team.mateo)
        first = browser.get(f"/{team.org.slug}/inbox/").content.decode()
        address = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
        second = browser.get(address).content.decode()
        assert second.count("data-entry=") == 1
        assert "First page" in second


class TestDoing:
    def test_each_thing_can_be_done_and_taken_back_without_script(self, team: Team) -> None:
        team.issue(assignee=team.mateo)
        [entry] = team.entries(team.mateo)
        browser = browser_of(team.mateo)
        address = f"/{team.org.slug}/inbox/{entry.pk}/"
        steps: list[tuple[dict[str, str], str, Any]] = [
            ({"do": "read"}, "unread_count", 0),
            ({"do": "unread"}, "unread_count", 1),
            ({"do": "done"}, "done_at", True),
            ({"do": "undone"}, "done_at", None),
            ({"do": "save"}, "saved_at", True),
            ({"do": "unsave"}, "saved_at", None),
            ({"do": "snooze", "until": "later"}, "snoozed_until", True),
            ({"do": "wake"}, "snoozed_until", None),
            ({"do": "snooze", "until": "tomorrow"}, "snoozed_until", True),
            ({"do": "snooze", "until": "now"}, "snoozed_until", None),
            ({"do": "snooze", "until": "week"}, "snoozed_until", True),
            (
                {"do": "snooze", "until": "date", "day": str(timezone.localdate() + timedelta(days=9))},
                "snoozed_until",
                True,
            ),
        ]
        for body, field, value in steps:
            answer = browser.post(address, body | {"view": "unread"})
            assert answer.status_code == 302, body
            assert answer.url == f"/{team.org.slug}/inbox/?view=unread"
            [row] = team.entries(team.mateo)
            assert (bool(getattr(row, field)) if value is True else getattr(row, field)) == value
        for body in ({"do": "fly"}, {"do": "snooze"}, {"do": "snooze", "until": "date", "day": "x"},
                     {"do": "snooze", "until": "date", "day": "2020-01-01"}):  # fmt: skip
            assert browser.post(address, body, **SCRIPT).status_code in {400, 422}, body
        said = browser.post(address, {"do": "done"}, **SCRIPT).json()
        assert said["undo"] == "undone"
        assert said["unread"] == 0
        with run_as_system(org_id=team.org.pk):
            assert Event.objects.filter(kind="inbox.changed", user=team.mateo).count() == len(steps) + 1
        assert browser_of(team.yuki).post(address, {"do": "done"}).status_code == 404, "nobody else's"

    def test_snoozing_is_in_the_readers_time_zone(self, team: Team) -> None:
        team.mateo.time_zone = "Pacific/Kiritimati"
        team.mateo.save()
        team.issue(assignee=team.mateo)
        [entry] = team.entries(team.mateo)
        browser_of(team.mateo).post(f"/{team.org.slug}/inbox/{entry.pk}/", {"do": "snooze", "until": "tomorrow"})
        [entry] = team.entries(team.mateo)
        assert entry.snoozed_until is not None
        there = entry.snoozed_until.astimezone(ZoneInfo("Pacific/Kiritimati"))
        assert (there.hour, there.minute) == (9, 0)

    def test_all_of_a_view_is_done_at_once_and_comes_back(self, team: Team) -> None:
        for title in ("One", "Two"):
            team.issue(title, assignee=team.mateo)
        kept = team.issue("Other")
        team.do(team.mateo, set_watching, issue=kept, is_watching=True)
        team.do(team.ada, add_comment, issue=kept, body="Hm")
        browser = browser_of(team.mateo)
        address = f"/{team.org.slug}/inbox/all/"
        said = browser.post(address, {"view": "assigned"}, **SCRIPT).json()
        assert said["text"] == "2 issues are done."
        assert said["unread"] == 1
        assert keys(team, team.mateo, "inbox") == ["Other"]
        assert browser.post(address, {"at": said["at"]}, **SCRIPT).json()["text"] == "2 issues are back."
        assert browser.post(address, {"at": said["at"]}, **SCRIPT).json()["text"] == "0 issues are back."
        assert browser.post(address, {"at": "2020-01-01"}, **SCRIPT).json()["text"] == "0 issues are back."
        assert browser.post(address, {"at": "never"}, **SCRIPT).status_code in {400, 422}
        assert browser.post(address, {"view": "inbox"}).url == f"/{team.org.slug}/inbox/"
        assert keys(team, team.mateo, "done") == ["Other", "Two", "One"]
        assert browser.post(address, {"view": "inbox"}, **SCRIPT).json()["at"] == ""

    def test_looking_at_an_issue_reads_it(self, team: Team) -> None:
        issue = team.issue(assignee=team.mateo)
        team.do(team.mateo, note_visit, issue=issue)
        [entry] = team.entries(team.mateo)
        assert entry.unread_count == 0
        team.do(team.mateo, note_visit, issue=issue)
        with run_as_system(org_id=team.org.pk):
            assert Event.objects.filter(kind="inbox.changed").count() == 1, "nothing changed the second time"

    def test_the_services_refuse_what_is_not_ones_own(self, team: Team) -> None:
        team.issue(assignee=team.mateo)
        [entry] = team.entries(team.mateo)
        with factories.acting(team.yuki, team.org) as actor:
            with pytest.raises(NotFound):
                services.set_read(actor=actor, entry_id=entry.pk, is_read=True)
            with pytest.raises(NotFound):
                selectors.get_entry(actor=actor, entry_id=entry.pk)
            with pytest.raises(Forbidden):
                services.remove_old(actor=actor, limit=1)
        with factories.acting(team.mateo, team.org) as actor, pytest.raises(Invalid):
            services.put_off(actor=actor, entry_id=entry.pk, until=timezone.now() + timedelta(days=900))


class TestVisibility:
    def test_losing_the_project_hides_what_was_told(self, team: Team, secret: Project) -> None:
        factories.give_role(team.org, secret, team.mateo, "member")
        factories.make_issues(team.org, secret, team.ada, CANARY, assignee=team.mateo, description="@mateo " + CANARY)
        team.work()
        browser = browser_of(team.mateo)
        here = f"/{team.org.slug}/inbox/"
        assert CANARY in browser.get(here).content.decode()
        assert CANARY in browser.get(f"{here}news/?since=0").content.decode()
        assert CANARY in browser.get(f"/{team.org.slug}/").content.decode()
        [entry] = team.entries(team.mateo)
        with run_as_system(org_id=team.org.pk):
            secret.members.filter(user=team.mateo).delete()
        for view in selectors.VIEWS:
            assert CANARY not in browser.get(here, {"view": view}).content.decode()
        assert browser.get(f"{here}news/?since=0").json() | {"head": 0} == {"unread": 0, "news": [], "head": 0}
        assert CANARY not in browser.get(f"/{team.org.slug}/").content.decode()
        assert browser.post(f"{here}{entry.pk}/", {"do": "read"}).status_code == 404
        with run_as_system(org_id=team.org.pk):
            facts = Event.objects.filter(user=team.mateo)
            assert all(not event.data for event in facts), "what goes over the socket names nothing"


class TestNews:
    def test_says_how_much_is_unread_and_what_a_desktop_shows(self, team: Team) -> None:
        browser = browser_of(team.mateo)
        address = f"/{team.org.slug}/inbox/news/"
        assert browser.get(address).json() == {"unread": 0}
        head = browser.get(address, {"since": 0}).json()["head"]
        issue = team.issue(assignee=team.mateo)
        team.do(team.ada, edit_issue, issue=issue, values={"priority": 3})
        found = browser.get(address, {"since": head}).json()
        assert found["unread"] == 1
        assert [(one["title"], one["body"]) for one in found["news"]] == [
            (f"FLOW-{issue.number} Dock the rover", "Ada Okafor created this for you")
        ], "an edit is not for the desktop"
        assert browser.get(address, {"since": found["head"]}).json()["news"] == []
        with run_as_system(org_id=team.org.pk) as actor:
            fresh = Issue.objects.select_related("project").get(pk=issue.pk)
            edit_issue(actor=actor, issue=fresh, values={"assignee": None})
            edit_issue(actor=actor, issue=fresh, values={"assignee": team.mateo.pk})
        team.work()
        bodies = [one["body"] for one in browser.get(address, {"since": found["head"]}).json()["news"]]
        assert bodies == ["FlowBoard gave this to you"]


class TestPreferences:
    def test_channels_are_chosen_for_all_projects_or_for_one(self, team: Team) -> None:
        browser = browser_of(team.mateo)
        here = f"/{team.org.slug}/inbox/preferences/"
        page = browser.get(here).content.decode()
        assert 'name="mentioned-desktop" checked' in page
        assert 'name="edited-desktop" checked' not in page
        assert 'name="commented-mail" checked' in page
        body = {"commented-inbox": "on", "commented-mail": "on", "edited-desktop": "on", "own": "on"}
        assert browser.post(here, body).status_code == 302
        with factories.acting(team.mateo, team.org) as actor:
            chosen = {each.kind.value: each.channels for each in selectors.choices(actor=actor, project=None)}
            assert chosen["commented"] == 3
            assert chosen["edited"] == 4
            assert chosen["mentioned"] == 0
            assert selectors.hears_of_own(actor=actor)
        of_flow = f"{here}?project={team.project.key}"
        body = {"mentioned-inbox": "on", "level": "muted"}
        assert browser.post(of_flow, body).status_code == 302
        with factories.acting(team.mateo, team.org) as actor:
            project = Project.objects.get(pk=team.project.pk)
            there = {each.kind.value: each.channels for each in selectors.choices(actor=actor, project=project)}
            assert there["mentioned"] == 1
            assert there["commented"] == 0
            assert selectors.interest_in(actor=actor, project=project) == "muted"
            assert selectors.projects_with_choices(actor=actor) == {project.pk}
        assert "(own settings)" in browser.get(of_flow).content.decode()
        browser.post(of_flow, body | {"level": ""})
        browser.post(of_flow, {"do": "forget"})
        browser.post(here, {"do": "forget"})
        with run_as_system(org_id=team.org.pk):
            assert Preference.objects.count() == ProjectInterest.objects.count() == 0
            assert Habits.objects.get().hears_of_own
        assert browser.get(f"{here}?project=NONE").status_code == 404

    def test_are_found_from_the_pages_about_ones_account(self, team: Team) -> None:
        browser = browser_of(team.mateo)
        here = f"/{team.org.slug}/inbox/preferences/"
        assert browser.get("/accounts/notifications/").url == here
        browser.get(f"/{team.org.slug}/")
        assert browser.get("/accounts/notifications/").url == here
        assert browser_of(factories.make_user("Nobody")).get("/accounts/notifications/").url == "/"

    def test_an_issue_is_muted_and_heard_of_again(self, team: Team) -> None:
        issue = team.issue(assignee=team.mateo)
        browser = browser_of(team.mateo)
        address = f"/{team.org.slug}/issue/FLOW-{issue.number}/"
        assert "Mute: hear only what names me" in browser.get(address).content.decode()
        assert browser.post(f"{address}mute/", {"mute": "1"}).url == address
        with run_as_system(org_id=team.org.pk):
            assert IssueMute.objects.count() == 1
            assert not Watcher.objects.filter(issue=issue, user=team.mateo).exists()
        assert "Hear of it again" in browser.get(address).content.decode()
        assert "again" in browser.post(f"{address}mute/", {"mute": "0"}, **SCRIPT).json()["text"]
        with run_as_system(org_id=team.org.pk):
            assert IssueMute.objects.count() == 0

    def test_the_services_refuse_what_cannot_be(self, team: Team, secret: Project) -> None:
        with factories.acting(team.mateo, team.org) as actor:
            project = Project(pk=secret.pk, org_id=team.org.pk, visibility="private")
            for refused in (
                lambda: services.choose_channels(actor=actor, project=project, channels={}),
                lambda: services.forget_channels(actor=actor, project=project),
                lambda: services.choose_interest(actor=actor, project=project, level=""),
            ):
                with pytest.raises(NotFound):
                    refused()
            for channels in ({"mentioned": 8}, {"mentioned": -1}, {"flown": 1}):
                with pytest.raises(Invalid):
                    services.choose_channels(actor=actor, project=None, channels=channels)
            with pytest.raises(Invalid):
                services.choose_interest(actor=actor, project=team.project, level="adored")
        with run_as_system(org_id=team.org.pk) as actor, pytest.raises(Forbidden):
            services.set_hears_of_own(actor=actor, hears_of_own=True)


class TestHome:
    def test_shows_where_one_was_mentioned_until_one_looked(self, team: Team) -> None:
        issue = team.issue("Where is it?")
        team.issue("Another", assignee=team.mateo)
        home = f"/{team.org.slug}/"
        browser = browser_of(team.mateo)
        assert "mentioned-title" not in browser.get(home).content.decode()
        team.do(team.ada, add_comment, issue=issue, body="@mateo?")
        page = browser.get(home).content.decode()
        section = page.partition('id="mentioned-title"')[2].partition("</section>")[0]
        assert "Where is it?" in section
        assert "Another" not in section
        team.do(team.mateo, note_visit, issue=issue)
        assert "mentioned-title" not in browser.get(home).content.decode()


class TestRemoval:
    def test_what_was_finished_long_ago_goes_in_batches_and_saved_things_stay(self, team: Team) -> None:
        old = timezone.now() - timedelta(days=91)
        for title in ("Old", "Older", "Kept", "Fresh"):
            team.issue(title, assignee=team.mateo)
        with run_as_system(org_id=team.org.pk):
            InboxEntry.objects.filter(issue__title__in=["Old", "Older", "Kept"]).update(done_at=old)
            InboxEntry.objects.filter(issue__title="Kept").update(saved_at=old)
            loose = Notification.objects.get(issue__title="Fresh")
            loose.pk, loose.user, loose.channels, loose.created_at = None, team.yuki, 2, old
            loose.save()
        with run_as_system(org_id=team.org.pk) as actor:
            assert services.remove_old(actor=actor, limit=1) == 3
        assert remove_old_notifications() == 2
        assert remove_old_notifications() == 0
        with run_as_system(org_id=team.org.pk):
            left = set(InboxEntry.objects.values_list("issue__title", flat=True))
            assert left == set(Notification.objects.values_list("issue__title", flat=True)) == {"Kept", "Fresh"}
