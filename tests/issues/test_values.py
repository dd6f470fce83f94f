"""What issues have in their project's own fields: set, kept, told, carried along, shown and narrowed by."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.boards.models import Board
from apps.core.errors import Conflict, DomainError, Invalid
from apps.core.tenancy import Actor, current_unit, run_as_system
from apps.events.models import Change, Event
from apps.issues import services
from apps.issues.activity import activity
from apps.issues.differences import Differences
from apps.issues.models import Issue
from apps.issues.selectors import Filters, get_issue, get_issue_by_id, issue_page, transfer_plan
from apps.issues.services import FieldEmpty, NewIssue, StaleEdit
from apps.orgs.services import create_api_token, remove_member
from apps.projects.models import CustomField, Project
from apps.projects.selectors import get_custom_field, get_project, list_custom_fields
from apps.projects.services import create_field, retire_field
from tests import factories

KINDS = ("text", "number", "date", "select", "multi", "user", "url", "checkbox")


class Office:
    """Ada, who administers FLOW with a field of each kind, Mateo, who works there, and ROCK beside it."""

    def __init__(self) -> None:
        self.ada = factories.make_user()
        self.org = factories.make_org(self.ada)
        self.mateo = factories.make_member(self.org)
        factories.make_project(self.org, self.ada, "FLOW")
        factories.make_project(self.org, self.ada, "ROCK")
        for kind in KINDS:
            self.field(kind.title(), kind)
        self.f: dict[str, Any] = {
            each.kind: each for each in self.act(lambda a: list_custom_fields(actor=a, project=self.project(a)))
        }
        self.option = {each.name: each.id for kind in ("select", "multi") for each in self.f[kind].choices}

    def project(self, actor: Actor, key: str = "FLOW") -> Project:
        return get_project(actor=actor, key=key)

    def act(self, work: Callable[[Actor], Any], by: User | None = None) -> Any:
        with factories.acting(by or self.ada, self.org) as actor:
            return work(actor)

    def field(self, name: str, kind: str, key: str = "FLOW", **more: Any) -> CustomField:
        if kind in ("select", "multi"):
            more.setdefault("options", [f"{kind} {letter}" for letter in "ABC"])
        return self.act(  # type: ignore[no-any-return]
            lambda a: create_field(actor=a, project=self.project(a, key), name=name, kind=kind, **more)
        )

    def make(self, key: str = "FLOW", title: str = "Dock", **values: Any) -> Issue:
        """An issue with these values, by the kind of their field."""
        raw = {self.f[kind].pk: value for kind, value in values.items()}
        return self.act(  # type: ignore[no-any-return]
            lambda a: services.create_issue(
                actor=a, project=self.project(a, key), new=NewIssue(title=title, values=raw)
            )
        )

    def edit(self, issue: Issue, version: int | None = None, by: User | None = None, **values: Any) -> Issue:
        named = {self.f[kind].key: value for kind, value in values.items()}
        return self.act(  # type: ignore[no-any-return]
            lambda a: services.edit_issue(actor=a, issue=self.get(a, issue), values=named, version=version),
            by,
        )

    def get(self, actor: Actor, issue: Issue) -> Issue:
        return get_issue_by_id(actor=actor, issue_id=issue.pk)

    def key(self, issue: Issue) -> str:
        with run_as_system(org_id=self.org.pk):
            fresh = Issue.objects.select_related("project").get(pk=issue.pk)
            return f"{fresh.project.key}-{fresh.number}"

    def has(self, issue: Issue) -> dict[str, Any]:
        """What it has, by the kind of the field."""
        with run_as_system(org_id=self.org.pk):
            values = Issue.objects.get(pk=issue.pk).custom_values
        return {kind: values[str(field.pk)] for kind, field in self.f.items() if str(field.pk) in values}

    def refuses(self, kind: type[DomainError], work: Callable[[], Any]) -> DomainError:
        def everything() -> Any:
            with run_as_system(org_id=self.org.pk):
                return list(Issue.objects.order_by("pk").values()), Event.objects.count()

        before = everything()
        with pytest.raises(kind) as refusal:
            work()
        assert everything() == before
        return refusal.value

    def full(self) -> dict[str, Any]:
        return {
            "text": "  Many \n words ",
            "number": "0012,50",
            "date": "2026-11-27",
            "select": str(self.option["select B"]),
            "multi": [self.option["multi C"], str(self.option["multi A"]), ""],
            "user": str(self.mateo.pk),
            "url": " https://example.test/a?b=c ",
            "checkbox": "on",
        }

    def stored(self) -> dict[str, Any]:
        return {
            "text": "Many words",
            "number": "12.5",
            "date": "2026-11-27",
            "select": self.option["select B"],
            "multi": [self.option["multi A"], self.option["multi C"]],
            "user": self.mateo.pk,
            "url": "https://example.test/a?b=c",
            "checkbox": True,
        }


@pytest.fixture
def office(transactional_db: None) -> Office:
    return Office()


class TestKinds:
    def test_each_is_stored_in_one_way_and_emptied(self, office: Office) -> None:
        issue = office.make()
        assert office.has(issue) == {}
        office.edit(issue, **office.full())
        assert office.has(issue) == office.stored()
        empty = dict.fromkeys(KINDS, "") | {"multi": [], "checkbox": "0", "user": None}
        office.edit(issue, **empty)
        assert office.has(issue) == {}
        assert office.has(office.make(**office.full())) == office.stored()
        # What is empty has no key, and a zero is no less a number for its sign.
        assert office.has(office.make(number="-0", text="\u200b", multi=[""])) == {"number": "0"}
        assert office.has(office.make(multi="")) == {}

    def test_each_refuses_what_it_cannot_hold_with_its_field(self, office: Office) -> None:
        issue = office.make()
        left = office.act(lambda a: factories.make_user("Otto Outside"))
        bad: list[tuple[str, Any]] = [
            ("text", "x" * 501), ("text", "a\x00b"),
            ("number", "NaN"), ("number", "Infinity"), ("number", "1e30"), ("number", "0.1234567"), ("number", "two"),
            ("date", "27.11.2026"), ("date", "1899-12-31"), ("date", "2200-01-01"),
            ("select", "x"), ("select", 1), ("select", office.option["multi A"]), ("select", {}),
            ("multi", office.option["multi A"]), ("multi", [1]), ("multi", [office.option["select A"]]),
            ("user", left.pk), ("user", "x"),
            ("url", "example.test"), ("url", "javascript:alert(1)"), ("url", "https://"), ("url", "https://[::1"),
            ("url", "https://a b.test/"), ("url", "https://a.test/" + "x" * 2000),
            ("checkbox", "perhaps"),
        ]  # fmt: skip
        for kind, value in bad:
            refusal = office.refuses(Invalid, lambda k=kind, v=value: office.edit(issue, **{k: v}))
            assert refusal.extra["field"] == office.f[kind].key, (kind, value)

    def test_foreign_and_removed_fields_are_none(self, office: Office) -> None:
        issue = office.make()
        foreign = office.field("Elsewhere", "text", "ROCK")
        for key in (foreign.key, "field_0", "field_999999"):
            office.refuses(
                Invalid,
                lambda k=key: office.act(
                    lambda a: services.edit_issue(actor=a, issue=office.get(a, issue), values={k: "x"})
                ),
            )
        office.refuses(
            Invalid,
            lambda: office.act(
                lambda a: services.create_issue(
                    actor=a, project=office.project(a), new=NewIssue(title="X", values={foreign.pk: "x"})
                )
            ),
        )


class TestTypesAndRequired:
    def test_a_field_is_of_its_types(self, office: Office) -> None:
        def limited(a: Actor) -> Any:
            bug = office.project(a).issue_types.get(name="Bug")
            return create_field(actor=a, project=office.project(a), name="Broke in", kind="text", type_ids=[bug.pk])

        field = office.act(limited)
        office.f["broke"] = field
        task = office.make()
        office.refuses(Invalid, lambda: office.edit(task, broke="2.4"))
        office.refuses(Invalid, lambda: office.make(broke="2.4"))
        office.make(broke="")
        bug_id = office.act(lambda a: office.project(a).issue_types.get(name="Bug").pk)
        office.act(
            lambda a: services.edit_issue(
                actor=a,
                issue=office.get(a, task),
                values={"type": bug_id, field.key: "2.4"},
            )
        )
        assert office.has(task) == {"broke": "2.4"}
        plain = office.make()
        refusal = office.refuses(
            Invalid,
            lambda: office.act(
                lambda a: services.bulk_edit(
                    actor=a,
                    project=office.project(a),
                    issue_ids=[task.pk, plain.pk],
                    values={field.key: "2.5"},
                )
            ),
        )
        assert refusal.extra["field"] == field.key

    def test_required_is_asked_of_new_issues_and_of_edits_alone(self, office: Office) -> None:
        before = office.make(text="Kept")
        office.f["must"] = office.field("Customer", "text", is_required=True)
        refusal = office.refuses(FieldEmpty, office.make)
        assert refusal.extra["field"] == office.f["must"].key
        assert "“New issue” asks" in str(refusal.detail)
        assert "“New issue” asks" not in str(office.refuses(FieldEmpty, lambda: office.make(must=" ")).detail)
        office.refuses(FieldEmpty, lambda: office.make(text="Something else"))
        # What was there stays as it is, and what is not touched is not asked.
        office.edit(before, text="Changed")
        office.refuses(FieldEmpty, lambda: office.edit(before, must=""))
        office.edit(before, must="Acme")
        office.refuses(FieldEmpty, lambda: office.edit(before, must=None))
        with run_as_system(org_id=office.org.pk) as system:
            project = Project.objects.get(key="FLOW")
            services.create_issues(actor=system, project=project, batch=[NewIssue(title="Imported")])
        for skips in ({"is_from_outside": True}, {"schedule_id": 1}, {"is_copy": True}):
            office.act(
                lambda a, s=skips: services.create_issues(
                    actor=a, project=office.project(a), batch=[NewIssue(title="Not asked", **s)]
                )
            )
        parent = office.make(must="Acme")
        office.refuses(
            FieldEmpty,
            lambda: office.act(lambda a: services.add_children(actor=a, parent=office.get(a, parent), titles=["Step"])),
        )


class TestTogether:
    def test_only_the_same_field_conflicts(self, office: Office) -> None:
        issue = office.make()
        office.edit(issue, text="Theirs", by=office.mateo)
        office.edit(issue, version=1, number="3")
        conflict = office.refuses(StaleEdit, lambda: office.edit(issue, version=1, text="Mine"))
        assert (conflict.extra["theirs"], conflict.extra["mine"]) == ("Theirs", "Mine")
        assert office.has(issue) == {"text": "Theirs", "number": "3"}
        office.edit(issue, version=1, text="Theirs")

    def test_the_history_tells_from_what_to_what(self, office: Office) -> None:
        issue = office.make()
        office.edit(issue, **office.full())
        office.edit(issue, text="Few", checkbox="", user="", select=office.option["select A"])

        def sentences(a: Actor) -> str:
            return " | ".join(str(e.sentence_html) for e in activity(actor=a, issue=get_issue(actor=a, key=key)))

        key = office.key(issue)
        said = office.act(sentences)
        for text in (
            "set Number to <b>12.5</b>", "set Date to <b>27 Nov 2026</b>", "set Multi to <b>multi A, multi C</b>",
            "set User to <b>Mateo Ruiz</b>", "ticked <b>Checkbox</b>", "took the tick off <b>Checkbox</b>",
            "set Text to <b>Few</b>", "emptied User",
            "set Select to <b>select A</b>",
        ):  # fmt: skip
            assert text in said, text
        office.act(lambda a: retire_field(actor=a, field=whole(a, office, "text")))
        assert "set Text to" in office.act(sentences)

        def mailed(a: Actor) -> dict[str, tuple[str, str]]:
            event = Event.objects.filter(kind="issue.edited").latest("id")
            told = Differences(actor=a, changes=list(Change.objects.filter(event=event)))
            return {each.label: (each.old, each.new) for each in told.of(event_id=event.pk, issue_id=issue.pk)}

        words = office.act(mailed)
        assert words["Text"] == ("Many words", "Few")
        assert words["User"] == ("Mateo Ruiz", "")

        def hidden(a: Actor) -> list[str]:
            event = Event.objects.filter(kind="issue.edited").latest("id")
            told = Differences(actor=a, changes=list(Change.objects.filter(event=event)))
            found = told.of(event_id=event.pk, issue_id=issue.pk, hidden=[issue.project_id])
            return [f"{each.label}: {each.old} {each.new}" for each in found]

        assert not any("Few" in each or "Text" in each for each in office.act(hidden))

    def test_many_at_once_and_back(self, office: Office) -> None:
        first, second = office.make(user=office.mateo.pk, select=office.option["select A"]), office.make()
        values = {office.f["user"].key: office.ada.pk, office.f["select"].key: office.option["select B"]}

        def work(a: Actor) -> Any:
            unit = current_unit()
            assert unit is not None
            unit.op = "op"
            return services.bulk_edit(
                actor=a, project=office.project(a), issue_ids=[first.pk, second.pk], values=values
            )

        assert len(office.act(work).changed) == 2
        assert office.has(second) == {"user": office.ada.pk, "select": office.option["select B"]}
        with run_as_system(org_id=office.org.pk) as system:
            seat = office.mateo.memberships.get(org=office.org)
            remove_member(actor=system, membership=seat)
        back = office.act(lambda a: services.take_back(actor=a, project=office.project(a), issue_id=first.pk, op="op"))
        # Mateo is gone, so that the first keeps Ada there.
        assert back.left == [office.key(first)]
        assert office.has(first) == {"user": office.ada.pk, "select": office.option["select A"]}
        assert office.has(second) == {}

    def test_an_option_that_is_gone_does_not_come_back(self, office: Office) -> None:
        issue = office.make(select=office.option["select A"])

        def work(a: Actor) -> Any:
            unit = current_unit()
            assert unit is not None
            unit.op = "op"
            values = {office.f["select"].key: office.option["select B"]}
            return services.bulk_edit(actor=a, project=office.project(a), issue_ids=[issue.pk], values=values)

        office.act(work)
        office.act(
            lambda a: services.retire_option(
                actor=a, field=whole(a, office, "select"), option_id=office.option["select A"]
            )
        )
        office.refuses(
            Conflict,
            lambda: office.act(
                lambda a: services.take_back(actor=a, project=office.project(a), issue_id=issue.pk, op="op")
            ),
        )

    def test_a_copy_has_what_can_be_had_still(self, office: Office) -> None:
        issue = office.make(**office.full())
        office.act(
            lambda a: services.retire_option(
                actor=a, field=whole(a, office, "multi"), option_id=office.option["multi B"]
            )
        )
        with run_as_system(org_id=office.org.pk) as system:
            remove_member(actor=system, membership=office.mateo.memberships.get(org=office.org))
        made = office.act(lambda a: services.copy_issue(actor=a, issue=office.get(a, issue)))
        assert office.has(made) == {kind: value for kind, value in office.stored().items() if kind != "user"}


def whole(actor: Actor, office: Office, kind: str) -> Any:
    return get_custom_field(actor=actor, project=office.project(actor), field_id=office.f[kind].pk)


class TestAnotherProject:
    def test_keeps_what_is_there_by_name_and_kind_and_comes_back_whole(self, office: Office) -> None:
        there = {
            "text": office.field("text", "text", "ROCK"),
            "select": office.field("Select", "select", "ROCK", options=["SELECT b", "New"]),
            "multi": office.field("Multi", "multi", "ROCK", options=["multi C"]),
            "number": office.field("Number", "text", "ROCK"),
            "user": office.field("User", "user", "ROCK"),
        }
        issue = office.make(**office.full())
        removed = office.field("Once", "text")
        office.f["once"] = removed
        office.edit(issue, once="Kept")
        office.act(lambda a: retire_field(actor=a, field=whole(a, office, "once")))
        before = office.has(issue)

        def plan(a: Actor) -> Any:
            rock = office.project(a, "ROCK")
            return transfer_plan(actor=a, project=office.project(a), issue_ids=[issue.pk], target=rock)

        assert office.act(plan).lost_values == ["Checkbox", "Date", "Multi", "Number", "Url"]
        office.act(
            lambda a: services.move_to_project(
                actor=a, project=office.project(a), issue_ids=[issue.pk], target=office.project(a, "ROCK")
            )
        )
        with run_as_system(org_id=office.org.pk):
            values = Issue.objects.get(pk=issue.pk).custom_values
        b, c = there["select"].choices[0].id, there["multi"].choices[0].id
        assert values == {
            str(there["text"].pk): "Many words", str(there["select"].pk): b, str(there["multi"].pk): [c],
            str(there["user"].pk): office.mateo.pk,
        }  # fmt: skip
        office.act(
            lambda a: services.edit_issue(
                actor=a,
                issue=office.get(a, issue),
                values={there["text"].key: "Changed there", there["user"].key: None},
            )
        )
        office.act(lambda a: services.take_transfer_back(actor=a, project=office.project(a, "ROCK"), issue_id=issue.pk))
        after = office.has(issue)
        assert after.pop("text") == "Changed there"
        assert after == {kind: value for kind, value in before.items() if kind not in {"text", "user"}}


class TestReading:
    def test_lists_are_narrowed_by_choices_people_and_ticks(self, office: Office) -> None:
        full, other = office.make(title="Full", **office.full()), office.make(title="Other", user=office.ada.pk)
        office.make(title="Empty")

        def found(**query: Any) -> list[str]:
            filters = Filters.read({office.f[kind].key: str(value) for kind, value in query.items()})
            assert Filters.read(filters.as_query()) == filters
            return office.act(  # type: ignore[no-any-return]
                lambda a: [i.title for i in issue_page(actor=a, project=office.project(a), filters=filters).issues]
            )

        assert found(select=office.option["select B"]) == ["Full"]
        assert found(select=office.option["select A"]) == []
        assert found(multi=office.option["multi C"]) == ["Full"]
        assert found(user=office.ada.pk) == ["Other"]
        assert found(checkbox=1) == ["Full"]
        assert found(user=office.mateo.pk, checkbox=1) == ["Full"]
        assert found(select="x") == ["Empty", "Other", "Full"]
        assert {full.pk, other.pk}

    def test_boards_lists_and_the_api_show_them_and_cost_the_same_for_few_and_many(self, office: Office) -> None:
        with run_as_system(org_id=office.org.pk):
            CustomField.objects.filter(project__key="FLOW").update(on_cards=True, in_lists=True)
        first = office.make(title="First", **office.full())
        client = Client()
        client.force_login(office.ada)
        home = f"/{office.org.slug}/FLOW/"
        secret = office.act(lambda a: create_api_token(actor=a, name="script", scopes=["read", "write"]))[1]
        script = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
        api = f"/api/v1/orgs/{office.org.slug}/projects/FLOW/"
        pages = [(f"{home}board/", {}), (f"{home}issues/", {}), (f"{api}issues/", script)]

        def spent() -> list[int]:
            counts = []
            for path, extra in pages:
                with CaptureQueriesContext(connection) as queries:
                    answer = client.get(path, **extra)
                assert answer.status_code == 200
                assert "Many words" in answer.content.decode()
                counts.append(len(queries))
            return counts

        spent()  # what is read once for all requests
        few = spent()
        for number in range(4):
            office.make(title=f"More {number}", **office.full())
        assert spent() == few
        page = client.get(f"{home}issues/").content.decode()
        for text in ("multi A", "12.5", "https://example.test/a?b=c", "27 Nov 2026", "Mateo Ruiz"):
            assert text in page
        board = client.get(f"{home}board/").content.decode()
        assert 'title="Select: select B"' in board
        # A board that leaves them out reads nothing of them.
        with run_as_system(org_id=office.org.pk):
            Board.objects.filter(project__key="FLOW").update(left_out=["fields"])
        assert "Many words" not in client.get(f"{home}board/").content.decode()
        assert first.pk

    def test_scripts_read_and_write_them(self, office: Office) -> None:
        secret = office.act(lambda a: create_api_token(actor=a, name="script", scopes=["read", "write"]))[1]
        client, options = Client(headers={"Authorization": f"Bearer {secret}"}), {"content_type": "application/json"}
        base = f"/api/v1/orgs/{office.org.slug}/"
        key = {kind: field.key for kind, field in office.f.items()}
        project = client.get(f"{base}projects/FLOW/").json()
        told = {each["key"]: each for each in project["custom_fields"]}
        assert [each["name"] for each in told[key["select"]]["options"]] == ["select A", "select B", "select C"]
        assert told[key["text"]]["types"] == []
        sent = {
            key["number"]: 12.5, key["multi"]: [office.option["multi C"]], key["checkbox"]: True, key["text"]: None,
        }  # fmt: skip
        made = client.post(f"{base}projects/FLOW/issues/", {"title": "By script", "custom_fields": sent}, **options)
        assert made.status_code == 201, made.content
        assert made.json()["custom_fields"] == dict.fromkeys(key.values()) | {
            key["number"]: "12.5", key["multi"]: [office.option["multi C"]], key["checkbox"]: True,
        }  # fmt: skip
        path = f"{base}issues/{made.json()['key']}/"
        changed = client.patch(path, {"custom_fields": {key["number"]: None, key["text"]: "Words"}}, **options)
        assert changed.json()["custom_fields"][key["number"]] is None
        assert changed.json()["custom_fields"][key["text"]] == "Words"
        for bad in ({"colour": "red"}, {"field_1x": 1}, [], {key["select"]: 1}, {"field_999999": "x"}):
            assert client.patch(path, {"custom_fields": bad}, **options).status_code in {400, 422}, bad


class TestPages:
    def test_are_edited_and_asked_for(self, office: Office) -> None:
        client, home = Client(), f"/{office.org.slug}/"
        client.force_login(office.ada)
        issue = office.make()
        address = f"{home}issue/{office.key(issue)}/"
        key = {kind: field.key for kind, field in office.f.items()}

        def post(kind: str, value: Any, **more: Any) -> Any:
            return client.post(f"{address}edit/", {"field": key[kind], "value": value, **more})

        for kind, value in office.full().items():
            assert post(kind, value).status_code == 302, kind
        assert office.has(issue) == office.stored()
        page = client.get(address).content.decode()
        for text in ("Many words", "12.5", "27 Nov 2026", "select B", "multi C", "Mateo Ruiz"):
            assert text in page
        refused = post("number", "two")
        assert refused.status_code == 422
        assert "A number, such as 3" in refused.content.decode()
        assert 'value="two"' in refused.content.decode()
        conflict = post("select", office.option["select A"], version=1)
        assert conflict.status_code == 409
        assert "select A" in conflict.content.decode()
        assert "select B" in conflict.content.decode()

        bulk = f"{home}FLOW/issues/bulk/"
        assert "Select: select A" in client.get(bulk).content.decode()
        assert client.post(bulk, {"issue": issue.pk, key["select"]: office.option["select A"]}).status_code == 302
        assert office.has(issue)["select"] == office.option["select A"]

        office.f["must"] = office.field("Customer", "text", is_required=True)
        new = f"{home}FLOW/issues/new/"
        form = client.get(new).content.decode()
        assert "Customer" in form
        types = office.act(lambda a: office.project(a).issue_types.get(name="Task").pk)
        todo = office.act(lambda a: office.project(a).statuses.get(name="To do").pk)
        sent = {"title": "New", "type": types, "status": todo, "priority": 0}
        asked = client.post(new, sent)
        assert asked.status_code == 422
        assert "“Customer” must be filled in." in asked.content.decode()
        both = [office.option["multi C"], office.option["multi A"]]
        filled = {office.f[kind].key: value for kind, value in (office.full() | {"multi": both}).items()}
        made = client.post(new, sent | filled | {office.f["must"].key: "Acme"})
        assert made.status_code == 302, made.content.decode()[:2000]
        with run_as_system(org_id=office.org.pk):
            latest = Issue.objects.latest("id")
        assert office.has(latest) == office.stored() | {"must": "Acme"}

    def test_somebody_who_looks_sees_them(self, office: Office) -> None:
        issue = office.make(**office.full())
        guest = factories.make_member(office.org, "guest", "Gus Guest")
        with run_as_system(org_id=office.org.pk):
            project = Project.objects.get(key="FLOW")
        factories.give_role(office.org, project, guest, "viewer")
        client = Client()
        client.force_login(guest)
        page = client.get(f"/{office.org.slug}/issue/{office.key(issue)}/").content.decode()
        assert "Many words" in page
        assert 'href="https://example.test/a?b=c"' in page
        assert 'name="field"' not in page
