"""Routes of the organization, under `/api/v1/orgs/{org}/`."""

from django.urls import path

from apps.orgs.api import views

urlpatterns = [
    path("", views.OrganizationDetailView.as_view(), name="organization"),
    path("members/", views.MemberListView.as_view(), name="members"),
    path("members/<int:user_id>/", views.MemberDetailView.as_view(), name="member"),
    path("invitations/", views.InvitationListView.as_view(), name="invitations"),
    path("invitations/<int:invitation_id>/", views.InvitationView.as_view(), name="invitation"),
    path("invitations/<int:invitation_id>/resend/", views.InvitationResendView.as_view(), name="invitation_resend"),
]
