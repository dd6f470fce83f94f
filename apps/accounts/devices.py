"""What a browser or a script says of itself, in words for people. A hint to recognise one's own by, never a proof."""

from django.utils.translation import gettext as _

# The first that is found counts: browsers name their ancestors as well.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def _find(words: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for mark, name in words if mark in user_agent), "")


def device_name(user_agent: str) -> str:
    """Such as “Firefox on Linux”."""
    browser, system = _find(_BROWSERS, user_agent), _find(_SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("An unknown browser")


def program_name(user_agent: str) -> str:
    """What a script calls itself, such as “python-httpx 0.28.1”; a browser by its name."""
    if user_agent.startswith("Mozilla/"):
        return device_name(user_agent)
    first = user_agent.split(" ", 1)[0][:60].replace("/", " ", 1)
    return first or _("An unknown script")
