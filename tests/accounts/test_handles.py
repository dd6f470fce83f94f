"""Handles: given to everybody, each once, and changed in the profile."""

from itertools import islice

import pytest
from django.db import IntegrityError
from django.test import Client

from apps.accounts.handles import HANDLE, RESERVED, handles_for
from apps.accounts.models import User
from apps.accounts.services import anonymise_account, edit_profile
from apps.accounts.services.profile import HandleTaken
from apps.core.errors import Invalid
from apps.core.tenancy import unit_of_work
from tests import factories

pytestmark = pytest.mark.django_db


class TestHandlesFor:
    @pytest.mark.parametrize(
        ("name", "first"),
        [
            ("Ada Okafor", ["ada", "ada-okafor", "ada-okafor2"]),
            ("Zoë", ["zoe", "zoe2", "zoe3"]),
            ("Иван", ["person", "person2", "person3"]),
            ("All Here", ["all-here", "all-here2", "all-here3"]),
            ("!!!", ["person", "person2", "person3"]),
        ],
    )
    def test_come_from_the_name(self, name: str, first: list[str]) -> None:
        assert list(islice(handles_for(name), 3)) == first

    def test_are_all_of_their_form(self) -> None:
        for name in ("x" * 120, "a b " * 30, "Ada Okafor"):
            for handle in islice(handles_for(name), 120):
                assert HANDLE.fullmatch(handle), handle
                assert handle not in RESERVED


class TestHandles:
    def test_everybody_new_gets_one_and_placeholders_none(self) -> None:
        people = [factories.make_user("Ada Okafor"), factories.make_user("Ada Okafor"), factories.make_user("Ada B")]
        assert [person.handle for person in people] == ["ada", "ada-okafor", "ada-b"]
        placeholder = User.objects.create(email="x@placeholder.invalid", name="Ada", kind="placeholder")
        assert placeholder.handle is None

    def test_somebody_of_the_same_name_at_the_same_moment_gets_the_next(self, monkeypatch: pytest.MonkeyPatch) -> None:
        factories.make_user("Ada Okafor")
        # What another sign-up, not yet committed, looks like to this one.
        monkeypatch.setattr("apps.accounts.models.stem_of", lambda name: "nobody")
        assert factories.make_user("Ada Okafor").handle == "ada-okafor"
        with pytest.raises(IntegrityError):
            factories.make_user("Ada", email=User.objects.earliest("id").email)

    def test_is_changed_in_the_profile(self, ada: User) -> None:
        factories.make_user("Mateo Ruiz")
        browser = Client()
        browser.force_login(ada)
        page = browser.get("/accounts/profile/").content.decode()
        assert 'value="ada"' in page
        taken = browser.post("/accounts/profile/", {"name": ada.name, "handle": "Mateo"})
        assert taken.status_code in {409, 422}
        assert "Somebody else has that handle" in taken.content.decode()
        browser.post("/accounts/profile/", {"name": ada.name, "handle": " @Ada.O "})
        ada.refresh_from_db()
        assert ada.handle == "ada.o"

    def test_must_be_plain_and_mean_one_person(self, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
        with unit_of_work():
            for handle in ("", "ädä", "a b", "-a", "x" * 33, "everyone"):
                with pytest.raises(Invalid):
                    edit_profile(user=ada, name="Ada", handle=handle)
            mateo = factories.make_user("Mateo")
            monkeypatch.setattr("apps.accounts.services.profile._free_handle", lambda user, text: text)
            with pytest.raises(HandleTaken):
                edit_profile(user=ada, name="Ada", handle=mateo.handle)

    def test_goes_with_the_account(self, ada: User) -> None:
        with unit_of_work():
            anonymise_account(user=ada)
        ada.refresh_from_db()
        assert ada.handle is None
