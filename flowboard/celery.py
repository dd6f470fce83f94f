"""The Celery application. Jobs live in each app's `jobs.py` ("task" is a word of the product)."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowboard.settings.dev")

app = Celery("flowboard")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")


@worker_init.connect
@beat_init.connect
def verify_role(**_: Any) -> None:
    """Refuse to work with a database role that row-level security does not bind."""
    from apps.core.tenancy import boot

    boot.verify()
