"""The settings of mail, out and in, part of `infra.settings.Settings`."""

import re
from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

LONGEST: Final = 315_360_000
"""Seconds of the longest period that a setting takes, ten years."""


class MailSettings(BaseSettings):
    """What an operator can choose about mail to customers, and mail from anybody."""

    smtp_url: SecretStr | None = Field(
        None,
        description="Server that takes mail to customers, `smtp://USER:PASSWORD@HOST:PORT"
        "?tls=starttls` (or `implicit`, or `none` on the same machine). Default: nobody gets mail.",
    )
    smtp_ca: Path | None = Field(
        None,
        description="PEM file of the authorities that its certificate comes from. "
        "Default: those that the machine trusts.",
    )
    mail_from: str | None = Field(
        None, description="From whom mail comes, `NAME <ADDRESS>`; needed with LEDGER_SMTP_URL."
    )
    mail_return: str | None = Field(
        None,
        description="Address to which servers report what they could not deliver. "
        "Default: that of LEDGER_MAIL_FROM.",
    )
    mail_own: tuple[str, ...] = Field(
        (),
        description="Addresses and domains of our own to which no mail is sent, because it would "
        "come back, a JSON list; those of LEDGER_MAIL_FROM and LEDGER_MAIL_RETURN are known.",
    )
    mail_zone: str = Field("UTC", description="Time zone in which mail names moments.")
    mail_per_hour: int = Field(
        100,
        ge=1,
        description="Mails that one address gets in an hour, so that a loop ends; that something "
        "needs attention is told beyond it.",
    )
    mail_at_once: int = Field(4, ge=1, le=32, description="Mails that are handed over at once.")
    mail_give_up_seconds: int = Field(
        172_800,
        ge=1,
        le=LONGEST,
        description="How long a mail is tried that no server takes (2 days).",
    )
    portal_url: str | None = Field(
        None,
        pattern=r"^https?://[^\s<>\"]+$",
        description="Where customers log in; mails name it.",
    )
    mail_bytes: int = Field(
        36_700_160,
        ge=1024,
        description="Largest mail that is taken in; 35 MiB hold a file of 25 MiB.",
    )
    mail_contract_numbers: str = Field(
        r"\b[A-Z]{1,16}[-_]{1}(?=[A-Za-z_-]{0,46}[0-9])[A-Za-z0-9_-]{1,47}\b",
        max_length=500,
        description="Regular expression of what looks like a contract number. A mail with one is "
        "about an account, whether there is such a contract or not: nobody finds out by mail.",
    )

    @field_validator("mail_contract_numbers")
    @classmethod
    def _is_expression(cls, text: str) -> str:
        try:
            re.compile(text)
        except re.error:
            raise ValueError("is no regular expression") from None
        return text
