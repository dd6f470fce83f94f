"""Routes of a project's configuration."""

from django.urls import path

from apps.issues.api.configuration import fields, labels, people, releases, workflow

_PROJECT = "projects/<slug:project_key>/"
_STATUS = _PROJECT + "statuses/<int:status_id>/"
_TYPE = _PROJECT + "types/<int:type_id>/"
_VERSIONS = _PROJECT + "versions/"
_FIELDS = _PROJECT + "fields/"
_OPTIONS = _FIELDS + "<int:field_id>/options/"

urlpatterns = [
    path(_PROJECT + "statuses/", workflow.StatusListView.as_view(), name="statuses"),
    path(_PROJECT + "statuses/order/", workflow.StatusOrderView.as_view(), name="status_order"),
    path(_STATUS, workflow.StatusView.as_view(), name="status"),
    path(_STATUS + "remove/", workflow.StatusRemovalView.as_view(), name="status_removal"),
    path(_PROJECT + "transitions/", workflow.TransitionListView.as_view(), name="transitions"),
    path(_PROJECT + "transitions/<int:transition_id>/", workflow.TransitionView.as_view(), name="transition"),
    path(_PROJECT + "types/", workflow.TypeListView.as_view(), name="types"),
    path(_TYPE, workflow.TypeView.as_view(), name="type"),
    path(_TYPE + "remove/", workflow.TypeRemovalView.as_view(), name="type_removal"),
    path(_PROJECT + "labels/", labels.LabelListView.as_view(), name="labels"),
    path(_PROJECT + "labels/<int:label_id>/", labels.LabelView.as_view(), name="label"),
    path(_PROJECT + "labels/<int:label_id>/remove/", labels.LabelRemovalView.as_view(), name="label_removal"),
    path(_PROJECT + "labels/<int:retired_label_id>/restore/", labels.LabelReturnView.as_view(), name="label_return"),
    path(_VERSIONS, releases.VersionListView.as_view(), name="versions"),
    path(_VERSIONS + "<int:version_id>/", releases.VersionView.as_view(), name="version"),
    path(_VERSIONS + "<int:version_id>/notes/", releases.VersionNotesView.as_view(), name="version_notes"),
    path(_VERSIONS + "<int:version_id>/release/", releases.VersionReleaseView.as_view(), name="version_release"),
    path(
        _VERSIONS + "<int:released_version_id>/unrelease/",
        releases.VersionUnreleaseView.as_view(),
        name="version_unrelease",
    ),
    path(_VERSIONS + "<int:version_id>/remove/", releases.VersionRemovalView.as_view(), name="version_removal"),
    path(_VERSIONS + "<int:retired_version_id>/restore/", releases.VersionReturnView.as_view(), name="version_return"),
    path(_FIELDS, fields.FieldListView.as_view(), name="fields"),
    path(_FIELDS + "<int:field_id>/", fields.FieldView.as_view(), name="field"),
    path(_FIELDS + "<int:retired_field_id>/restore/", fields.FieldReturnView.as_view(), name="field_return"),
    path(_OPTIONS, fields.OptionListView.as_view(), name="options"),
    path(_OPTIONS + "<int:option_id>/", fields.OptionView.as_view(), name="option"),
    path(_OPTIONS + "<int:option_id>/remove/", fields.OptionRemovalView.as_view(), name="option_removal"),
    path(_OPTIONS + "<int:retired_option_id>/restore/", fields.OptionReturnView.as_view(), name="option_return"),
    path(_PROJECT + "members/", people.ProjectMemberListView.as_view(), name="project_members"),
    path(
        _PROJECT + "members/<int:user_id>/remove/",
        people.ProjectMemberRemovalView.as_view(),
        name="project_member_removal",
    ),
    path("members/<int:user_id>/remove/", people.MemberRemovalView.as_view(), name="member_removal"),
]
