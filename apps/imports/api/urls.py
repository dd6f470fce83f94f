"""Routes of imports, under `/api/v1/orgs/{org}/`."""

from django.urls import path

from apps.imports.api import deciding, views

_PEOPLE = "imports/people/"
_IMPORT = "imports/<int:import_id>/"
_ENDED = "imports/<int:ended_import_id>/"

urlpatterns = [
    path("imports/", views.ImportListView.as_view(), name="imports"),
    path(_PEOPLE, views.PeopleView.as_view(), name="imported_people"),
    path(_PEOPLE + "<int:placeholder_id>/claim/", views.ClaimView.as_view(), name="imported_person_claim"),
    path(_IMPORT, views.ImportView.as_view(), name="import"),
    path(_IMPORT + "preview/", deciding.PreviewView.as_view(), name="import_preview"),
    path(_IMPORT + "sections/", deciding.SectionListView.as_view(), name="import_sections"),
    path(_IMPORT + "sections/<slug:section>/", deciding.SectionView.as_view(), name="import_section"),
    path(_IMPORT + "sections/<slug:section>/words/", deciding.WordListView.as_view(), name="import_words"),
    path(_IMPORT + "profiles/", deciding.ProfileSaveView.as_view(), name="import_profile_save"),
    path(_IMPORT + "profiles/<int:profile_id>/use/", deciding.ProfileUseView.as_view(), name="import_profile_use"),
    path(_IMPORT + "start/", views.StartView.as_view(), name="import_start"),
    path(_IMPORT + "cancel/", views.CancelView.as_view(), name="import_cancel"),
    path(_ENDED + "take-back/", views.TakeBackView.as_view(), name="import_take_back"),
    path(_ENDED + "kept/", views.KeptView.as_view(), name="import_kept"),
    path(_ENDED + "problems/", views.ProblemListView.as_view(), name="import_problems"),
    path(_ENDED + "problems.csv", views.ProblemTableView.as_view(), name="import_problems_csv"),
    path("import-profiles/", deciding.ProfileListView.as_view(), name="import_profiles"),
    path("import-profiles/<int:profile_id>/", deciding.ProfileView.as_view(), name="import_profile"),
]
