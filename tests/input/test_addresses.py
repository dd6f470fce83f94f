"""E-mail addresses at every door that takes one: what is none gets a sentence, and what is one gets in."""

import re
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.accounts.services import decide_who_comes_in
from apps.core.tenancy import unit_of_work
from apps.orgs.models import Invitation, Organization
from tests.factories import PASSWORD, acting
from tests.mailbox import Mailbox

BAD = [
    "a" * 400 + "@example.test",
    "a@" + "b" * 400 + ".test",
    "two@at@example.test",
    "nul\x00@example.test",
    "ada\u202e@example.test",
    "   ",
    "ada@",
    "zero\u200bwidth@example.test",
    "😀@example.test",
    "ünïcode@exämple.test",
]


@pytest.fixture
def doors(acme: Organization, steady_clock: None, settings: Any) -> dict[str, tuple[bool, str, str, dict[str, str]]]:
    """Each form with an address in it: whether one is signed in, its path, its field, and the rest of the form."""
    with unit_of_work():
        decide_who_comes_in(sign_up="anyone", domains=(), founders="everybody")
    return {
        "sign-up": (False, "/accounts/signup/", "email", {"name": "X", "password1": PASSWORD}),
        "reset": (False, "/accounts/password/reset/", "email", {}),
        "invite": (True, f"/{acme.slug}/members/", "emails", {"role": "member"}),
        "profile": (True, "/accounts/email/", "email", {"action_add": ""}),
    }


def send(door: tuple[bool, str, str, dict[str, str]], ada: User, email: str) -> Any:
    is_signed_in, path, field, rest = door
    client = Client(raise_request_exception=False)
    if is_signed_in:
        client.force_login(ada)
    return client.post(path, {field: email, **rest})


class TestAddress:
    @pytest.mark.parametrize("email", BAD, ids=lambda email: ascii(email)[:16])
    def test_that_is_none_is_refused_at_its_field(
        self, mailbox: Mailbox, ada: User, acme: Organization, doors: Any, email: str
    ) -> None:
        for name, door in doors.items():
            answer = send(door, ada, email)
            page = answer.content.decode()
            assert answer.status_code in {200, 422}, (name, answer.status_code)
            said = re.findall(r'<p class="error"[^>]*>(?!</p>)(.+?)</p>', page, re.DOTALL)
            said += re.findall(r'role="alert">(.+?)</div>', page, re.DOTALL)
            assert any(re.sub("<[^>]*>", "", sentence).strip() for sentence in said), name
        assert mailbox.mails == []
        assert User.objects.count() == 1
        with acting(ada, acme):
            assert Invitation.objects.count() == 0

    @pytest.mark.parametrize("email", ["ada+tag@example.test", "o'hara@example.test", "x" * 64 + "@example.test"])
    def test_that_is_unusual_gets_in(self, ada: User, acme: Organization, doors: Any, email: str) -> None:
        assert send(doors["sign-up"], ada, email).status_code == 302
        assert User.objects.filter(email=email).exists()
        assert send(doors["reset"], ada, email).status_code == 302
        assert send(doors["invite"], ada, email).status_code == 302
        with acting(ada, acme):
            assert list(Invitation.objects.values_list("email", flat=True)) == [email]
