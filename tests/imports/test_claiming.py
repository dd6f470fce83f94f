"""Saying who a placeholder is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core.errors import Conflict, Forbidden, Invalid, NotFound
from apps.core.tenancy import run_as_system
from apps.events.models import Delivery, Event
from apps.imports import handlers
from apps.imports.records import AttachmentRecord, CommentRecord, WorkLogRecord
from apps.imports.selectors import list_placeholders
from apps.imports.services import claim_placeholder, hand_over_names
from apps.issues.models import Comment, Issue, Watcher, WorkLog
from apps.issues.services import set_watching
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests.factories import acting, make_member, make_org, make_user
from tests.imports.records import MIRA, OTTO, day, make_run, record, stored, write


def test_gives_everything_that_names_them_to_the_member(
    acme: Organization, ada: User, flow: Project, secret: Project
) -> None:
    mateo = make_member(acme, name="Mateo Ruiz")
    said = CommentRecord(external_id="c1", author=OTTO, body="Yes", created_at=day(2))
    log = WorkLogRecord(external_id="w1", author=OTTO, minutes=5, day=day(2).date())
    files = [AttachmentRecord(external_id="f1", name="a.txt", author=OTTO)]
    everything = record(1, assignee=OTTO, watchers=[OTTO], comments=[said], work_logs=[log], attachments=files)
    write(flow, everything, record(2, reporter=OTTO), run=make_run(flow))
    write(secret, record(3, reporter=OTTO), run=make_run(secret))
    one = stored(acme, flow, 1)
    with acting(mateo, acme) as actor:
        set_watching(actor=actor, issue=one, is_watching=True)
    with acting(ada, acme) as actor:
        assert [(each.user.name, each.issues, each.comments) for each in list_placeholders(actor=actor).rows] == [
            ("Mira Stone", 1, 0),
            ("Otto Lind", 3, 1),
        ]
        otto = list_placeholders(actor=actor).rows[1].user
        claim_placeholder(actor=actor, placeholder=otto, member=mateo)
        with pytest.raises(Conflict):
            claim_placeholder(actor=actor, placeholder=otto, member=ada)
        assert [each.user.name for each in list_placeholders(actor=actor).rows] == ["Mira Stone"]
    with run_as_system(org_id=acme.pk) as actor:
        event = Event.objects.get(kind="member.placeholder_claimed")
        assert Delivery.objects.filter(event=event).count() == 1
        with CaptureQueriesContext(connection) as queries:
            handlers.hand_over_names(actor, event)
        handlers.hand_over_names(actor, event)
        assert len(queries) == 10
        assert {issue.assignee_id for issue in Issue.objects.filter(number=1)} == {mateo.pk}
        assert set(Issue.objects.filter(number__in=[2, 3]).values_list("reporter_id", flat=True)) == {mateo.pk}
        assert Comment.objects.get(body="Yes").author_id == mateo.pk
        assert WorkLog.objects.get().person_id == mateo.pk
        assert Watcher.objects.filter(issue=one, user=mateo).count() == 1
        assert not Watcher.objects.filter(user=otto).exists()
    # A later import knows it as well, and the same file changes nothing.
    account = write(flow, everything, record(4, reporter=OTTO), run=make_run(flow))
    assert (account.imported, account.skipped) == (1, 1)
    assert (account.counts["members"], account.counts["placeholders"]) == (1, 0)
    assert stored(acme, flow, 4).reporter == mateo


def test_is_for_those_who_manage_members_and_for_people_of_here(acme: Organization, ada: User, flow: Project) -> None:
    mateo = make_member(acme)
    bea = make_user("Bea")
    make_org(bea, name="Other")
    write(flow, record(1, reporter=MIRA), run=make_run(flow))
    mira = stored(acme, flow, 1).reporter
    assert mira is not None
    with acting(mateo, acme) as actor:
        for act in (
            lambda: claim_placeholder(actor=actor, placeholder=mira, member=mateo),
            lambda: list_placeholders(actor=actor),
            lambda: hand_over_names(actor=actor, placeholder_id=mira.pk),
        ):
            with pytest.raises(Forbidden):
                act()
    with acting(ada, acme) as actor:
        for stranger in (mateo, bea):
            with pytest.raises(NotFound):
                claim_placeholder(actor=actor, placeholder=stranger, member=ada)
        for member in (bea, mira):
            with pytest.raises(Invalid):
                claim_placeholder(actor=actor, placeholder=mira, member=member)
    with run_as_system(org_id=acme.pk) as actor:
        hand_over_names(actor=actor, placeholder_id=mira.pk)
    assert stored(acme, flow, 1).reporter == mira
