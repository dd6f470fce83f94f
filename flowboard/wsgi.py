"""The HTTP side of FlowBoard, for servers that speak WSGI only (sockets then run in processes of their own)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowboard.settings.prod")

application = get_wsgi_application()

from apps.core.tenancy import boot  # noqa: E402 (needs the applications loaded)

boot.verify()
