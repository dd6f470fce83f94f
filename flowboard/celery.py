"""The Celery application. Jobs live in each app's `jobs.py` ("task" is a word of the product)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowboard.settings.dev")

app = Celery("flowboard")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")
