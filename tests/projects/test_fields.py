"""The fields that a project gives its issues: what they are, and what can be done to them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.audit.models import LogEntry
from apps.core.errors import DomainError, Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor, run_as_system
from apps.events.models import Change, Event
from apps.issues.models import Issue
from apps.issues.services import restore_option, retire_issue_type, retire_option
from apps.orgs.models import Organization
from apps.projects import services
from apps.projects.models import CustomField, CustomFieldType, Project
from apps.projects.selectors import get_custom_field, get_project, list_custom_fields, list_retired_fields
from apps.projects.services import NameTaken
from tests import factories


class Office:
    """Ada, who administers FLOW, and Mateo, who works there."""

    def __init__(self) -> None:
        self.ada = factories.make_user()
        self.org: Organization = factories.make_org(self.ada)
        self.mateo = factories.make_member(self.org)
        factories.make_project(self.org, self.ada, "FLOW")

    def act(self, work: Callable[[Actor, Project], Any], by: User | None = None) -> Any:
        with factories.acting(by or self.ada, self.org) as actor:
            return work(actor, get_project(actor=actor, key="FLOW"))

    def make(self, name: str = "Customer", kind: str = "select", **more: Any) -> CustomField:
        if kind in ("select", "multi"):
            more.setdefault("options", ["Acme", "Globex", "Initech"])
        made: CustomField = self.act(
            lambda actor, project: services.create_field(actor=actor, project=project, name=name, kind=kind, **more)
        )
        return made

    def fields(self) -> list[Any]:
        found: list[Any] = self.act(lambda actor, project: list_custom_fields(actor=actor, project=project))
        return found

    def field(self, name: str = "Customer") -> Any:
        return next(each for each in self.fields() if each.name == name)

    def do(self, service: Any, of: str = "Customer", user: User | None = None, /, **values: Any) -> Any:
        """Do something to a field."""
        pk = self.field(of).pk
        return self.act(
            lambda actor, project: service(
                actor=actor, field=get_custom_field(actor=actor, project=project, field_id=pk), **values
            ),
            user,
        )

    def refuses(self, kind: type[DomainError], work: Callable[[], Any]) -> DomainError:
        before = self.everything()
        with pytest.raises(kind) as refusal:
            work()
        assert self.everything() == before
        return refusal.value

    def everything(self) -> Any:
        with run_as_system(org_id=self.org.pk):
            rows = [list(model.objects.order_by("pk").values()) for model in (CustomField, CustomFieldType, Issue)]
            return rows, Event.objects.count()

    def last(self, kind: str) -> Event:
        with run_as_system(org_id=self.org.pk):
            return Event.objects.filter(kind=kind).latest("id")


@pytest.fixture
def office(transactional_db: None) -> Office:
    return Office()


class TestDefinitions:
    def test_are_made_changed_ordered_removed_and_brought_back(self, office: Office) -> None:
        bug = office.act(lambda actor, project: project.issue_types.get(name="Bug"))
        office.make(help_text="Who asked?", is_required=True, on_cards=True, type_ids=[bug.pk])
        office.make("Severity", "number")
        office.make("Seen", "checkbox", in_lists=True)
        made = office.field()
        assert (made.kind, made.is_required, made.on_cards, made.in_lists) == ("select", True, True, False)
        assert made.type_ids == [bug.pk]
        assert [option.name for option in made.choices] == ["Acme", "Globex", "Initech"]
        event = office.last("project.field_changed")
        assert event.data["field_id"] == office.field("Seen").pk
        with run_as_system(org_id=office.org.pk):
            entry = LogEntry.objects.filter(object_pk=str(made.pk), object_repr="Customer").latest("id")
            assert entry.action == LogEntry.Action.CREATE

        look = office.act(lambda actor, project: project.look_version)
        edited = office.act(
            lambda actor, project: services.edit_field(
                actor=actor,
                field=get_custom_field(actor=actor, project=project, field_id=made.pk),
                name="Client",
                help_text="",
                in_lists=True,
            )
        )
        assert (edited.name, edited.help_text, edited.is_required, edited.in_lists) == ("Client", "", False, True)
        assert office.field("Client").type_ids == []
        told = office.last("project.field_changed")
        with run_as_system(org_id=office.org.pk):
            changes = dict(Change.objects.filter(event=told).values_list("field", "new"))
        assert changes["name"] == "Client"
        assert changes["types"] == []
        assert office.act(lambda actor, project: project.look_version) > look

        for name, by in (("Seen", -1), ("Client", 5), ("Client", 1)):
            office.do(services.shift_field, name, by=by)
        assert [each.name for each in office.fields()] == ["Seen", "Severity", "Client"]

        office.do(services.retire_field, "Severity")
        assert [each.name for each in office.fields()] == ["Seen", "Client"]
        [gone] = office.act(lambda actor, project: list_retired_fields(actor=actor, project=project))
        office.act(lambda actor, project: services.restore_field(actor=actor, field=gone_in(actor, project, gone)))
        assert [each.name for each in office.fields()] == ["Seen", "Severity", "Client"]

    def test_editing_nothing_says_nothing(self, office: Office) -> None:
        office.make("Severity", "number")
        pk = office.field("Severity").pk
        before = office.everything()
        office.act(
            lambda actor, project: services.edit_field(
                actor=actor, field=get_custom_field(actor=actor, project=project, field_id=pk), name="Severity"
            )
        )
        assert office.everything() == before

    def test_refuse_what_cannot_be(self, office: Office) -> None:
        office.make()
        other = factories.make_project(office.org, office.ada, "ROCK")
        with run_as_system(org_id=office.org.pk):
            foreign = other.issue_types.get(name="Bug").pk
        bad: list[dict[str, Any]] = [
            {"name": " "},
            {"name": "a\x00b"},
            {"name": "x" * 61},
            {"kind": "colour"},
            {"help_text": "x" * 201},
            {"kind": "checkbox", "is_required": True},
            {"type_ids": [foreign]},
            {"kind": "select", "options": ["One", "one"]},
            {"kind": "select", "options": [str(number) for number in range(101)]},
        ]
        for values in bad:
            office.refuses(Invalid, lambda values=values: office.make(**{"name": "Fresh", "kind": "text"} | values))
        assert office.refuses(NameTaken, office.make).extra["field"] == "name"
        office.make("Second", "text")
        office.refuses(NameTaken, lambda: office.do(services.edit_field, "Second", name="Customer"))

    def test_only_admins_define_them(self, office: Office) -> None:
        office.make()
        option = office.field().choices[0].id
        by = office.mateo
        office.refuses(
            Forbidden,
            lambda: office.act(
                lambda actor, project: services.create_field(actor=actor, project=project, name="X", kind="text"), by
            ),
        )
        doors: list[tuple[Any, dict[str, Any]]] = [
            (services.edit_field, {"name": "X"}),
            (services.shift_field, {"by": 1}),
            (services.retire_field, {}),
            (services.restore_field, {}),
            (services.add_options, {"names": ["X"]}),
            (services.rename_option, {"option_id": option, "name": "X"}),
            (services.shift_option, {"option_id": option, "by": 1}),
            (retire_option, {"option_id": option}),
            (restore_option, {"option_id": option}),
        ]
        for service, values in doors:
            office.refuses(Forbidden, lambda s=service, v=values: office.do(s, "Customer", office.mateo, **v))

    def test_what_is_gone_is_gone(self, office: Office) -> None:
        office.make()
        field = office.field()
        office.do(services.retire_field)
        for service, values in (
            (services.edit_field, {"name": "X"}),
            (services.shift_field, {"by": 1}),
            (services.retire_field, {}),
            (services.add_options, {"names": ["X"]}),
        ):
            office.refuses(
                NotFound,
                lambda s=service, v=values: office.act(lambda actor, project: s(actor=actor, field=field, **v)),
            )
        office.make("Customer", "text")
        gone = office.act(lambda actor, project: list_retired_fields(actor=actor, project=project))[0]
        restore = lambda: office.act(  # noqa: E731
            lambda actor, project: services.restore_field(actor=actor, field=gone_in(actor, project, gone))
        )
        office.refuses(NameTaken, restore)
        present = office.field()
        with pytest.raises(NotFound):
            office.act(lambda actor, project: gone_in(actor, project, present))

    def test_there_is_a_limit(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        office.make()
        office.make("Second", "text")
        office.do(services.retire_field)
        monkeypatch.setattr("apps.projects.services.fields.MOST_FIELDS", 1)
        office.refuses(Invalid, lambda: office.make("Third", "text"))
        gone = office.act(lambda actor, project: list_retired_fields(actor=actor, project=project))[0]
        office.refuses(
            Invalid,
            lambda: office.act(
                lambda actor, project: services.restore_field(actor=actor, field=gone_in(actor, project, gone))
            ),
        )

    def test_the_database_knows_that_a_checkbox_is_never_required(self, office: Office) -> None:
        office.make("Seen", "checkbox")
        with run_as_system(org_id=office.org.pk), pytest.raises(IntegrityError):
            CustomField.objects.filter(kind="checkbox").update(is_required=True)

    def test_go_with_their_type_when_it_is_taken_out(self, office: Office) -> None:
        types = office.act(lambda actor, project: {each.name: each for each in project.issue_types.all()})
        office.make(type_ids=[types["Bug"].pk])
        office.make("Both", "text", type_ids=[types["Bug"].pk, types["Task"].pk])
        office.act(
            lambda actor, project: retire_issue_type(
                actor=actor,
                issue_type=project.issue_types.select_related("project").get(name="Bug"),
                to=project.issue_types.get(name="Task"),
            )
        )
        assert [each.type_ids for each in office.fields()] == [[types["Task"].pk]] * 2

    def test_are_read_with_one_query(self, office: Office) -> None:
        def reads() -> int:
            with factories.acting(office.ada, office.org) as actor:
                project = get_project(actor=actor, key="FLOW")
                with CaptureQueriesContext(connection) as spent:
                    found = list_custom_fields(actor=actor, project=project)
                    assert all(each.type_ids is not None and each.choices is not None for each in found)
            return len(spent)

        office.make()
        few = reads()
        office.make("Second")
        office.make("Third")
        assert reads() == few == 1


def gone_in(actor: Actor, project: Project, field: Any) -> Any:
    return get_custom_field(actor=actor, project=project, field_id=field.pk, is_retired=True)


class TestOptions:
    def ids(self, office: Office) -> dict[str, int]:
        return {option.name: option.id for option in office.field().choices}

    def test_are_added_renamed_and_ordered(self, office: Office) -> None:
        office.make()
        office.do(services.add_options, names=["Hooli", "", " Pied Piper "])
        ids = self.ids(office)
        assert list(ids) == ["Acme", "Globex", "Initech", "Hooli", "Pied Piper"]
        office.do(services.rename_option, option_id=ids["Hooli"], name="Hooli XYZ")
        office.do(services.rename_option, option_id=ids["Hooli"], name="Hooli XYZ")
        office.do(services.shift_option, option_id=ids["Acme"], by=1)
        office.do(services.shift_option, option_id=ids["Globex"], by=-1)
        assert [each.name for each in office.field().choices][:2] == ["Globex", "Acme"]
        assert office.field().option_names[ids["Hooli"]] == "Hooli XYZ"

    def test_refuse_what_cannot_be(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        office.make()
        office.make("Note", "text")
        ids = self.ids(office)
        office.refuses(Invalid, lambda: office.do(services.add_options, names=["acme"]))
        office.refuses(Invalid, lambda: office.do(services.add_options, names=[" "]))
        office.refuses(Invalid, lambda: office.do(services.add_options, "Note", names=["One"]))
        office.refuses(Invalid, lambda: office.do(services.rename_option, option_id=ids["Acme"], name="GLOBEX"))
        office.refuses(NotFound, lambda: office.do(services.rename_option, option_id=1, name="X"))
        office.refuses(Invalid, lambda: office.do(retire_option, option_id=ids["Acme"], to=ids["Acme"]))
        office.refuses(NotFound, lambda: office.do(retire_option, option_id=ids["Acme"], to=1))
        office.refuses(NotFound, lambda: office.do(restore_option, option_id=ids["Acme"]))
        office.do(retire_option, option_id=ids["Acme"])
        monkeypatch.setattr("apps.projects.services.fields.MOST_OPTIONS", 2)
        office.refuses(Invalid, lambda: office.do(restore_option, option_id=ids["Acme"]))
        monkeypatch.setattr("apps.projects.services.fields.MOST_OPTIONS", 9)
        office.do(services.add_options, names=["Acme"])
        office.refuses(Invalid, lambda: office.do(restore_option, option_id=ids["Acme"]))

    @pytest.mark.parametrize("kind", ["select", "multi"])
    def test_go_to_another_one_and_come_back(self, office: Office, kind: str) -> None:
        office.make(kind=kind)
        field = office.field()
        ids = self.ids(office)
        issues = factories.make_issues(office.org, office.act(lambda _a, p: p), office.ada, "One", "Two", "Three")
        both = [ids["Acme"], ids["Initech"]]
        with run_as_system(org_id=office.org.pk):
            value = {"select": ids["Acme"], "multi": both}[kind]
            Issue.objects.filter(pk__in=[issues[0].pk, issues[1].pk]).update(custom_values={str(field.pk): value})

        def now() -> list[Any]:
            with run_as_system(org_id=office.org.pk):
                rows = Issue.objects.filter(pk__in=[each.pk for each in issues]).order_by("pk")
                return [each.custom_values.get(str(field.pk)) for each in rows]

        assert office.do(retire_option, option_id=ids["Acme"], to=ids["Globex"]) == 2
        after = {"select": ids["Globex"], "multi": [ids["Globex"], ids["Initech"]]}[kind]
        assert now() == [after, after, None]
        event = office.last("project.field_option_removed")
        assert set(event.data["versions"]) == {str(issues[0].pk), str(issues[1].pk)}
        with run_as_system(org_id=office.org.pk):
            Issue.objects.filter(pk=issues[1].pk).update(custom_values={str(field.pk): None})
        office.do(restore_option, option_id=ids["Acme"])
        assert now() == [value, None, None]
        assert office.do(retire_option, option_id=ids["Acme"]) == 1
        assert now() == [{"select": None, "multi": [ids["Initech"]]}[kind], None, None]

    def test_cost_the_same_for_few_issues_and_many(self, office: Office) -> None:
        office.make()
        field, project = office.field(), office.act(lambda _a, p: p)

        def spent(name: str, count: int) -> int:
            option = self.ids(office)[name]
            made = factories.make_issues(office.org, project, office.ada, *[f"{name} {n}" for n in range(count)])
            with run_as_system(org_id=office.org.pk):
                Issue.objects.filter(pk__in=[each.pk for each in made]).update(custom_values={str(field.pk): option})
            with CaptureQueriesContext(connection) as queries:
                office.do(retire_option, option_id=option)
            return len(queries)

        assert spent("Acme", 2) == spent("Globex", 6)


class TestPages:
    def client(self, user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def test_an_admin_makes_fields_and_takes_them_away(self, office: Office) -> None:
        client, home = self.client(office.ada), f"/{office.org.slug}/FLOW/settings/fields/"
        assert "No fields yet" in client.get(home).content.decode()
        refused = client.post(f"{home}new/", {"name": "", "kind": "text"})
        assert refused.status_code == 422
        sent = {"name": "Customer", "kind": "select", "options": "Acme\nGlobex\n", "is_required": "on"}
        assert client.post(f"{home}new/", sent).status_code == 302
        field = office.field()
        page = client.get(home).content.decode()
        assert "Acme, Globex" in page
        assert "Must be filled in" in page
        here = f"{home}{field.pk}/"
        assert client.post(here, {"name": "Client", "on_cards": "on"}).status_code == 302
        assert client.post(here, {"name": ""}).status_code == 422
        assert client.post(f"{here}options/", {"options": "Hooli"}).status_code == 302
        assert client.post(f"{here}options/", {"options": "hooli"}).status_code == 422
        hooli = office.field("Client").choices[-1].id
        assert client.post(f"{here}options/{hooli}/", {"by": "-1"}).status_code == 302
        assert client.post(f"{here}options/{hooli}/", {"by": "7"}).status_code == 422
        assert client.post(f"{here}options/{hooli}/", {"name": "Hooli XYZ"}).status_code == 302
        assert 'value="Hooli XYZ"' in client.get(here).content.decode()
        assert client.post(f"{here}shift/", {"by": "1"}).status_code == 302
        [issue] = factories.make_issues(office.org, office.act(lambda _a, p: p), office.ada, "One")
        with run_as_system(org_id=office.org.pk):
            Issue.objects.filter(pk=issue.pk).update(custom_values={str(field.pk): hooli})
        # Nothing has "Acme", so nothing is asked; an issue has "Hooli XYZ".
        acme = office.field("Client").choices[0].id
        assert "is gone" in client.post(f"{here}options/{acme}/remove/", follow=True).content.decode()
        asked = client.post(f"{here}options/{hooli}/remove/", follow=True).content.decode()
        assert "1 issue has it." in asked
        globex = office.field("Client").choices[-1].id
        done = client.post(f"{here}options/{hooli}/remove/", {"to": globex}, follow=True).content.decode()
        assert "1 issue was changed" in done
        assert client.post(f"{here}options/{hooli}/remove/").status_code == 404
        assert client.post(f"{here}options/{hooli}/remove/", {"to": "7"}).status_code == 404
        back = client.post(f"{here}options/{hooli}/restore/", follow=True).content.decode()
        assert "“Hooli XYZ” is back" in back
        assert "Undo" in client.post(f"{here}remove/", follow=True).content.decode()
        assert "Removed" in client.get(home).content.decode()
        assert client.post(f"{home}{field.pk}/restore/").status_code == 302
        assert office.field("Client").pk == field.pk

    def test_others_look(self, office: Office) -> None:
        office.make()
        client, home = self.client(office.mateo), f"/{office.org.slug}/FLOW/settings/fields/"
        page = client.get(home).content.decode()
        assert "You can look at the fields." in page
        assert "Add field" not in page
        assert client.get(f"{home}new/").status_code == 403
