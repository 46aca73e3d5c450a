"""Mails as they come in, of nobody who is anybody."""

import json
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any
from uuid import uuid4

_SAID = json.loads((Path(__file__).parents[1] / "fixtures" / "letters.json").read_text("utf-8"))

QUESTIONS: dict[str, str] = _SAID["questions"]
"""General questions, one in each language in which customers are told."""

MATTERS: dict[str, str] = _SAID["matters"]
"""Questions about an account, one in each language."""


def letter(text: str | None = None, *, html: str | None = None, **headers: str) -> EmailMessage:
    """Return a mail of its own; headers are named with `_` for `-`, an empty one is left out."""
    said = {
        "Return-Path": "<ada@example.net>",
        "Received": "from mx.example.net (mx.example.net [192.0.2.25]) by mail.example.org",
        "From": "Ada Example <ada@example.net>",
        "To": "info@provider.example",
        "Date": "Fri, 02 Jan 2026 03:04:05 +0000",
        "Message-ID": f"<{uuid4().hex}@example.net>",
        "Subject": "A question",
    }
    said |= {name.replace("_", "-"): value for name, value in headers.items()}
    mail = EmailMessage()
    for name, value in said.items():
        if value:
            mail[name] = value
    if text is not None:
        mail.set_content(text)
    if html is not None and text is None:
        mail.set_content(html, subtype="html")
    elif html is not None:
        mail.add_alternative(html, subtype="html")
    return mail


def raw(mail: EmailMessage) -> bytes:
    """Return a mail as it comes from a server."""
    return mail.as_bytes(policy=SMTP)


def sender() -> str:
    """Return an address that nobody wrote from before."""
    return f"{uuid4().hex[:12]}@example.net"


def enquiry(marked: str = "", **headers: Any) -> bytes:
    """Return a general question."""
    said = {"From": f"Ada Example <{sender()}>", "Return-Path": ""}
    return raw(letter(f"{QUESTIONS['en']}\n\n{marked}\n", **(said | headers)))


def report(about: str, *, action: str = "failed", status: str = "5.1.1", to: str = "") -> bytes:
    """Return a report on delivery (RFC 3464) of the mail with this Message-ID."""
    boundary = uuid4().hex
    return f"""\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: bounces@provider.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <{uuid4().hex}@mx.example.net>
Date: Fri, 02 Jan 2026 03:04:05 +0000
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"

--{boundary}
Content-Type: text/plain; charset=us-ascii

Your message could not be delivered.

--{boundary}
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
Arrival-Date: Fri, 02 Jan 2026 03:04:04 +0000

Final-Recipient: rfc822; {to or "nobody@example.net"}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such mailbox

--{boundary}
Content-Type: text/rfc822-headers

From: Support <support@provider.example>
Message-ID: {about}
Subject: Your ticket

--{boundary}--
""".replace("\n", "\r\n").encode()
