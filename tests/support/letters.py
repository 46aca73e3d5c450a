"""Mails as they come in, of nobody who is anybody."""

from email.message import EmailMessage
from email.policy import SMTP
from typing import Any
from uuid import uuid4

QUESTIONS = {
    "en": "Good morning, do you rent dedicated servers in Lisbon, and what do they cost a month?",
    "es": "Buenos días, ¿ofrecen servidores dedicados en Madrid y cuánto cuestan al mes?",
    "fr": "Bonjour, proposez-vous des serveurs dédiés à Lyon, et quels sont vos tarifs par mois ?",
    "pt": "Bom dia, vocês alugam servidores dedicados em Lisboa, e quanto custam por mês?",
    "de": "Guten Tag, bieten Sie dedizierte Server in Hamburg an, und was kosten sie im Monat?",
    "ru": "Здравствуйте, сдаёте ли вы выделенные серверы в Казани, и сколько это стоит в месяц?",
    "it": "Buongiorno, affittate server dedicati a Milano, e quanto costano al mese?",
    "zh": "您好，请问你们在上海出租独立服务器吗？每个月多少钱？谢谢。",
}
"""General questions, one in each language in which customers are told."""

MATTERS = {
    "en": "Good morning, I have forgotten the password of our control panel. What shall I do now?",
    "es": "Buenos días, he olvidado la contraseña de nuestro panel. ¿Qué tengo que hacer ahora?",
    "fr": "Bonjour, j'ai oublié le mot de passe de notre espace client. Que dois-je faire ?",
    "pt": "Bom dia, esqueci a senha do nosso painel de controle. O que devo fazer agora?",
    "de": "Guten Tag, ich habe das Passwort für unseren Server vergessen. Was soll ich tun?",
    "ru": "Здравствуйте, я забыл пароль от панели управления. Что мне теперь делать?",
    "it": "Buongiorno, ho dimenticato la password del nostro pannello. Che cosa devo fare?",
    "zh": "您好，我忘记了控制面板的密码，现在应该怎么办？请帮助我，谢谢。",
}
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
