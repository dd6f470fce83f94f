"""What the services of accounts refuse by themselves, whatever form stands before them."""

import pytest
from django.conf import settings
from django.contrib.sessions.backends.cached_db import SessionStore
from django.core.cache import caches
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from apps.accounts.models import User, UserSession
from apps.accounts.services import edit_profile, end_session, set_preferences, set_user_suspended
from apps.core.errors import Invalid
from apps.core.tenancy import enter_person, unit_of_work


def test_a_profile_needs_a_name(ada: User) -> None:
    with unit_of_work():
        enter_person(user_id=ada.pk)
        with pytest.raises(Invalid) as refused:
            edit_profile(user=ada, name="  ")
    assert refused.value.field == "name"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time_zone", "Mars/Olympus"),
        ("theme", "neon"),
        ("density", "dense"),
        ("date_format", "%c"),
        ("first_weekday", 3),
    ],
)
def test_preferences_take_only_what_exists(ada: User, field: str, value: str) -> None:
    good = {"time_zone": "UTC", "theme": "dark", "density": "compact", "date_format": "iso", "first_weekday": 0}
    wanted = good | {field: value}
    with unit_of_work():
        enter_person(user_id=ada.pk)
        with pytest.raises(Invalid) as refused:
            set_preferences(user=ada, has_single_keys=True, **wanted)
    assert refused.value.field == field


def test_suspending_twice_ends_sessions_once(ada: User) -> None:
    with unit_of_work():
        before = ada.session_epoch
        epoch = set_user_suspended(user=ada, is_suspended=True).session_epoch
        assert epoch == before + 1
        assert set_user_suspended(user=ada, is_suspended=True).session_epoch == epoch
        assert set_user_suspended(user=ada, is_suspended=False).is_active


def test_a_session_that_is_on_no_list_ends_with_a_suspension_as_well(ada: User, client: Client) -> None:
    client.force_login(ada)
    UserSession.objects.all().delete()
    for is_suspended in (True, False):
        with unit_of_work():
            set_user_suspended(user=ada, is_suspended=is_suspended)
    assert client.get("/accounts/profile/").status_code == 302


def test_a_session_that_a_request_put_back_into_the_cache_ends_all_the_same(
    ada: User, client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    client.force_login(ada)
    [session] = UserSession.objects.all()
    held = dict(client.session.items())
    with django_capture_on_commit_callbacks(execute=True), unit_of_work():
        end_session(session=session)
        # As a request does that read the row before it went.
        caches[settings.SESSION_CACHE_ALIAS].set(SessionStore(session.session_key).cache_key, held)
    assert client.get("/accounts/profile/").status_code == 302
