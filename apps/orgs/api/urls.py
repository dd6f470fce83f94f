"""Routes of the organization, under `/api/v1/orgs/{org}/`."""

from django.urls import path

from apps.orgs.api import keys, views

urlpatterns = [
    path("", views.OrganizationDetailView.as_view(), name="organization"),
    path("members/", views.MemberListView.as_view(), name="members"),
    path("members/<int:user_id>/", views.MemberDetailView.as_view(), name="member"),
    path("tokens/", keys.TokenListView.as_view(), name="tokens"),
    path("tokens/<int:token_id>/", keys.TokenView.as_view(), name="token"),
    path("service-accounts/", keys.ServiceAccountListView.as_view(), name="service_accounts"),
    path("service-accounts/<int:account_id>/", keys.ServiceAccountView.as_view(), name="service_account"),
    path("service-accounts/<int:account_id>/tokens/", keys.ServiceTokenListView.as_view(), name="service_tokens"),
    path(
        "service-accounts/<int:account_id>/tokens/<int:service_token_id>/",
        keys.ServiceTokenView.as_view(),
        name="service_token",
    ),
    path("limits/", keys.LimitListView.as_view(), name="limits"),
    path("limits/tokens/", keys.WorkingTokenListView.as_view(), name="working_tokens"),
    path("invitations/", views.InvitationListView.as_view(), name="invitations"),
    path("invitations/<int:invitation_id>/", views.InvitationView.as_view(), name="invitation"),
    path("invitations/<int:invitation_id>/resend/", views.InvitationResendView.as_view(), name="invitation_resend"),
]
