"""What the services of accounts refuse by themselves, whatever form stands before them."""

import pytest

from apps.accounts.models import User
from apps.accounts.services import edit_profile, set_preferences, set_user_suspended
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
    [("time_zone", "Mars/Olympus"), ("theme", "neon"), ("density", "dense"), ("date_format", "%c")],
)
def test_preferences_take_only_what_exists(ada: User, field: str, value: str) -> None:
    wanted = {"time_zone": "UTC", "theme": "dark", "density": "compact", "date_format": "iso"} | {field: value}
    with unit_of_work():
        enter_person(user_id=ada.pk)
        with pytest.raises(Invalid) as refused:
            set_preferences(user=ada, has_single_keys=True, **wanted)
    assert refused.value.field == field


def test_suspending_twice_ends_sessions_once(ada: User) -> None:
    with unit_of_work():
        epoch = set_user_suspended(user=ada, is_suspended=True).session_epoch
        assert set_user_suspended(user=ada, is_suspended=True).session_epoch == epoch
        assert set_user_suspended(user=ada, is_suspended=False).is_active
