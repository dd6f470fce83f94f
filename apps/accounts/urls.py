"""Addresses of signing in and of one's own account. allauth's routes are named one by one: what is not here is off."""

from allauth.account import views as allauth_views
from django.contrib.auth.decorators import login_required
from django.urls import path, re_path
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts import views

# allauth's views would take PUT for POST as well.
form = require_http_methods(["GET", "HEAD", "POST"])

urlpatterns = [
    path("accounts/profile/", views.profile, name="profile"),
    path("accounts/preferences/", views.preferences, name="preferences"),
    path("accounts/preferences/keys/", views.single_keys, name="single_keys"),
    path("accounts/preferences/time-zone/", views.settle_time_zone, name="settle_time_zone"),
    path("accounts/preferences/time-zones/", views.time_zones, name="time_zones"),
    path("accounts/theme/", views.theme, name="theme"),
    path("accounts/tour/", views.turn_tour, name="turn_tour"),
    path("media/avatars/<slug:name>.webp", views.avatar, name="avatar"),
    path("accounts/login/", form(views.LoginView.as_view()), name="account_login"),
    path("accounts/session/", views.session, name="session"),
    path("accounts/logout/", form(allauth_views.logout), name="account_logout"),
    path("accounts/signup/", form(views.SignupView.as_view()), name="account_signup"),
    path("accounts/inactive/", require_safe(allauth_views.account_inactive), name="account_inactive"),
    path(
        "accounts/reauthenticate/",
        form(login_required(views.ReauthenticateView.as_view())),
        name="account_reauthenticate",
    ),
    path("accounts/email/", form(login_required(views.EmailView.as_view())), name="account_email"),
    path("accounts/sessions/", views.sessions, name="sessions"),
    path("accounts/sessions/end-others/", views.sessions_end_others, name="sessions_end_others"),
    path("accounts/sessions/<int:session_id>/end/", views.session_end, name="session_end"),
    path("accounts/sessions/scripts/<slug:sign_in_id>/end/", views.sign_in_end, name="sign_in_end"),
    path(
        "accounts/confirm-email/",
        require_safe(allauth_views.email_verification_sent),
        name="account_email_verification_sent",
    ),
    re_path(
        r"^accounts/confirm-email/(?P<key>[-:\w]+)/$", form(allauth_views.confirm_email), name="account_confirm_email"
    ),
    path(
        "accounts/password/change/",
        form(login_required(views.PasswordChangeView.as_view())),
        name="account_change_password",
    ),
    path("accounts/password/set/", form(allauth_views.password_set), name="account_set_password"),
    path("accounts/password/reset/", form(views.PasswordResetView.as_view()), name="account_reset_password"),
    path(
        "accounts/password/reset/done/",
        require_safe(allauth_views.password_reset_done),
        name="account_reset_password_done",
    ),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        form(allauth_views.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "accounts/password/reset/key/done/",
        require_safe(allauth_views.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
]
