"""Mails of what happened, written: text and HTML of the same words, and the headers that programs go by."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import nh3
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from markupsafe import Markup

from apps.accounts.reading import reading_as
from apps.core import mail
from apps.core.markdown import render_markdown
from apps.issues.selectors import comment_url
from apps.notifications.selectors.letters import Item, Letter, Section
from apps.notifications.stopping import EVERYTHING, Reason, because, offer, reason_of, stop_url

# A text in a mail, and issues in one; the rest is in FlowBoard.
LONGEST_TEXT = 4_000
MOST_SECTIONS = 40
# The box of a task, as our Markdown writes it: mail programs show no boxes.
_TASK = re.compile(r"<input[^>]*>")


@dataclass(frozen=True, slots=True)
class Passage:
    """A section as the templates show it."""

    section: Section
    url: str
    why: str
    change: str
    change_url: str

    def at(self, item: Item) -> str:
        """Where a comment that it tells of is."""
        return f"{self.url.partition('#')[0]}#comment-{item.comment_id}"


def compose(letter: Letter) -> EmailMultiAlternatives:
    """The mail as it is sent. Composed again, it has the same Message-ID."""
    with reading_as(letter.user):
        return _compose(letter)


def _compose(letter: Letter) -> EmailMultiAlternatives:
    passages = [_passage(letter, section) for section in letter.sections[:MOST_SECTIONS]]
    is_single = len(letter.sections) == 1
    everything = stop_url(Reason(letter.user.pk, letter.org.slug, EVERYTHING))
    subject = _subject(letter)
    message = mail.compose(
        to=letter.email,
        subject=subject,
        template="notifications/mail/news",
        context={
            "subject": subject,
            "org": letter.org,
            "passages": passages,
            "more": len(letter.sections) - len(passages),
            "inbox_url": f"{settings.BASE_URL}/{letter.org.slug}/",
            "stop_url": everything,
            "shortened": shortened,
            "html_of": html_of,
        },
        message_id=f"news-{letter.mail.pk}-{int(letter.mail.created_at.timestamp())}",
    )
    message.extra_headers.update(_headers(letter, passages[0].change_url if is_single else everything))
    return message


def _passage(letter: Letter, section: Section) -> Passage:
    issue = section.issue
    reason = reason_of(
        kind=section.kind,
        why=section.why,
        user_id=letter.user.pk,
        org=letter.org.slug,
        issue_id=issue.pk,
        project_id=issue.project_id,
    )
    change = offer(what=reason.what, key=section.key, project_key=issue.project.key)
    why = because(kind=section.kind, why=section.why)
    return Passage(section, issue_url(letter, section), why, change, stop_url(reason))


def _subject(letter: Letter) -> str:
    if len(letter.sections) == 1:
        [section] = letter.sections
        return f"[{section.key}] {section.issue.title}"
    count = len(letter.sections)
    keys = ", ".join(section.key for section in letter.sections[:3])
    more = ", …" if count > 3 else ""
    news = ngettext("News of %(count)s issue", "News of %(count)s issues", count) % {"count": count}
    return f"[{letter.org.name}] {news}: {keys}{more}"


def _headers(letter: Letter, stop: str) -> Mapping[str, str]:
    host, slug = mail.sending_host(), letter.org.slug
    headers = {
        "Precedence": "bulk",
        "X-Auto-Response-Suppress": "All",
        # What mail programs offer as a button: one POST, without a page (RFC 8058).
        "List-Unsubscribe": f"<{stop}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": f"{_phrase(letter.org.name)}<{slug}.{host}>",
    }
    if len(letter.sections) == 1:
        # No mail has this id itself: it ties together all that come about the issue, whichever was the first.
        [section] = letter.sections
        headers["In-Reply-To"] = headers["References"] = f"<issue-{section.issue.pk}@{host}>"
    return headers


def _phrase(name: str) -> str:
    """A name as a header may carry it before an id: quoted, none in foreign letters."""
    if not name.isascii():
        return ""
    return '"' + " ".join(name.replace("\\", " ").replace('"', " ").split()) + '" '


def issue_url(letter: Letter, section: Section) -> str:
    """Where the issue is, and in it the first of the comments that the mail tells of."""
    return settings.BASE_URL + comment_url(letter.org.slug, section.key, section.leads_to)


def shortened(text: str) -> str:
    """As much of a text as a mail carries."""
    if len(text) <= LONGEST_TEXT:
        return text
    return text[:LONGEST_TEXT].rstrip() + "…\n\n" + _("(The rest is in FlowBoard.)")


def html_of(text: str) -> Markup:
    """A Markdown text as HTML for mail programs: no pictures, no controls, and links that lead somewhere."""
    html = _TASK.sub(lambda box: "☑" if " checked" in box[0] else "☐", render_markdown(shortened(text)))
    clean = nh3.clean(html, tags=nh3.ALLOWED_TAGS - {"img", "input"}, attribute_filter=_whole_links)
    return Markup(clean)  # noqa: S704 (sanitised by nh3 twice)


def _whole_links(tag: str, attribute: str, value: str) -> str | None:
    if tag == "a" and attribute == "href" and value.startswith("/") and not value.startswith("//"):
        return settings.BASE_URL + value
    return value
