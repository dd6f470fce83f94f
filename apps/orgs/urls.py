"""Addresses of organizations, their people and tokens."""

from django.urls import path

from apps.orgs import limit_views, token_views, views

urlpatterns = [
    path("orgs/new/", views.create, name="org_create"),
    path("invitations/<slug:secret>/", views.invitation, name="invitation"),
    path("invitations/<slug:secret>/ask/", views.invitation_ask, name="invitation_ask"),
    path("accounts/delete/", views.account_delete, name="account_delete"),
    path("accounts/tokens/", token_views.my_tokens, name="my_tokens"),
    path("orgs/<slug:org>/restore/", views.restore, name="org_restore"),
    path("<slug:org>/settings/", views.settings, name="org_settings"),
    path("<slug:org>/settings/address/", views.address, name="org_address"),
    path("<slug:org>/settings/transfer/", views.transfer, name="org_transfer"),
    path("<slug:org>/settings/delete/", views.delete, name="org_delete"),
    path("<slug:org>/settings/limits/", limit_views.limits, name="org_limits"),
    path(
        "<slug:org>/settings/limits/tokens/<int:working_token_id>/", limit_views.token_limits, name="org_token_limits"
    ),
    path("<slug:org>/members/", views.members, name="members"),
    path("<slug:org>/members/<int:user_id>/role/", views.member_role, name="member_role"),
    path("<slug:org>/invitations/<int:invitation_id>/resend/", views.invitation_resend, name="invitation_resend"),
    path("<slug:org>/invitations/<int:invitation_id>/revoke/", views.invitation_revoke, name="invitation_revoke"),
    path("<slug:org>/tokens/", token_views.tokens, name="tokens"),
    path("<slug:org>/tokens/<int:token_id>/rotate/", token_views.token_rotate, name="token_rotate"),
    path("<slug:org>/tokens/<int:token_id>/revoke/", token_views.token_revoke, name="token_revoke"),
    path("<slug:org>/service-accounts/", token_views.service_accounts, name="service_accounts"),
    path("<slug:org>/service-accounts/<int:account_id>/", token_views.service_account, name="service_account"),
    path("<slug:org>/service-accounts/<int:account_id>/rename/", token_views.rename, name="service_account_rename"),
    path(
        "<slug:org>/service-accounts/<int:account_id>/tokens/<int:service_token_id>/rotate/",
        token_views.service_token_rotate,
        name="service_token_rotate",
    ),
    path(
        "<slug:org>/service-accounts/<int:account_id>/tokens/<int:service_token_id>/revoke/",
        token_views.service_token_revoke,
        name="service_token_revoke",
    ),
]
