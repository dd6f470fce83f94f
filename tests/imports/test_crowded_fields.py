"""Fields of other trackers with more different values than a field of ours can offer as options."""

from pathlib import Path
from typing import Any

import pytest

from apps.accounts.models import User
from apps.core.tenancy import run_as_system
from apps.imports import review
from apps.imports.choices import Choices
from apps.imports.models import ImportRun
from apps.imports.running import batches
from apps.issues.models import Issue
from apps.orgs.models import Organization
from apps.projects.models import CustomField, Project
from apps.projects.services import MOST_OPTIONS, create_field
from tests.factories import acting
from tests.imports.bringing import account_of, confirmed, surveyed, work
from tests.imports.exports import issue, write
from tests.imports.records import make_run, reasons, record
from tests.imports.records import write as write_records

Kind = CustomField.Kind
MANY = MOST_OPTIONS + 7


def parts(count: int, first: int = 1) -> list[dict[str, Any]]:
    """Issues each of which is of a component of its own, and of one that all are of."""
    return [
        issue(f"LAMP-{n}", components=[{"name": f"Part {n}"}, {"name": "All"}]) for n in range(first, first + count)
    ]


def values(org: Organization, key: str = "LAMP") -> dict[str, dict[int, Any]]:
    """What the issues of a project have in its fields: by the field's name and the issue's number, options by name."""
    with run_as_system(org_id=org.pk):
        fields = {str(each.pk): each for each in CustomField.objects.present().filter(project__key=key)}
        found: dict[str, dict[int, Any]] = {each.name: {} for each in fields.values()}
        for number, stored in Issue.objects.filter(project__key=key).values_list("number", "custom_values"):
            for pk, value in stored.items():
                names = {each.id: each.name for each in fields[pk].choices} if fields[pk].has_options else {}
                shown = [names[each] for each in value] if isinstance(value, list) else value
                found[fields[pk].name][number] = shown
    return found


def kinds(org: Organization, key: str = "LAMP") -> dict[str, str]:
    with run_as_system(org_id=org.pk):
        return dict(CustomField.objects.present().filter(project__key=key).values_list("name", "kind"))


def told(run: ImportRun) -> list[tuple[str, str, str]]:
    return [(each["row"], each["field"], each["reason"]) for each in account_of(run).problems]


class TestNewField:
    def test_is_text_that_keeps_everything_though_the_first_rows_do_not_tell(
        self, acme: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(batches, "BATCH_ROWS", 40)
        run = work(confirmed(acme, write(tmp_path / "a", *parts(MANY))))
        assert kinds(acme) == {"Components": Kind.TEXT}
        assert values(acme)["Components"] == {n: f"Part {n}, All" for n in range(1, MANY + 1)}
        assert told(run) == [
            ("", "Components", "It has more than 100 different values, too many for options: it is a text field.")
        ]

    def test_offers_as_many_options_as_a_field_can_have(self, acme: Organization, tmp_path: Path) -> None:
        run = work(confirmed(acme, write(tmp_path / "a", *parts(MOST_OPTIONS - 1))))
        assert kinds(acme) == {"Components": Kind.MULTI}
        assert not told(run)

    def test_counts_project_by_project(self, acme: Organization, tmp_path: Path) -> None:
        desks = [issue(f"DESK-{n}", components=[{"name": f"Leg {n}"}]) for n in range(1, 61)]
        work(confirmed(acme, write(tmp_path / "a", *parts(60), *desks)))
        assert kinds(acme) == kinds(acme, "DESK") == {"Components": Kind.MULTI}

    def test_says_why_in_the_review_and_lets_people_choose_otherwise(
        self, ada: User, acme: Organization, tmp_path: Path
    ) -> None:
        path = write(tmp_path / "a", *parts(MANY))
        seen = surveyed(acme, path).survey
        offer = review.Offer(statuses=[], types=[], people={}, labels=[], fields=[], **review.kinds())
        section = next(each for each in review.sections(seen, Choices(), offer) if each.name == "fields")
        assert [(line.word, line.guess, line.why) for line in section.lines] == [
            (
                "Components",
                "New field: Text",
                "It has more than 100 different values, more than a field of options can offer.",
            )
        ]
        chosen = Choices(fields={"Components": {"name": "Components", "kind": Kind.MULTI}})
        run = work(confirmed(acme, path, choices=chosen))
        found = values(acme)
        assert kinds(acme) == {"Components": Kind.MULTI, "Components (all)": Kind.TEXT}
        # Each is whole in the one or in the other.
        whole = {number for number, names in found["Components"].items() if set(names) == {f"Part {number}", "All"}}
        assert len(whole) == MOST_OPTIONS - 1
        assert found["Components (all)"] == {n: f"Part {n}, All" for n in range(1, MANY + 1) if n not in whole}
        assert [reason for _row, _field, reason in told(run)] == [
            "“Components” offers 100 options and no more; issues that have others have all of theirs in the text field "
            "“Components (all)”."
        ]


class TestFullField:
    def test_a_newer_export_that_brings_too_many_loses_none(self, acme: Organization, tmp_path: Path) -> None:
        work(confirmed(acme, write(tmp_path / "a", *parts(90))))
        more = write(tmp_path / "b", *parts(MANY))
        seen = surveyed(acme, more).survey
        offer = review.Offer(statuses=[], types=[], people={}, labels=[], fields=[], **review.kinds())
        section = next(each for each in review.sections(seen, Choices(), offer) if each.name == "fields")
        assert section.lines[0].why.startswith("It cannot offer all of these as options.")
        work(confirmed(acme, more))
        found = values(acme)
        assert found["Components (all)"] == {n: f"Part {n}, All" for n in range(MOST_OPTIONS, MANY + 1)}
        # What fits again is in one place only.
        back = parts(1, first=MANY)
        back[0]["fields"]["components"] = [{"name": "All"}]
        work(confirmed(acme, write(tmp_path / "c", *back)))
        found = values(acme)
        assert MANY not in found["Components (all)"]
        assert found["Components"][MANY] == ["All"]

    def test_rows_tell_where_there_is_no_room_for_one_more_field(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        with acting(ada, acme) as actor:
            for number in range(39):
                create_field(actor=actor, project=flow, name=f"Field {number}", kind=Kind.TEXT)
            options = [f"Old {number}" for number in range(MOST_OPTIONS)]
            create_field(actor=actor, project=flow, name="Components", kind=Kind.MULTI, options=options)
        account = write_records(flow, record(1, components=["New"]), run=make_run(flow))
        assert list(reasons(account)) == [("row LAMP-1", "Components", "“Components” cannot hold all of “New”.")]

    def test_many_components_of_a_project_itself_do_not_fill_a_field(self, acme: Organization, tmp_path: Path) -> None:
        project = {
            "key": "LAMP",
            "id": "1",
            "name": "Lamps",
            "versions": [],
            "issueTypes": [],
            "components": [{"name": f"Part {n}"} for n in range(MANY)],
        }
        work(confirmed(acme, write(tmp_path / "a", project), write(tmp_path / "b", *parts(1))))
        assert kinds(acme) == {"Components": Kind.MULTI}
        assert values(acme)["Components"] == {1: ["Part 1", "All"]}


class TestKinds:
    def test_rows_to_come_have_their_say_in_what_a_field_is(
        self, acme: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(batches, "BATCH_ROWS", 2)
        lines = ["Issue key,Issue id,Summary,Status,Custom field (Size)"]
        lines += [f"LAMP-{n},{n},A lamp,Open,{'large' if n == 9 else n}" for n in range(1, 10)]
        path = tmp_path / "a.csv"
        path.write_text("\n".join(lines))
        run = work(confirmed(acme, path))
        assert kinds(acme) == {"Size": Kind.TEXT}
        assert values(acme)["Size"][9] == "large"
        assert not told(run)
