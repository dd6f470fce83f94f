"""The pages of imports: handing in, deciding by places, and tables of what was the matter."""

import html
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import Invalid
from apps.core.tenancy import run_as_system
from apps.imports import review
from apps.imports.choices import Choices
from apps.imports.models import ClaimedPerson, ImportProblem, ImportRun, MappingProfile
from apps.imports.running import work
from apps.imports.services import note_project
from apps.issues.models import Issue
from apps.orgs.models import Organization
from apps.projects.models import Label, Project, Status
from tests.factories import acting, make_issues, make_member, make_org, make_project, make_user
from tests.imports.world import SURVEY, make_placeholder, make_run

TABLE = b"Title,Status\nA lamp,Open\n"


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def run_of(org: Organization, by: User, project: Project, state: str = "review", **fields: Any) -> ImportRun:
    with acting(by, org) as actor:
        return make_run(actor=actor, project=project, state=state, **fields)


def fresh(run: ImportRun) -> ImportRun:
    with run_as_system(org_id=run.org_id):
        return ImportRun.objects.get(pk=run.pk)


def offer(**more: Any) -> review.Offer:
    own: dict[str, Any] = {"statuses": [(7, "To do")], "types": [], "people": {3: ("Ada", "ada")}, "labels": ["hall"]}
    return review.Offer(**own | {"fields": [(5, "Severity")]} | review.kinds() | more)


class TestHandingIn:
    def test_takes_files_into_a_project_and_shows_how_far_it_is(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        answer = client_of(ada).post(
            f"/{acme.slug}/imports/", {"into": flow.key, "files": SimpleUploadedFile("list.csv", TABLE)}, follow=True
        )
        page = answer.content.decode()
        assert "The files are being read" in page
        assert "list.csv" in page

    @pytest.mark.parametrize(
        ("form", "says"),
        [
            ({"into": "NEW", "files": "csv"}, "Select a valid choice"),
            ({"into": "new", "files": "csv"}, "Say what the key of the new project is to be."),
            ({"into": "new", "project_key": "1", "files": "csv"}, "A key is 2 to 10"),
            ({"into": "FLOW"}, "file"),
            ({"into": "FLOW", "files": "picture"}, "picture"),
        ],
    )
    def test_says_what_is_wrong_and_starts_nothing(
        self, ada: User, acme: Organization, flow: Project, form: dict[str, Any], says: str
    ) -> None:
        files = {
            "csv": SimpleUploadedFile("list.csv", TABLE),
            "picture": SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n"),
        }
        sent = {name: files.get(value, value) for name, value in form.items()}
        answer = client_of(ada).post(f"/{acme.slug}/imports/", sent)
        assert answer.status_code == 422
        assert re.search(says, answer.content.decode())
        with run_as_system(org_id=acme.pk):
            assert not ImportRun.objects.exists()

    def test_puts_rows_into_no_project_that_only_comes_first(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        client, chosen = client_of(ada), '<option value="{}" selected>'
        assert chosen.format("each") in client.get(f"/{acme.slug}/imports/").content.decode()
        assert chosen.format("FLOW") in client.get(f"/{acme.slug}/imports/?project=FLOW").content.decode()

    def test_offers_no_project_of_somebody_else(self, ada: User, acme: Organization, flow: Project) -> None:
        insider = make_member(acme, name="Insider")
        make_project(acme, insider, "HID", visibility="private")
        other = make_org(make_user("Bea"), name="Other")
        make_project(other, make_member(other, "owner", "Olga"), "ELSE")
        client = client_of(ada)
        page = client.get(f"/{acme.slug}/imports/").content.decode()
        assert "(FLOW)" in page
        assert "HID" not in page
        assert "ELSE" not in page
        for key in ("HID", "ELSE"):
            sent = {"into": key, "files": SimpleUploadedFile("list.csv", TABLE)}
            assert client.post(f"/{acme.slug}/imports/", sent).status_code == 422

    def test_shows_members_who_may_not_import_whom_to_ask(self, acme: Organization, flow: Project) -> None:
        page = client_of(make_member(acme)).get(f"/{acme.slug}/imports/").content.decode()
        assert "Admins of a project can import into it." in page
        assert 'type="file"' not in page


class TestDeciding:
    def test_keeps_what_a_section_says_and_nothing_else(self, ada: User, acme: Organization, flow: Project) -> None:
        run = run_of(acme, ada, flow)
        with acting(ada, acme):
            done = Status.objects.get(project=flow, name="Done")
        client = client_of(ada)
        address = f"/{acme.slug}/imports/{run.pk}/choices/"
        client.post(address, {"section": "statuses", "statuses-0": f"id-{done.pk}", "statuses-1": "as-0"})
        client.post(address, {"section": "priorities", "priorities-0": "is-1"})
        client.post(address, {"section": "labels", "labels-1": "drop"})
        client.post(address, {"section": "fields", "fields-0": "out"})
        client.post(address, {"section": "people", "people-0": f"id-{ada.pk}", "people-1": "nobody"})
        chosen = Choices.from_json(fresh(run).choices)
        assert chosen.statuses["Selected"] == done.pk
        assert chosen.priorities == {"Blocker": 1}
        assert chosen.labels == {"Hall": ""}
        assert chosen.fields == {"Severity": None}
        assert chosen.people == {"mira": ada.pk, "mira.s": 0}
        client.post(address, {"section": "statuses", "statuses-0": ""})
        assert "Selected" not in Choices.from_json(fresh(run).choices).statuses

    def test_treats_two_spellings_as_one_by_one_click(self, ada: User, acme: Organization, flow: Project) -> None:
        run = run_of(acme, ada, flow)
        client = client_of(ada)
        for section in ("statuses", "people", "labels"):
            answer = client.post(
                f"/{acme.slug}/imports/{run.pk}/choices/", {"section": section, "alike": "0-1"}, follow=True
            )
            assert answer.status_code == 200
        chosen = Choices.from_json(fresh(run).choices)
        assert chosen.statuses == {"selected": {"name": "Selected", "category": "todo"}}
        assert chosen.people == {"mira.s": {"handle": "mira", "name": "Mira Stone"}}
        assert chosen.labels == {"Hall": "hall"}
        page = client.get(f"/{acme.slug}/imports/{run.pk}/").content.decode()
        assert "Treat them as one" not in page

    def test_refuses_what_is_not_offered(self, ada: User, acme: Organization, flow: Project) -> None:
        other = make_org(make_user("Bea"), name="Other")
        theirs = make_project(other, make_member(other, "owner", "Olga"), "ELSE")
        with run_as_system(org_id=other.pk):
            status = Status.objects.filter(project=theirs)[0]
        run = run_of(acme, ada, flow)
        address = f"/{acme.slug}/imports/{run.pk}/choices/"
        for sent in (
            {"section": "nonsense"},
            {"section": "statuses", "statuses-0": f"id-{status.pk}"},
            {"section": "priorities", "priorities-0": "is-9"},
            {"section": "people", "people-0": "id-999999"},
        ):
            assert client_of(ada).post(address, sent).status_code == 422
        assert fresh(run).choices == {}

    def test_shows_a_word_of_markup_as_text(self, ada: User, acme: Organization, flow: Project) -> None:
        survey = SURVEY | {"statuses": [{"name": "<b>x</b>", "count": 1, "to": {"name": "x", "category": "todo"}}]}
        run = run_of(acme, ada, flow)
        with run_as_system(org_id=acme.pk):
            ImportRun.objects.filter(pk=run.pk).update(survey=survey | {"alike": {}})
        page = client_of(ada).get(f"/{acme.slug}/imports/{run.pk}/").content.decode()
        assert "&lt;b&gt;x&lt;/b&gt;" in page
        assert "<td>Urgent</td>" in page  # of the issue that is shown before it is written

    def test_says_so_when_a_section_was_decided_otherwise_meanwhile_and_keeps_nothing(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        run = run_of(acme, ada, flow)
        with run_as_system(org_id=acme.pk):
            ImportRun.objects.filter(pk=run.pk).update(survey=SURVEY)
        address = f"/{acme.slug}/imports/{run.pk}/"
        client = client_of(ada)
        drawn = client.get(address).content.decode()
        form = drawn[drawn.index('name="section" value="priorities"') :]
        version = form.partition('name="version" value="')[2].partition('"')[0]
        sent = {"section": "priorities", "version": version}
        assert client.post(f"{address}choices/", sent | {"priorities-0": "is-2"}).status_code == 302
        answer = client.post(f"{address}choices/", sent | {"priorities-0": "is-1"})
        page = answer.content.decode()
        assert answer.status_code == 409
        assert "“Priorities” was decided otherwise while you chose" in page
        assert '<a href="#priorities">' in page
        assert '<details class="decision" id="priorities" open>' in page
        assert Choices.from_json(fresh(run).choices).priorities == {"Blocker": 2}
        # What was decided about other words does not matter.
        form = drawn[drawn.index('name="section" value="labels"') :]
        sent = {"section": "labels", "version": form.partition('name="version" value="')[2].partition('"')[0]}
        assert client.post(f"{address}choices/", sent | {"labels-0": "drop"}).status_code == 302
        assert Choices.from_json(fresh(run).choices).priorities == {"Blocker": 2}

    def test_keeps_a_profile_takes_it_over_and_deletes_it(self, ada: User, acme: Organization, flow: Project) -> None:
        first, second = run_of(acme, ada, flow), run_of(acme, ada, flow)
        client = client_of(ada)
        root = f"/{acme.slug}/imports/"
        client.post(f"{root}{first.pk}/choices/", {"section": "priorities", "priorities-0": "is-2"})
        assert client.post(f"{root}{first.pk}/profile/", {"name": ""}).status_code == 422
        client.post(f"{root}{first.pk}/profile/", {"name": "Ours"})
        with run_as_system(org_id=acme.pk):
            profile = MappingProfile.objects.get()
        client.post(f"{root}{second.pk}/profile/", {"profile": profile.pk})
        assert Choices.from_json(fresh(second).choices).priorities == {"Blocker": 2}
        client.post(f"{root}profiles/{profile.pk}/delete/")
        with run_as_system(org_id=acme.pk):
            assert not MappingProfile.objects.exists()

    def test_costs_the_same_for_few_words_and_for_many(self, ada: User, acme: Organization, flow: Project) -> None:
        run = run_of(acme, ada, flow)
        client = client_of(ada)

        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(f"/{acme.slug}/imports/{run.pk}/").status_code == 200
            return len(queries)

        cost()
        few = cost()
        words = [{"name": f"S{n}", "count": 1, "to": {"name": f"S{n}", "category": "todo"}} for n in range(60)]
        with run_as_system(org_id=acme.pk):
            ImportRun.objects.filter(pk=run.pk).update(survey=SURVEY | {"statuses": words})
        assert cost() == few

    def test_people_weigh_the_same_however_many_members_there_are(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        """What they share is there once: each further person adds a field and no list."""
        client = client_of(ada)

        def weight(people: int) -> int:
            named = [{"handle": f"h{n:02}", "name": f"Person {n:02}", "count": 1, "to": 0} for n in range(people)]
            labels = [{"name": f"label {n:02}", "count": 1} for n in range(people)]
            run = run_of(acme, ada, flow, survey=SURVEY | {"people": named, "labels": labels, "alike": {}})
            return len(client.get(f"/{acme.slug}/imports/{run.pk}/").content)

        def each() -> int:
            return (weight(41) - weight(11)) // 30

        few = each()
        for _one in range(30):
            make_member(acme)
        with acting(ada, acme):
            Label.objects.bulk_create(
                Label(org_id=acme.pk, project=flow, name=f"more {number}", hue=30) for number in range(300)
            )
        assert each() == few < 1200

    def test_says_whom_nobody_is_called_and_keeps_what_was_written(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        named = [{"handle": f"h{n}", "name": f"Person {n:03}", "count": 1, "to": 0} for n in range(120)]
        run = run_of(acme, ada, flow, survey=SURVEY | {"people": named, "alike": {}})
        client = client_of(ada)
        address = f"/{acme.slug}/imports/{run.pk}/"

        def people(page: str) -> list[str]:
            return re.findall(r'id="people-\d+-word">(Person \d+)<', page)

        first = client.get(address).content.decode()
        assert people(first) == [f"Person {n:03}" for n in range(50)]
        following = re.search(r'href="([^"]+)#people" rel="next"', first)
        assert following is not None
        second = client.get(html.unescape(following[1])).content.decode()
        assert people(second) == [f"Person {n:03}" for n in range(50, 100)]
        sent = {"section": "people", "people-50": "@" + str(ada.handle), "people-51": "Nobody of ours"}
        answer = client.post(f"{address}choices/", sent)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "Nothing here is called “Nobody of ours”." in page
        assert people(page) == ["Person 050", "Person 051"]
        assert re.search(rf'name="people-50" value="@{ada.handle}"', page)
        assert re.search(r'name="people-51" value="Nobody of ours"[^>]*aria-invalid="true"', page)
        assert fresh(run).choices == {}
        client.post(f"{address}choices/", sent | {"people-51": ""})
        assert Choices.from_json(fresh(run).choices).people == {"h50": ada.pk}
        found = client.get(f"{address}?section=people&q=person+05").content.decode()
        # Who is decided about comes last.
        assert people(found) == [f"Person {n:03}" for n in (5, *range(51, 60), 105, 50)]
        assert f'value="{ada.name} (@{ada.handle})"' in found
        assert "Nothing in it is called that." in client.get(f"{address}?section=people&q=zz").content.decode()

    def test_two_people_that_are_one_share_a_placeholder_and_survive_another_reading(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        lines = b"Title,Assignee,Reporter\nA lamp,Mira Stone,mira stone\n"
        client = client_of(ada)
        root = f"/{acme.slug}/imports/"
        client.post(root, {"into": flow.key, "files": SimpleUploadedFile("list.csv", lines)})
        with run_as_system(org_id=acme.pk):
            run = ImportRun.objects.get()
        work(org_id=acme.pk, run_id=run.pk)
        client.post(f"{root}{run.pk}/choices/", {"section": "people", "alike": "0-1"})
        client.post(f"{root}{run.pk}/choices/", {"section": "columns", "columns-0": "title"})
        assert fresh(run).state == "surveying"
        work(org_id=acme.pk, run_id=run.pk)
        client.post(f"{root}{run.pk}/start/")
        work(org_id=acme.pk, run_id=run.pk)
        with run_as_system(org_id=acme.pk):
            issue = Issue.objects.get(project=flow)
        assert issue.assignee_id == issue.reporter_id is not None


class TestSections:
    def test_leaves_out_kinds_without_words(self) -> None:
        assert [each.name for each in review.sections(SURVEY, Choices(), offer())] == [
            "statuses",
            "types",
            "priorities",
            "people",
            "labels",
            "fields",
        ]

    def test_shows_its_words_by_pages_what_is_not_decided_first(self) -> None:
        people = [{"handle": f"h{n}", "name": f"Person {n}", "count": 1, "to": 3 if n == 0 else 0} for n in range(120)]
        (section,) = review.sections({"people": people}, Choices(people={"h1": 0, "h2": 3}), offer())
        assert (len(section.lines), section.chosen, section.undecided) == (120, 2, 117)
        pages, after = [], None
        while not pages or after is not None:
            page = section.page(after=after)
            pages.append([line.key for line in page.rows])
            after = page.next_after
        assert [len(page) for page in pages] == [50, 50, 20]
        assert pages[0][:2] == ["h3", "h4"]
        assert pages[2][-3:] == ["h0", "h1", "h2"]
        assert [line.key for line in section.page(q="PERSON 11").rows] == ["h11", *(f"h{n}" for n in range(110, 120))]

    def test_a_mark_of_another_order_is_refused(self) -> None:
        (section, *_others) = review.sections(SURVEY, Choices(), offer())
        with pytest.raises(Invalid):
            section.page(after=["x"])

    @pytest.mark.parametrize(
        ("said", "becomes"),
        [
            ("Ada (@ada)", 3),
            ("ada", 3),
            ("@ADA", 3),
            (" @bob ", 4),
            ("A placeholder", 0),
            ("id-4", 4),
            ("", None),
            ("Same as “Mira Stone”", {"handle": "mira", "name": "Mira Stone"}),
        ],
    )
    def test_people_are_written_by_name_or_handle(self, said: str, becomes: Any) -> None:
        people = {3: ("Ada", "ada"), 4: ("Bob", "bob"), 5: ("Bob", "bob2")}
        kept = Choices(people={"mira.s": 5})
        found = review.with_section("people", {"people-1": said}, SURVEY, kept, offer(people=people))
        assert found.people.get("mira.s") == becomes

    @pytest.mark.parametrize(
        ("said", "says"), [("Bob", "such as Bob (@bob) and Bob (@bob2)"), ("Eve", "Nothing here is called “Eve”")]
    )
    def test_who_is_nobody_or_several_is_refused_by_name(self, said: str, says: str) -> None:
        people = {4: ("Bob", "bob"), 5: ("Bob", "bob2")}
        with pytest.raises(Invalid) as refused:
            review.with_section("people", {"people-1": said}, SURVEY, Choices(), offer(people=people))
        assert says in str(refused.value.detail)
        assert refused.value.field == "people-1"

    def test_what_was_written_stays_as_it_is_shown(self) -> None:
        people = {4: ("Bob", "bob"), 5: ("Bob", "bob2")}
        kept = Choices(people={"mira": {"handle": "x", "name": "X"}, "mira.s": 5})
        section = next(each for each in review.sections(SURVEY, kept, offer(people=people)) if each.name == "people")
        form = {f"people-{line.place}": line.written for line in section.lines}
        assert form == {"people-0": "", "people-1": "Bob (@bob2)"}
        assert review.with_section("people", form, SURVEY, kept, offer(people=people)).people == {"mira.s": 5}

    def test_says_what_columns_hold(self) -> None:
        survey = {"columns": [{"name": "Betreff", "to": "title", "example": "A lamp"}, {"name": "X", "to": None}]}
        (section,) = review.sections(survey, Choices(columns={"X": "custom"}), offer())
        assert [(line.guess, line.about, line.value) for line in section.lines] == [
            ("Title", "A lamp", ""),
            ("Left out", "", "custom"),
        ]

    def test_a_pair_that_is_not_alike_is_no_pair(self) -> None:
        chosen = review.with_section("statuses", {"alike": "1-0"}, SURVEY, Choices(), offer())
        assert chosen.statuses == {}

    def test_what_a_word_became_by_its_id_is_named(self) -> None:
        survey = {
            "statuses": [{"name": "Open", "count": 1, "to": {"id": 7}}],
            "types": [{"name": "Story", "count": 1, "to": {"id": 1}}],
            "fields": [{"name": "Sev", "count": 1, "to": {"id": 5}}],
        }
        found = review.sections(survey, Choices(), offer(types=[(1, "Story")]))
        assert [section.lines[0].guess for section in found] == ["To do", "Story", "Severity"]

    def test_a_section_that_is_not_there_is_refused(self) -> None:
        with pytest.raises(Invalid):
            review.with_section("time_zone", {}, SURVEY, Choices(), offer())

    def test_a_section_is_another_once_its_words_what_is_offered_or_what_is_chosen_are(self) -> None:
        def version(survey: dict[str, Any] = SURVEY, choices: Choices | None = None, **more: Any) -> str:
            found = review.sections(survey, choices or Choices(), offer(**more))
            return next(each.version for each in found if each.name == "labels")

        assert version() == version(choices=Choices(priorities={"Blocker": 2}))
        others = {
            version(),
            version(SURVEY | {"labels": [{"name": "other", "count": 1}]}),
            version(choices=Choices(labels={"hall": ""})),
            version(labels=["attic", "hall"]),
        }
        assert len(others) == 4


class TestTheEnd:
    def test_tells_what_became_of_every_row_and_of_what_was_taken_back(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        counts = {
            "left_out": {"pull request": 2},
            "taken_back": {"issues": 1009},
            "kept": [{"key": f"FLOW-{number}", "reason": "Edited."} for number in range(3, 60)],
        }
        run = run_of(acme, ada, flow, "reverted", rows_done=1015, imported=10, skipped=1005, counts=counts)
        page = client_of(ada).get(f"/{acme.slug}/imports/{run.pk}/").content.decode()
        assert "2 × pull request" in page
        assert "1,003 skipped, since they are here as they are there." in page
        assert "1,009 issues are gone again." in page
        assert "FLOW-3<" in page
        assert "FLOW-59<" not in page
        assert "7 more stayed." in page

    def test_hands_out_every_problem_as_a_table_that_computes_nothing(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        run = run_of(acme, ada, flow, "done", imported=1)
        with run_as_system(org_id=acme.pk):
            ImportProblem.objects.bulk_create(
                ImportProblem(org_id=acme.pk, run=run, row=f"a:{n}", field="=1+1", reason="No.", is_failure=n % 2 == 0)
                for n in range(450)
            )
        answer = client_of(ada).get(f"/{acme.slug}/imports/{run.pk}/problems.csv")
        lines = answer.content.decode().splitlines()
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert len(lines) == 451
        assert lines[1] == "a:0,'=1+1,No.,no"
        assert lines[-1].startswith("a:449")

    def test_progress_asks_again_until_it_is_over(self, ada: User, acme: Organization, flow: Project) -> None:
        run = run_of(acme, ada, flow, "running", rows_done=7)
        client = client_of(ada)
        address = f"/{acme.slug}/imports/{run.pk}/progress/"
        assert 'hx-trigger="every 2s"' in client.get(address).content.decode()
        with run_as_system(org_id=acme.pk):
            ImportRun.objects.filter(pk=run.pk).update(state="done")
        answer = client.get(address)
        assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")

    def test_says_what_it_is_at_when_no_rows_are_left_and_when_it_is_to_stop(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        linking = run_of(acme, ada, flow, "running", rows_total=1200, rows_done=1200, imported=1200)
        back = run_of(acme, ada, flow, "reverting", imported=1200, counts={"taken_back": {"issues": 200}})
        stopping = run_of(acme, ada, flow, "running", rows_total=9, rows_done=4, cancelled_at=timezone.now())
        client = client_of(ada)
        pages = [client.get(f"/{acme.slug}/imports/{run.pk}/").content.decode() for run in (linking, back, stopping)]
        assert "1,200 rows are written. Links and sub-tasks are being put in place." in pages[0]
        assert "200 of 1,200 issues are gone again" in pages[1]
        assert "It stops as soon as what is in hand is written." in pages[2]
        assert ["/cancel/" in page for page in pages] == [True, False, False]

    def test_leads_to_every_project_that_it_wrote_to_and_the_reader_sees(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        insider = make_member(acme, name="Insider")
        hidden = make_project(acme, insider, "HID", visibility="private")
        lamp = make_project(acme, ada, "LAMP")
        run = run_of(acme, ada, flow, "done", imported=3)
        with run_as_system(org_id=acme.pk) as actor:
            ImportRun.objects.filter(pk=run.pk).update(project=None)
            for project in (flow, hidden, lamp):
                note_project(actor=actor, run=run, project=project, source=run.source, is_made=False)
        page = client_of(ada).get(f"/{acme.slug}/imports/{run.pk}/").content.decode()
        assert re.findall(rf'href="/{acme.slug}/(\w+)/board/"[^>]*aria-label="Open the board of', page) == [
            "FLOW",
            "LAMP",
        ]

    def test_counts_the_problems_of_which_it_shows_the_first(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        run = run_of(acme, ada, flow, "done", imported=1, rows_done=1)
        with run_as_system(org_id=acme.pk):
            ImportProblem.objects.bulk_create(
                ImportProblem(org_id=acme.pk, run=run, row=f"a:{number}", reason="odd") for number in range(1201)
            )
        page = client_of(ada).get(f"/{acme.slug}/imports/{run.pk}/").content.decode()
        assert '<span class="count">1,201</span>' in page
        assert "These are the first 200." in page
        # What to do next is above them.
        assert page.index("Take it back") < page.index("Rows with something to say")

    def test_a_broken_file_is_told_before_anything_is_decided(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        problems = [{"row": "a:2", "field": "", "reason": "The file ends in the middle."}]
        survey = {"rows": 2, "issues": 0, "new": 0, "failed": 1, "problems": problems}
        run = run_of(acme, ada, flow, survey=survey)
        page = client_of(ada).get(f"/{acme.slug}/imports/{run.pk}/").content.decode()
        assert "1 row cannot be read." in page
        assert '<details class="decision" open>' in page
        assert "There is nothing new in it." in page
        assert not re.search(r'class="[^"]*primary[^"]*"[^>]*>[^<]*(<[^>]*>)*\s*Import<', page)


class TestImportedPeople:
    def test_an_admin_says_who_somebody_is(self, ada: User, acme: Organization, flow: Project) -> None:
        otto = make_member(acme, name="Otto Lind")
        (issue,) = make_issues(acme, flow, ada, "one")
        with run_as_system(org_id=acme.pk):
            mira = make_placeholder(flow, "mira")
            Issue.objects.filter(pk=issue.pk).update(reporter=mira)
        client = client_of(ada)
        root = f"/{acme.slug}/imports/people/"
        page = client.get(root).content.decode()
        assert "1 issue, 0 comments" in page
        assert f'href="{root}{mira.pk}/"' in page
        answer = client.post(f"{root}{mira.pk}/", {"member": otto.pk}, follow=True)
        page = answer.content.decode()
        assert "Mira Stone is Otto Lind from now on." in page
        assert "Nobody is a placeholder" in page
        assert client.post(f"{root}{mira.pk}/", {"member": otto.pk}).status_code == 404
        assert client.get(f"{root}{mira.pk}/").status_code == 404
        with run_as_system(org_id=acme.pk):
            assert ClaimedPerson.objects.get().member_id == otto.pk

    def test_finds_members_by_words_and_offers_likely_ones_first(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        make_member(acme, name="Zora Stone")
        make_member(acme, name="Ben Hill", email="hill@lamps.test")
        for number in range(30):
            make_member(acme, name=f"Member {number:02}", email=f"m{number:02}@desks.test")
        with run_as_system(org_id=acme.pk):
            mira = make_placeholder(flow, "mira")
        client = client_of(ada)
        address = f"/{acme.slug}/imports/people/{mira.pk}/"

        def found(**query: str) -> list[str]:
            page = client.get(address, query).content.decode()
            return re.findall(r'aria-label="Mira Stone is ([^"]+)"', page)

        assert found()[:3] == ["Zora Stone", "Ada Okafor", "Ben Hill"]
        assert len(found()) == 20
        assert found(q="17 mem") == ["Member 17"]
        assert found(q="LAMPS.test") == ["Ben Hill"]
        assert found(q="50%") == found(q="nobody like this") == []
        assert "No member is called that" in client.get(address, {"q": "\x00nobody"}).content.decode()

    def test_pages_lose_and_double_nobody(self, ada: User, acme: Organization, flow: Project) -> None:
        with run_as_system(org_id=acme.pk):
            pks = {make_placeholder(flow, f"person{number}").pk for number in range(120)}
        client = client_of(ada)
        address = f"/{acme.slug}/imports/people/"
        seen: list[int] = []
        sizes = []
        while address:
            page = client.get(address).content.decode()
            here = [int(pk) for pk in re.findall(r"/imports/people/(\d+)/", page)]
            sizes.append(len(here))
            seen += here
            assert '<span class="count">120</span>' in page
            following = re.search(r'href="([^"]+)" rel="next"', page)
            address = following[1] if following else ""
        assert sizes == [50, 50, 20]
        assert len(seen) == 120
        assert set(seen) == pks
        assert client.get(f"/{acme.slug}/imports/people/?after=broken").status_code == 422

    def test_finds_people_by_their_names(self, ada: User, acme: Organization, flow: Project) -> None:
        with run_as_system(org_id=acme.pk):
            for number in range(60):
                make_placeholder(flow, f"person{number}")
            otto = make_placeholder(flow, "otto")
            User.objects.filter(pk=otto.pk).update(name="Otto Lind")
        client = client_of(ada)
        address = f"/{acme.slug}/imports/people/"
        page = client.get(address, {"q": "lind OTT"}).content.decode()
        assert re.findall(r"/imports/people/(\d+)/", page) == [str(otto.pk)]
        assert '<span class="count">1</span>' in page
        assert "?q=stone&amp;after=" in client.get(address, {"q": "stone"}).content.decode()
        assert "Nobody is called that" in client.get(address, {"q": "nobody like this"}).content.decode()

    def test_costs_the_same_for_few_people_and_for_many(self, ada: User, acme: Organization, flow: Project) -> None:
        client = client_of(ada)
        with run_as_system(org_id=acme.pk):
            first = make_placeholder(flow, "first")

        def costs() -> list[int]:
            found = []
            for address in (f"/{acme.slug}/imports/people/", f"/{acme.slug}/imports/people/{first.pk}/"):
                with CaptureQueriesContext(connection) as queries:
                    assert client.get(address).status_code == 200
                found.append(len(queries))
            return found

        costs()
        few = costs()
        for number in range(6):
            make_member(acme, name=f"Member {number}")
        with run_as_system(org_id=acme.pk):
            for number in range(60):
                make_placeholder(flow, f"person{number}")
        assert costs() == few

    def test_members_have_no_say(self, acme: Organization, flow: Project) -> None:
        client = client_of(make_member(acme))
        with run_as_system(org_id=acme.pk):
            mira = make_placeholder(flow, "mira")
        assert client.get(f"/{acme.slug}/imports/people/").status_code == 403
        assert client.get(f"/{acme.slug}/imports/people/{mira.pk}/").status_code == 403
