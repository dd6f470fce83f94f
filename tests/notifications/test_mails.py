"""Mails of what happened: when they go, what is in them, to whom, and each of them once."""

from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from apps.accounts import addresses
from apps.accounts.models import RefusedAddress, User
from apps.core.errors import Forbidden
from apps.core.tenancy import run_as_system
from apps.events.models import Event
from apps.issues.models import Comment, Issue, Watcher
from apps.issues.services import (
    NewIssue,
    add_comment,
    archive_issue,
    bulk_edit,
    create_issues,
    delete_comment,
    delete_issue,
    edit_issue,
    link_issues,
    move_issue,
)
from apps.notifications import postman, services
from apps.notifications.mail_jobs import post, remove_old
from apps.notifications.models import Habits, InboxEntry, Mail, MailPart, Notification, Preference, ProjectInterest
from apps.notifications.schedule import IDLE, LONGEST
from apps.notifications.selectors.letters import Letter
from apps.orgs.models import Membership, Organization
from apps.projects.models import Project, ProjectMember
from tests import factories
from tests.mailbox import Mailbox, text_of
from tests.notifications.conftest import Team, confirm

CANARY = "kingfisher-4711"
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.django_db


def subjects(mailbox: Mailbox, who: User) -> list[str]:
    return [mail["Subject"] for mail in mailbox.mails if mail["To"] == who.email]


class TestWhen:
    def test_an_issue_is_mailed_when_it_has_been_quiet_and_at_the_latest_after_ten_minutes(
        self, mailed: Team, mailbox: Mailbox
    ) -> None:
        issue = mailed.issue()
        mailed.post()
        assert mailbox.mails == [], "a new issue is nobody's mail but its assignee's"
        mailed.do(mailed.mateo, add_comment, issue=issue, body="One.")
        mailed.post(IDLE - MINUTE)
        mailed.do(mailed.mateo, add_comment, issue=issue, body="Two.")
        mailed.post(IDLE - MINUTE)
        assert mailbox.mails == [], "not quiet yet"
        mailed.post(MINUTE)
        [mail] = mailbox.mails
        assert (mail["To"], mail["Subject"]) == (mailed.ada.email, "[FLOW-1] Dock the rover")
        assert text_of(mail).index("One.") < text_of(mail).index("Two.")
        with run_as_system(org_id=mailed.org.pk):
            first, second = Comment.objects.order_by("id").values_list("pk", flat=True)
        assert f"/issue/FLOW-1/#comment-{first}\n" in text_of(mail).replace("\r", ""), (
            "it leads to where reading begins"
        )
        assert all(f'/issue/FLOW-1/#comment-{pk}">commented</a>' in text_of(mail, "html") for pk in (first, second))
        mailed.post(timedelta(hours=1))
        assert len(mailbox.mails) == 1
        for _minute in range(4):
            mailed.do(mailed.mateo, add_comment, issue=issue, body="And on.")
            mailed.post(IDLE - MINUTE)
        assert len(mailbox.mails) == 1
        mailed.do(mailed.mateo, add_comment, issue=issue, body="And on.")
        mailed.post(LONGEST - 4 * (IDLE - MINUTE))
        assert len(mailbox.mails) == 2, "ten minutes are enough"

    def test_what_names_somebody_goes_at_once(self, mailed: Team, mailbox: Mailbox) -> None:
        issue = mailed.issue(assignee=mailed.mateo)
        mailed.post()
        assert subjects(mailbox, mailed.mateo) == ["[FLOW-1] Dock the rover"]
        mailed.do(mailed.ada, add_comment, issue=issue, body="Hello @yuki")
        post(mailed.org.pk)
        assert subjects(mailbox, mailed.yuki) == ["[FLOW-1] Dock the rover"]
        assert len(mailbox.mails) == 2, "Mateo, who is not mentioned, hears of it later"

    def test_a_planning_session_is_one_mail_and_a_few_more(self, mailed: Team, mailbox: Mailbox) -> None:
        with factories.acting(mailed.ada, mailed.org) as actor:
            project = Project.objects.get(pk=mailed.project.pk)
            batch = [NewIssue(title=f"Part {n}") for n in range(40)]
            issues = create_issues(actor=actor, project=project, batch=batch)
        mailed.work()
        mailed.forget()
        with factories.acting(mailed.ada, mailed.org) as actor:
            project = Project.objects.get(pk=mailed.project.pk)
            ids = [issue.pk for issue in issues]
            bulk_edit(actor=actor, project=project, issue_ids=ids, values={"assignee": mailed.mateo.pk})
        mailed.work()
        mailed.post()
        [subject] = subjects(mailbox, mailed.mateo)
        assert subject.strip() == "[Acme Robotics] News of 40 issues: FLOW-1, FLOW-2, FLOW-3, …"
        assert len(subject) < 78
        mailbox.mails.clear()
        for issue in issues:
            mailed.do(mailed.ada, edit_issue, issue=issue, values={"assignee": mailed.yuki.pk})
            mailed.post(timedelta(seconds=20))
        mailed.post(timedelta(minutes=30))
        assert 2 <= len(subjects(mailbox, mailed.yuki)) <= 7, "the first at once, then every few minutes"
        told = "".join(text_of(mail) for mail in mailbox.mails if mail["To"] == mailed.yuki.email)
        assert all(f"Part {n}\r\n" in told for n in range(40)), "and everything is in one of them"

    def test_daily_weekly_never_and_quiet_hours_put_off(self, mailed: Team, mailbox: Mailbox) -> None:
        issue = mailed.issue(assignee=mailed.mateo)
        mailed.forget()
        now = timezone.now()
        with run_as_system(org_id=mailed.org.pk):
            hour = (now.hour + 2) % 24
            habits = Habits.objects.create(org=mailed.org, user=mailed.mateo, rhythm="daily", digest_hour=hour)
        mailed.do(mailed.ada, add_comment, issue=issue, body="@mateo, one.")
        mailed.post(MINUTE)
        assert mailbox.mails == []
        with run_as_system(org_id=mailed.org.pk):
            assert MailPart.objects.get().due_at > now + timedelta(minutes=50)
        mailed.do(mailed.ada, add_comment, issue=issue, body="@mateo, two.")
        mailed.post(timedelta(days=1))
        [mail] = mailbox.mails
        assert "one." in text_of(mail)
        assert "two." in text_of(mail)
        with run_as_system(org_id=mailed.org.pk):
            habits.rhythm, habits.is_named_at_once = "weekly", True
            habits.save()
        mailed.do(mailed.ada, add_comment, issue=issue, body="@mateo, three.")
        mailed.post(MINUTE)
        assert len(mailbox.mails) == 2, "what names them comes at once, because they say so"
        with run_as_system(org_id=mailed.org.pk):
            habits.rhythm = "never"
            habits.save()
        mailed.do(mailed.ada, add_comment, issue=issue, body="@mateo, four.")
        mailed.post(timedelta(hours=1))
        assert len(mailbox.mails) == 2
        with run_as_system(org_id=mailed.org.pk):
            assert not MailPart.objects.filter(mail__isnull=True).exists()
            habits.rhythm, habits.is_named_at_once = "each", False
            habits.quiet_from = (now - timedelta(hours=1)).time()
            habits.quiet_until = (now + timedelta(hours=2)).time()
            habits.save()
        mailed.do(mailed.ada, add_comment, issue=issue, body="@mateo, five.")
        mailed.post()
        assert len(mailbox.mails) == 2, "mentions wait too"


class TestWhat:
    def test_says_what_happened_in_text_and_html(self, mailed: Team, mailbox: Mailbox, settings: Settings) -> None:
        settings.BASE_URL = "https://flow.example.org"
        User.objects.filter(pk=mailed.ada.pk).update(time_zone="Asia/Tokyo", date_format="iso")
        issue = mailed.issue("Dock <b>the</b> rover\u2028now")
        with run_as_system(org_id=mailed.org.pk):
            done = mailed.project.statuses.get(category="done")
        mailed.do(mailed.mateo, move_issue, issue=issue, to=done)
        mailed.do(
            mailed.mateo,
            edit_issue,
            issue=issue,
            values={"title": "Dock it", "priority": 4, "due_date": "2027-01-02", "description": "*No* words"},
        )
        body = (
            "**Bold** ![spy](https://evil.example/x.png) ![own](/media/a.png) [in](/acme/) <img src=x onerror=alert(1)>"
            "\n\n- [x] Done\n- [ ] Open"
        )
        mailed.do(mailed.mateo, add_comment, issue=issue, body=body)
        mailed.post(IDLE)
        [mail] = mailbox.mails
        assert mail["Subject"] == "[FLOW-1] Dock it"
        text, html = text_of(mail), text_of(mail, "html")
        assert "Mateo Ruiz changed this issue" in text
        assert f"{timezone.now().astimezone().year}-" in text, "dates as the reader writes them"
        assert f"Status: {issue.status.name} → Done" in text
        assert f"<s>{issue.status.name}</s> → <b>Done</b>" in html
        assert "Title:" not in text, "nobody gets mail of other edits"
        assert "<strong>Bold</strong>" in html
        assert "☑ Done" in html
        assert "☐ Open" in html
        assert "<img" not in html, "nothing is fetched when a mail is opened"
        assert 'href="https://flow.example.org/acme/"' in html
        assert "&lt;img src=x onerror" in html
        assert f"https://flow.example.org/{mailed.org.slug}/issue/FLOW-1/" in text
        assert "You get this because you reported it." in text
        for part in (text, html):
            assert "Mute FLOW-1: only what names me" in part
            assert "https://flow.example.org/accounts/mail/" in part

    def test_has_the_headers_that_programs_go_by(self, mailed: Team, mailbox: Mailbox) -> None:
        issue = mailed.issue(assignee=mailed.mateo)
        mailed.post()
        mailed.do(mailed.ada, add_comment, issue=issue, body="@mateo")
        mailed.post(timedelta(minutes=5))
        first, second = mailbox.mails
        assert first["Message-ID"] != second["Message-ID"]
        assert first["References"] == second["References"] == first["In-Reply-To"] == f"<issue-{issue.pk}@localhost>"
        assert first["Auto-Submitted"] == "auto-generated"
        assert first["Precedence"] == "bulk"
        assert first["X-Auto-Response-Suppress"] == "All"
        assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert first["List-Unsubscribe"].strip().startswith("<http")
        assert first["List-Id"].strip() == f'"Acme Robotics" <{mailed.org.slug}.localhost>'
        with run_as_system(org_id=mailed.org.pk):
            Organization.objects.filter(pk=mailed.org.pk).update(name="Größe\nBcc: a@b")
        mailed.do(mailed.ada, add_comment, issue=issue, body="@mateo")
        mailed.post(timedelta(minutes=40))
        assert mailbox.mails[-1]["List-Id"].strip() == f"<{mailed.org.slug}.localhost>"
        assert "Bcc" not in mailbox.mails[-1]

    def test_says_what_each_kind_of_news_is(self, mailed: Team, mailbox: Mailbox) -> None:
        with run_as_system(org_id=mailed.org.pk):
            here = {"org": mailed.org, "user": mailed.yuki}
            ProjectInterest.objects.create(project=mailed.project, level="followed", **here)
            for kind in ("created", "edited"):
                Preference.objects.create(kind=kind, channels=2, **here)
        issue = mailed.issue()
        mailed.do(mailed.ada, edit_issue, issue=issue, values={"description": "For @mateo."})
        mailed.do(mailed.ada, archive_issue, issue=issue)
        mailed.post(IDLE)
        by_person = {mail["To"]: text_of(mail) for mail in mailbox.mails}
        yuki = by_person[mailed.yuki.email]
        assert "Ada Okafor created this issue" in yuki
        assert "Ada Okafor archived this issue" in yuki
        assert "Description: changed" in yuki
        assert "You get this because you follow the project." in yuki
        assert "Stop following FLOW" in yuki
        assert "Ada Okafor mentioned you in the description" in by_person[mailed.mateo.email]

    def test_leaves_out_what_was_read_and_what_is_gone(self, mailed: Team, mailbox: Mailbox) -> None:
        issue = mailed.issue(assignee=mailed.mateo)
        mailed.forget()
        mailed.do(mailed.ada, add_comment, issue=issue, body="Read already.")
        with run_as_system(org_id=mailed.org.pk):
            InboxEntry.objects.update(unread_count=0)
        mailed.post(IDLE)
        assert mailbox.mails == []
        assert [(mail.state, "Nothing is left" in mail.last_error) for mail in mailed.mails()] == [("dropped", True)]
        mailed.do(mailed.ada, add_comment, issue=issue, body="Read too.")
        with run_as_system(org_id=mailed.org.pk):
            InboxEntry.objects.update(unread_count=0)
        mailed.do(mailed.ada, add_comment, issue=issue, body="Not read.")
        comment = mailed.do(mailed.ada, add_comment, issue=issue, body="Thought better of.")
        with factories.acting(mailed.ada, mailed.org) as actor:
            delete_comment(actor=actor, comment=Comment.objects.select_related("issue__project").get(pk=comment.pk))
        mailed.post(IDLE)
        [mail] = mailbox.mails
        assert "Not read." in text_of(mail)
        assert "Read too." not in text_of(mail)
        assert "Thought better" not in text_of(mail)
        mailed.do(mailed.ada, add_comment, issue=issue, body="Gone.")
        mailed.do(mailed.ada, delete_issue, issue=issue)
        mailed.post(timedelta(hours=1))
        assert len(mailbox.mails) == 1

    def test_a_digest_is_cut_where_nobody_reads_on_and_so_is_a_text(self, mailed: Team, mailbox: Mailbox) -> None:
        with factories.acting(mailed.ada, mailed.org) as actor:
            project = Project.objects.get(pk=mailed.project.pk)
            batch = [NewIssue(title=f"Part {n}", assignee=mailed.mateo, description="x" * 5000) for n in range(42)]
            create_issues(actor=actor, project=project, batch=batch)
        mailed.work()
        mailed.post()
        [mail] = mailbox.mails
        text = text_of(mail)
        assert "And news of 2 more issues" in text
        assert "Part 39" in text
        assert "Part 40" not in text
        assert "(The rest is in FlowBoard.)" in text
        assert "much happened at once" in text
        assert "References" not in mail


class TestWho:
    def test_nobody_gets_what_they_may_not_see_when_it_is_sent(
        self, mailed: Team, mailbox: Mailbox, secret: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        factories.give_role(mailed.org, secret, mailed.mateo, "member")
        with factories.acting(mailed.ada, mailed.org) as actor:
            project = Project.objects.get(pk=secret.pk)
            create_issues(actor=actor, project=project, batch=[NewIssue(title=CANARY, assignee=mailed.mateo)])
        mailed.work()
        mailed.issue(assignee=mailed.yuki)

        def lose(*, letter: Letter) -> bool:
            # Between reading and sending Mateo loses the project.
            ProjectMember.objects.filter(project=secret, user=mailed.mateo).delete()
            return real(letter=letter)

        real = postman.may_still_go
        monkeypatch.setattr(postman, "may_still_go", lose)
        mailed.post()
        mailed.post(IDLE)
        assert CANARY not in "".join(f"{mail}" for mail in mailbox.mails)
        assert subjects(mailbox, mailed.mateo) == []
        assert [mail.state for mail in mailed.mails(mailed.mateo)] == ["dropped"]
        assert "SECRET-1" not in "".join(text_of(mail) for mail in mailbox.mails)

    def test_names_of_what_is_hidden_are_left_out_of_what_changed(
        self, mailed: Team, mailbox: Mailbox, secret: Project
    ) -> None:
        [hidden] = factories.make_issues(mailed.org, secret, mailed.ada, CANARY)
        issue = mailed.issue(assignee=mailed.mateo)
        mailed.forget()
        with run_as_system(org_id=mailed.org.pk):
            for user in (mailed.mateo, mailed.ada):
                Preference.objects.create(org=mailed.org, user=user, kind="edited", channels=3)
            Habits.objects.create(org=mailed.org, user=mailed.ada, hears_of_own=True)
        with factories.acting(mailed.ada, mailed.org) as actor:
            source, target = (Issue.objects.select_related("project").get(pk=each.pk) for each in (issue, hidden))
            link_issues(actor=actor, source=source, target=target, kind="blocks")
        mailed.work()
        mailed.post(IDLE)
        by_person = {mail["To"]: text_of(mail) for mail in mailbox.mails if "FLOW" in mail["Subject"]}
        assert "Blocks: SECRET-1" in by_person[mailed.ada.email]
        assert "Blocks: something not shared with you" in by_person[mailed.mateo.email]

    def test_who_is_gone_suspended_unconfirmed_refused_or_invented_gets_nothing(
        self, mailed: Team, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        people = [factories.make_member(mailed.org, name=f"Person{n} X") for n in range(5)]
        gone, suspended, _unconfirmed, refused, invented = people
        confirm(gone, suspended, refused, invented)
        for person in people:
            mailed.issue(f"For {person.name}", assignee=person)
        with run_as_system(org_id=mailed.org.pk):
            Membership.objects.filter(user=gone).update(ended_at=timezone.now())
        User.objects.filter(pk=suspended.pk).update(is_active=False)
        RefusedAddress.objects.create(user=refused, email=refused.email, answer="550")
        monkeypatch.setattr(addresses, "_invented", [lambda ids: {invented.pk} & set(ids)])
        mailed.post()
        assert mailbox.mails == []
        assert {mail.state for mail in mailed.mails()} == {"dropped"}
        assert len({mail.last_error for mail in mailed.mails()}) == 5
        mailed.issue(assignee=mailed.mateo)
        with run_as_system(org_id=mailed.org.pk):
            Organization.objects.filter(pk=mailed.org.pk).update(suspended_at=timezone.now())
        mailed.post()
        assert mailbox.mails == []

    def test_without_a_mail_server_nothing_is_collected(self, team: Team) -> None:
        team.issue(assignee=team.mateo)
        with run_as_system(org_id=team.org.pk):
            assert Notification.objects.filter(channels__gte=2).exists()
            assert not MailPart.objects.exists()

    def test_is_for_flowboard_itself(self, mailed: Team) -> None:
        mailed.issue()
        with factories.acting(mailed.ada, mailed.org) as actor:
            event = Event.objects.order_by("id").first()
            for refused in (
                lambda: services.collect(actor=actor, event=event),
                lambda: services.plan(actor=actor),
                lambda: services.retry_dead(actor=actor, mail_ids=[]),
                lambda: services.remove_old_mails(actor=actor, limit=1),
            ):
                with pytest.raises(Forbidden):
                    refused()
            assert Mail.objects.count() == 0


class TestOnce:
    def test_what_was_told_again_is_not_mailed_again(self, mailed: Team, mailbox: Mailbox) -> None:
        mailed.issue(assignee=mailed.mateo)
        with run_as_system(org_id=mailed.org.pk) as actor:
            for event in Event.objects.order_by("id"):
                services.tell(actor=actor, event=event)
                services.collect(actor=actor, event=event)
        mailed.post()
        with run_as_system(org_id=mailed.org.pk) as actor:
            for event in Event.objects.order_by("id"):
                services.tell(actor=actor, event=event)
                services.collect(actor=actor, event=event)
        mailed.post(timedelta(hours=1))
        assert len(mailbox.mails) == 1

    def test_one_planner_works_at_a_time(self, mailed: Team, mailbox: Mailbox) -> None:
        mailed.issue(assignee=mailed.mateo)
        lock = "hashtextextended('notifications.plan', %s)"
        with connections["owner"].cursor() as other:
            other.execute(f"SELECT pg_advisory_lock({lock})", [mailed.org.pk])
            mailed.post()
            assert mailbox.mails == []
            other.execute(f"SELECT pg_advisory_unlock({lock})", [mailed.org.pk])
        mailed.post()
        assert len(mailbox.mails) == 1

    def test_old_mails_are_removed_and_dead_ones_kept(self, mailed: Team, mailbox: Mailbox) -> None:
        mailed.issue(assignee=mailed.mateo)
        mailed.issue(assignee=mailed.yuki)
        mailed.post()
        assert remove_old() == 0
        with run_as_system(org_id=mailed.org.pk):
            Mail.objects.update(settled_at=timezone.now() - timedelta(days=31))
            Mail.objects.filter(user=mailed.yuki).update(state="dead")
        assert remove_old() == 1
        assert [mail.user for mail in mailed.mails()] == [mailed.yuki]
        with run_as_system(org_id=mailed.org.pk):
            assert Notification.objects.filter(user=mailed.mateo, part__isnull=True).exists()

    def test_costs_as_many_statements_for_many_as_for_few(self, mailed: Team, mailbox: Mailbox) -> None:
        def cost(count: int) -> tuple[int, int]:
            people = [factories.make_member(mailed.org, name=f"P{n} X") for n in range(count)]
            confirm(*people)
            issue = mailed.issue()
            with run_as_system(org_id=mailed.org.pk):
                Watcher.objects.bulk_create(
                    Watcher(org=mailed.org, project=mailed.project, issue=issue, user=user) for user in people
                )
            with factories.acting(mailed.ada, mailed.org) as actor:
                fresh = Issue.objects.select_related("project").get(pk=issue.pk)
                add_comment(actor=actor, issue=fresh, body="All of you")
            with run_as_system(org_id=mailed.org.pk) as actor:
                event = Event.objects.filter(kind="issue.commented").latest("id")
                services.tell(actor=actor, event=event)
                with CaptureQueriesContext(connection) as collecting:
                    services.collect(actor=actor, event=event)
                MailPart.objects.update(due_at=timezone.now())
                with CaptureQueriesContext(connection) as planning:
                    assert services.plan(actor=actor) == count
                ids = list(Mail.objects.filter(state="waiting").values_list("pk", flat=True))
                assert len(ids) == count
                with CaptureQueriesContext(connection) as reading:
                    letters = postman.letters_of(actor=actor, mail_ids=ids)
                assert [letter.trouble for letter in letters] == [""] * count
                Mail.objects.update(state="sent")
            return len(collecting), len(planning), len(reading)

        few, many = cost(4), cost(12)
        assert few == many
