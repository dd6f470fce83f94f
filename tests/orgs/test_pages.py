"""Organizations, members, invitations and tokens in the browser."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.core.tenancy import run_as_system
from apps.events import deliveries
from apps.events.models import Delivery, Event
from apps.orgs.models import ApiToken, Invitation, Membership, Organization
from apps.orgs.services import invitation_secret, set_organization_suspended
from tests.factories import acting, make_member, make_user
from tests.mailbox import Mailbox, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def invite(client: Client, org: Organization, emails: str, role: str = "member") -> Any:
    return client.post(f"/{org.slug}/members/", {"emails": emails, "role": role})


def open_invitations(org: Organization) -> list[Invitation]:
    with run_as_system(org_id=org.pk):
        return list(
            Invitation.objects.select_related("org").filter(accepted_at=None, revoked_at=None).order_by("email")
        )


def path_of(invitation: Invitation) -> str:
    return f"/invitations/{invitation_secret(invitation.nonce)}/"


def roles_in(org: Organization) -> dict[str, str]:
    with run_as_system(org_id=org.pk):
        return dict(Membership.objects.filter(ended_at=None).values_list("user__email", "role"))


def expire(org: Organization) -> None:
    """A week passes."""
    with run_as_system(org_id=org.pk):
        Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))


def deliver_all(org: Organization) -> None:
    with run_as_system(org_id=org.pk):
        ids = list(Delivery.objects.values_list("pk", flat=True))
    for delivery_id in ids:
        deliveries.deliver(org_id=org.pk, delivery_id=delivery_id)


class TestFounding:
    def test_the_founder_owns_it_and_lands_in_it(self, browser: Client, ada: User) -> None:
        answer = browser.post("/orgs/new/", {"name": "Night Shift", "slug": "Night-Shift"})
        assert answer.url == "/night-shift/"  # type: ignore[attr-defined]
        assert "Night Shift" in browser.get("/night-shift/").content.decode()

    @pytest.mark.parametrize("slug", ["admin", "api", "accounts", "-x", "x_y", "ü", "", "a" * 49, "a\x00b"])
    def test_a_word_that_cannot_be_an_address_is_refused_at_the_field(self, browser: Client, slug: str) -> None:
        answer = browser.post("/orgs/new/", {"name": "Night Shift", "slug": slug})
        assert answer.status_code == 422
        assert 'id="id_slug_error"' in answer.content.decode()

    def test_a_taken_address_is_refused_and_shows_nothing_of_its_owner(
        self, client: Client, acme: Organization
    ) -> None:
        client.force_login(make_user("Eve"))
        answer = client.post("/orgs/new/", {"name": "Mine", "slug": acme.slug})
        assert answer.status_code == 422
        assert "Ada Okafor" not in answer.content.decode()


class TestMembers:
    def test_an_owner_changes_roles_and_removes_people(self, browser: Client, acme: Organization) -> None:
        mateo = make_member(acme)
        browser.post(f"/{acme.slug}/members/{mateo.pk}/role/", {"role": "admin"})
        assert roles_in(acme)[mateo.email] == "admin"
        browser.post(f"/{acme.slug}/members/{mateo.pk}/remove/")
        assert mateo.email not in roles_in(acme)

    @pytest.mark.parametrize(
        ("actor", "target", "to", "allowed"),
        [
            ("admin", "member", "guest", True),
            ("admin", "admin", "member", True),
            ("admin", "member", "owner", False),
            ("admin", "owner", "member", False),
            ("member", "guest", "member", False),
            ("guest", "guest", "admin", False),
            ("owner", "owner", "member", True),
        ],
    )
    def test_nobody_gives_or_takes_more_than_they_have(
        self, client: Client, acme: Organization, actor: str, target: str, to: str, allowed: bool
    ) -> None:
        client.force_login(make_member(acme, actor, "Actor"))
        person = make_member(acme, target, "Target")
        answer = client.post(f"/{acme.slug}/members/{person.pk}/role/", {"role": to})
        assert answer.status_code == (302 if allowed else 403)
        assert roles_in(acme)[person.email] == (to if allowed else target)

    def test_the_last_owner_stays(self, browser: Client, acme: Organization, ada: User) -> None:
        assert browser.post(f"/{acme.slug}/members/{ada.pk}/remove/").status_code == 409
        assert browser.post(f"/{acme.slug}/members/{ada.pk}/role/", {"role": "guest"}).status_code == 409
        assert roles_in(acme)[ada.email] == "owner"

    def test_whoever_leaves_is_out_at_the_next_request(self, client: Client, acme: Organization) -> None:
        mateo = make_member(acme)
        client.force_login(mateo)
        assert client.post(f"/{acme.slug}/members/{mateo.pk}/remove/").url == "/"  # type: ignore[attr-defined]
        assert client.get(f"/{acme.slug}/").status_code == 404

    def test_guests_know_people_by_name_only(self, client: Client, acme: Organization, ada: User) -> None:
        pages = {}
        for role in ("guest", "member"):
            client.force_login(make_member(acme, role))
            pages[role] = client.get(f"/{acme.slug}/members/").content.decode()
        assert ada.email in pages["member"]
        assert ada.name in pages["guest"]
        assert ada.email not in pages["guest"]

    def test_the_page_costs_the_same_with_many_members(
        self, browser: Client, acme: Organization, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(3):
            make_member(acme, name=f"Person {number}")
        invite(browser, acme, "a@example.test b@example.test")
        with django_assert_max_num_queries(60) as few:
            browser.get(f"/{acme.slug}/members/")
        for number in range(6):
            make_member(acme, name=f"Another {number}")
        invite(browser, acme, "c@example.test d@example.test e@example.test f@example.test")
        browser.get(f"/{acme.slug}/members/")
        with django_assert_max_num_queries(60) as many:
            browser.get(f"/{acme.slug}/members/")
        assert len(many) <= len(few)


class TestInviting:
    def test_many_addresses_can_be_pasted(self, browser: Client, acme: Organization) -> None:
        invite(browser, acme, "Bob@Example.test, <cy@example.test>;\n dee@example.test bob@example.test")
        assert [i.email for i in open_invitations(acme)] == ["bob@example.test", "cy@example.test", "dee@example.test"]

    @pytest.mark.parametrize(
        ("pasted", "emails"),
        [
            ("Ada <Ada@x.test>, bob@x.test; c@x.test\n", ["ada@x.test", "bob@x.test", "c@x.test"]),
            ('"Okafor, Ada" <ada@x.test>, Bob Reyes <bob@x.test>', ["ada@x.test", "bob@x.test"]),
            ("Ada Okafor\tada@x.test\r\nBob\tbob@x.test", ["ada@x.test", "bob@x.test"]),
            ("ada@x.test bob@x.test  ada@X.test.", ["ada@x.test", "bob@x.test"]),
            ("mailto:ada@x.test,(bob@x.test),'c@x.test'", ["ada@x.test", "bob@x.test", "c@x.test"]),
            ("ada+board@x.test", ["ada+board@x.test"]),
        ],
    )
    def test_a_list_is_read_as_people_paste_it(
        self, browser: Client, acme: Organization, pasted: str, emails: list[str]
    ) -> None:
        assert invite(browser, acme, pasted).status_code == 302
        assert [i.email for i in open_invitations(acme)] == emails

    @pytest.mark.parametrize(
        ("pasted", "words"),
        [
            ("bob@x.test, jürgen@x.test", "“jürgen@x.test” has letters before the @"),
            ("a" * 388 + "@example.test", "at most 254 characters"),
            ("a" * 250 + "@example.test", "at most 254 characters"),
            ("bob@x.test, one@, two@x..test", "“one@” is not an e-mail address. “two@x..test” is not"),
            (",;\n", "Write at least one"),
            (", ".join(f"p{n}@x.test" for n in range(51)), "At most 50"),
        ],
    )
    def test_what_is_wrong_is_said_of_each_address_and_nobody_is_invited(
        self, browser: Client, acme: Organization, pasted: str, words: str
    ) -> None:
        answer = invite(browser, acme, pasted)
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert open_invitations(acme) == []

    def test_members_among_them_are_named(self, browser: Client, acme: Organization, ada: User) -> None:
        mateo = make_member(acme)
        page = invite(browser, acme, f"{ada.email} {mateo.email} new@x.test").content.decode()
        assert f"{ada.email} is a member already. {mateo.email} is a member already." in page

    def test_without_a_mail_server_managers_are_told_to_pass_links_on(
        self, browser: Client, client: Client, acme: Organization, settings: Any
    ) -> None:
        settings.EMAIL_HOST = ""
        invite(browser, acme, "bob@example.test")
        page = browser.get(f"/{acme.slug}/members/").content.decode()
        assert "Copy its link below, and pass it on" in page
        assert "This server sends no mail" in page
        [invitation] = open_invitations(acme)
        browser.post(f"/{acme.slug}/invitations/{invitation.pk}/resend/")
        assert "There is a new link for bob@example.test" in browser.get(f"/{acme.slug}/members/").content.decode()
        settings.EMAIL_HOST = "mail.example.test"
        assert "This server sends no mail" not in browser.get(f"/{acme.slug}/members/").content.decode()
        settings.EMAIL_HOST = ""
        client.force_login(make_member(acme))
        assert "This server sends no mail" not in client.get(f"/{acme.slug}/members/").content.decode()

    def test_one_bad_address_stops_all_and_is_named(self, browser: Client, acme: Organization) -> None:
        answer = invite(browser, acme, "bob@example.test, not-one")
        assert answer.status_code == 422
        assert "not-one" in answer.content.decode()
        assert open_invitations(acme) == []

    def test_members_and_guests_invite_nobody(self, client: Client, acme: Organization) -> None:
        for role in ("member", "guest"):
            client.force_login(make_member(acme, role))
            assert invite(client, acme, "bob@example.test").status_code == 403
        assert open_invitations(acme) == []

    def test_an_admin_invites_no_owner(self, client: Client, acme: Organization) -> None:
        client.force_login(make_member(acme, "admin"))
        assert invite(client, acme, "bob@example.test", "owner").status_code == 422

    def test_an_admin_does_not_change_an_invitation_to_own(
        self, browser: Client, client: Client, acme: Organization
    ) -> None:
        invite(browser, acme, "bob@example.test", "owner")
        client.force_login(make_member(acme, "admin"))
        assert invite(client, acme, "bob@example.test", "guest").status_code == 422
        assert [i.role for i in open_invitations(acme)] == ["owner"]

    def test_one_address_is_not_flooded(self, browser: Client, acme: Organization) -> None:
        answers = [invite(browser, acme, "bob@example.test") for _attempt in range(6)]
        assert [answer.status_code for answer in answers] == [302] * 5 + [422]

    def test_the_link_is_mailed_once_in_text_and_html(
        self, browser: Client, acme: Organization, mailbox: Mailbox, settings: Any
    ) -> None:
        settings.BASE_URL = "https://flow.example.test"
        invite(browser, acme, "bob@example.test")
        deliver_all(acme)
        deliver_all(acme)
        [mail] = mailbox.mails
        [invitation] = open_invitations(acme)
        assert mail["To"] == "bob@example.test"
        assert mail["Subject"] == f"Ada Okafor invites you to {acme.name} on FlowBoard"
        for kind in ("plain", "html"):
            assert f"https://flow.example.test{path_of(invitation)}" in text_of(mail, kind)

    def test_a_mail_server_that_is_away_is_tried_again(
        self, browser: Client, acme: Organization, mailbox: Mailbox
    ) -> None:
        mailbox.refuses = True
        invite(browser, acme, "bob@example.test")
        deliver_all(acme)
        mailbox.refuses = False
        with run_as_system(org_id=acme.pk):
            [waiting] = Delivery.objects.all()
            assert (waiting.state, waiting.attempts) == ("waiting", 1)
            assert "Try again later" in waiting.last_error
            Delivery.objects.update(due_at=waiting.event.created_at)
        deliver_all(acme)
        assert len(mailbox.mails) == 1

    def test_a_suspended_organization_mails_no_links_and_those_that_still_work_when_it_is_back(
        self, browser: Client, acme: Organization, mailbox: Mailbox
    ) -> None:
        for name in ("bob", "cy", "dee"):
            invite(browser, acme, f"{name}@example.test")
        with run_as_system(org_id=acme.pk) as actor:
            first = Delivery.objects.order_by("id").values_list("pk", flat=True)[0]
        deliveries.deliver(org_id=acme.pk, delivery_id=first)
        assert [mail["To"] for mail in mailbox.mails] == ["bob@example.test"]
        with run_as_system(org_id=acme.pk) as actor:
            set_organization_suspended(actor=actor, is_suspended=True)
        deliver_all(acme)
        with run_as_system(org_id=acme.pk) as actor:
            assert set(Delivery.objects.values_list("state", flat=True)) == {"done"}, "nothing is a dead letter"
            Invitation.objects.filter(email="dee@example.test").update(expires_at=timezone.now())
        assert len(mailbox.mails) == 1
        with run_as_system(org_id=acme.pk) as actor:
            set_organization_suspended(actor=actor, is_suspended=False)
        deliver_all(acme)
        deliver_all(acme)
        assert [mail["To"] for mail in mailbox.mails] == ["bob@example.test", "cy@example.test"]

    def test_a_name_cannot_forge_a_header_or_markup(self, client: Client, acme: Organization, mailbox: Mailbox) -> None:
        eve = make_member(acme, "admin", "Eve\r\nBcc: all@example.test <b>x</b>")
        client.force_login(eve)
        invite(client, acme, "bob@example.test")
        deliver_all(acme)
        [mail] = mailbox.mails
        assert mail["Bcc"] is None
        assert "<b>x</b>" not in text_of(mail, "html")

    def test_sending_again_makes_a_new_link_and_ends_the_old_one(
        self, browser: Client, acme: Organization, mailbox: Mailbox
    ) -> None:
        invite(browser, acme, "bob@example.test")
        deliver_all(acme)
        [before] = open_invitations(acme)
        browser.post(f"/{acme.slug}/invitations/{before.pk}/resend/")
        deliver_all(acme)
        [after] = open_invitations(acme)
        assert Client().get(path_of(before)).status_code == 404
        assert Client().get(path_of(after)).status_code == 200
        assert len(mailbox.mails) == 2

    def test_the_page_offers_the_link_to_copy(self, browser: Client, acme: Organization) -> None:
        invite(browser, acme, "bob@example.test")
        [invitation] = open_invitations(acme)
        assert (
            f'data-copy="http://testserver{path_of(invitation)}"'
            in browser.get(f"/{acme.slug}/members/").content.decode()
        )


class TestBeingInvited:
    @pytest.fixture
    def invitation(self, browser: Client, acme: Organization) -> Invitation:
        invite(browser, acme, "bob@example.test")
        return open_invitations(acme)[0]

    def test_a_stranger_is_offered_both_ways_in(self, invitation: Invitation) -> None:
        page = unquote(Client().get(path_of(invitation)).content.decode())
        for way in ("/accounts/signup/", "/accounts/login/"):
            assert re.search(rf'href="{way}\?next={path_of(invitation)}', page)
        assert Client().post(path_of(invitation)).url.startswith("/accounts/login/")  # type: ignore[attr-defined]

    def test_the_invited_person_joins_and_the_link_is_spent(self, acme: Organization, invitation: Invitation) -> None:
        bob = Client()
        bob.force_login(make_user("Bob", email="bob@example.test"))
        assert bob.get(path_of(invitation)).status_code == 200
        assert bob.post(path_of(invitation)).url == f"/{acme.slug}/"  # type: ignore[attr-defined]
        assert bob.get(f"/{acme.slug}/").status_code == 200
        assert roles_in(acme)["bob@example.test"] == "member"
        assert bob.post(path_of(invitation)).status_code == 404

    def test_whoever_has_a_seat_keeps_their_role(
        self, browser: Client, acme: Organization, invitation: Invitation, ada: User
    ) -> None:
        User.objects.filter(pk=ada.pk).update(email="bob@example.test")
        assert browser.post(path_of(invitation)).status_code == 409
        assert roles_in(acme)["bob@example.test"] == "owner"

    def test_somebody_else_is_told_what_to_do_and_joins_nothing(
        self, acme: Organization, invitation: Invitation
    ) -> None:
        eve = Client()
        eve.force_login(make_user("Eve"))
        page = eve.get(path_of(invitation)).content.decode()
        assert "Switch to the account of bob@example.test" in page
        assert f'name="next" value="{path_of(invitation)}"' in page
        assert eve.post(path_of(invitation)).status_code == 403
        assert eve.get(f"/{acme.slug}/").status_code == 404

    def test_switching_accounts_comes_back_to_the_invitation(self, invitation: Invitation) -> None:
        eve = Client()
        eve.force_login(make_user("Eve"))
        back = eve.post("/accounts/logout/", {"next": path_of(invitation)})
        assert back.url == path_of(invitation)  # type: ignore[attr-defined]
        assert "I have one: sign in" in eve.get(path_of(invitation)).content.decode()

    @pytest.mark.parametrize(
        ("how", "words"),
        [
            ("revoked", "was taken back"),
            ("expired", "has expired"),
            ("used", "was used"),
            ("unknown", "no longer works"),
            ("replaced", "A newer link took its place"),
        ],
    )
    def test_a_dead_link_says_what_became_of_it_and_what_to_do(
        self, browser: Client, acme: Organization, invitation: Invitation, how: str, words: str
    ) -> None:
        path = path_of(invitation) if how != "unknown" else "/invitations/" + "0" * 64 + "/"
        if how == "revoked":
            browser.post(f"/{acme.slug}/invitations/{invitation.pk}/revoke/")
        if how == "replaced":
            browser.post(f"/{acme.slug}/invitations/{invitation.pk}/resend/")
        if how == "expired":
            expire(acme)
        if how == "used":
            bob = Client()
            bob.force_login(make_user("Bob", email="bob@example.test"))
            bob.post(path)
            assert "on the start page" in bob.get(path).content.decode()
        answer = Client().get(path)
        assert answer.status_code == 404
        page = answer.content.decode()
        assert words in page
        assert "Ask for a new one" in page

    def test_whoever_comes_too_late_asks_for_a_new_one_and_gets_it(
        self, browser: Client, acme: Organization, invitation: Invitation, mailbox: Mailbox, ada: User
    ) -> None:
        expire(acme)
        bob = Client()
        assert f'action="{path_of(invitation)}ask/"' in bob.get(path_of(invitation)).content.decode()
        assert bob.post(f"{path_of(invitation)}ask/").url == path_of(invitation)  # type: ignore[attr-defined]
        assert "You asked for a new one" in bob.get(path_of(invitation)).content.decode()
        bob.post(f"{path_of(invitation)}ask/")
        deliver_all(acme)
        asked = [mail for mail in mailbox.mails if "asks for a new invitation" in mail["Subject"]]
        assert [mail["To"] for mail in asked] == [ada.email], "once"
        assert f"/{acme.slug}/members/" in text_of(asked[0])
        page = browser.get(f"/{acme.slug}/members/").content.decode()
        assert "asks for a new one" in page
        browser.post(f"/{acme.slug}/invitations/{invitation.pk}/resend/")
        [renewed] = open_invitations(acme)
        assert renewed.asked_again_at is None
        assert bob.get(path_of(renewed)).status_code == 200

    def test_the_owners_answer_for_somebody_who_left(
        self, client: Client, acme: Organization, mailbox: Mailbox, ada: User
    ) -> None:
        admin = make_member(acme, "admin", "Grace Lin")
        client.force_login(admin)
        invite(client, acme, "cy@example.test")
        [cy] = [each for each in open_invitations(acme) if each.email == "cy@example.test"]
        with run_as_system(org_id=acme.pk):
            Membership.objects.filter(user=admin).update(role="member")
        expire(acme)
        Client().post(f"{path_of(cy)}ask/")
        with run_as_system(org_id=acme.pk) as actor:
            asked = Delivery.objects.get(event__kind="member.invitation_asked_again")
            set_organization_suspended(actor=actor, is_suspended=True)
        deliver_all(acme)
        assert mailbox.mails == [], "while it is suspended there is nothing to be done about it"
        with run_as_system(org_id=acme.pk) as actor:
            set_organization_suspended(actor=actor, is_suspended=False)
            deliveries.repeat(actor=actor, events=Event.objects.filter(pk=asked.event_id))
        deliver_all(acme)
        assert mailbox.mails[-1]["To"] == ada.email

    @pytest.mark.parametrize("how", ["open", "revoked", "unknown"])
    def test_only_an_expired_one_is_asked_about(
        self, browser: Client, acme: Organization, invitation: Invitation, how: str
    ) -> None:
        if how == "revoked":
            browser.post(f"/{acme.slug}/invitations/{invitation.pk}/revoke/")
        Client().post((path_of(invitation) if how != "unknown" else "/invitations/" + "0" * 64 + "/") + "ask/")
        with run_as_system(org_id=acme.pk):
            assert not Invitation.objects.filter(asked_again_at__isnull=False).exists()

    @pytest.mark.deep
    @pytest.mark.usefixtures("steady_clock")
    def test_a_link_tried_a_thousand_times_is_limited_and_harms_nobody_elsewhere(
        self, acme: Organization, invitation: Invitation
    ) -> None:
        guesser = Client()
        tried = [guesser.get(f"/invitations/{number:064}/") for number in range(1000)]
        assert [answer.status_code for answer in tried] == [404] * 30 + [429] * 970
        assert "Please wait" in tried[-1].content.decode()
        assert int(tried[-1]["Retry-After"]) <= 60
        assert guesser.post(path_of(invitation)).status_code == 429
        assert Client().get(path_of(invitation), REMOTE_ADDR="198.51.100.4").status_code == 200
        assert [each.email for each in open_invitations(acme)] == ["bob@example.test"]

    def test_it_waits_at_the_start_of_whoever_confirmed_the_address(self, invitation: Invitation) -> None:
        bob = make_user("Bob", email="bob@example.test")
        client = Client()
        client.force_login(bob)
        assert path_of(invitation) not in client.get("/").content.decode(), "an unconfirmed address proves nothing"
        bob.emailaddress_set.create(email=bob.email, verified=True, primary=True)
        assert path_of(invitation) in client.get("/").content.decode()
        eve = Client()
        eve.force_login(make_user("Eve"))
        assert path_of(invitation) not in eve.get("/").content.decode()


class TestTokens:
    def test_the_secret_is_shown_once(self, browser: Client, acme: Organization, ada: User) -> None:
        page = browser.post(
            f"/{acme.slug}/tokens/", {"name": "nightly", "days": "90", "scopes": ["read"]}
        ).content.decode()
        secret = re.search(r"fb_[\w-]{40,}", page)
        assert secret is not None
        assert secret[0] not in browser.get(f"/{acme.slug}/tokens/").content.decode()
        with acting(ada, acme):
            [token] = ApiToken.objects.all()
        assert secret[0] not in str(vars(token))

    def test_a_revoked_one_is_gone_from_the_list(self, browser: Client, acme: Organization, ada: User) -> None:
        browser.post(f"/{acme.slug}/tokens/", {"name": "nightly", "days": "90", "scopes": ["read"]})
        with acting(ada, acme):
            token = ApiToken.objects.get()
        browser.post(f"/{acme.slug}/tokens/{token.pk}/revoke/")
        assert f"/{acme.slug}/tokens/{token.pk}/revoke/" not in browser.get(f"/{acme.slug}/tokens/").content.decode()

    @pytest.mark.parametrize(
        "data",
        [
            {"name": "", "days": "30", "scopes": ["read"]},
            {"name": "x", "days": "30"},
            {"name": "x", "scopes": ["read"]},
            {"name": "x", "days": "31", "scopes": ["read"]},
            {"name": "x", "days": "30", "scopes": ["root"]},
        ],
    )
    def test_nonsense_is_refused(self, browser: Client, acme: Organization, data: dict[str, Any]) -> None:
        assert browser.post(f"/{acme.slug}/tokens/", data).status_code == 422


class TestStart:
    def test_one_organization_is_where_one_starts(self, browser: Client, acme: Organization) -> None:
        assert browser.get("/").url == f"/{acme.slug}/"  # type: ignore[attr-defined]

    def test_with_several_it_is_the_last_one_visited(self, browser: Client, ada: User, acme: Organization) -> None:
        browser.post("/orgs/new/", {"name": "Second", "slug": "second"})
        assert browser.get("/").status_code == 200
        browser.get("/second/")
        assert browser.get("/").url == "/second/"  # type: ignore[attr-defined]
        assert acme.name in browser.get("/?choose=1").content.decode()

    def test_a_suspended_organization_is_not_where_one_starts(self, browser: Client, acme: Organization) -> None:
        with run_as_system(org_id=acme.pk) as actor:
            set_organization_suspended(actor=actor, is_suspended=True)
        assert browser.get("/").status_code == 200
        assert browser.get(f"/{acme.slug}/").status_code == 403
