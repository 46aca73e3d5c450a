"""Mails as the standards print them."""

import pytest

from domain.mail.letter import Letter
from domain.mail.sorting import Bounce, Drop, DropReason, Ours, sort
from infra.mail.incoming import read_letter

ID = "019b7ca9-8f2e-7caf-868b-f55df0b1ec53"

# RFC 3464, appendix E.1: a mailer could not deliver to one of several recipients.
SIMPLE = """\
Date: Thu, 7 Jul 1994 17:16:05 -0400
From: Mail Delivery Subsystem <MAILER-DAEMON@CS.UTK.EDU>
Message-Id: <199407072116.RAA14128@CS.UTK.EDU>
Subject: Returned mail: Cannot send message for 5 days
To: <owner-info-mime@cs.utk.edu>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
      boundary="RAA14128.773615765/CS.UTK.EDU"

--RAA14128.773615765/CS.UTK.EDU

The original message was received at Sat, 2 Jul 1994 17:10:28 -0400
from root@localhost

   ----- The following addresses had delivery problems -----
<louisl@larry.slip.umd.edu>  (unrecoverable error)

--RAA14128.773615765/CS.UTK.EDU
content-type: message/delivery-status

Reporting-MTA: dns; cs.utk.edu

Original-Recipient: rfc822;louisl@larry.slip.umd.edu
Final-Recipient: rfc822;louisl@larry.slip.umd.edu
Action: failed
Status: 4.0.0
Diagnostic-Code: smtp; 426 connection timed out
Last-Attempt-Date: Thu, 7 Jul 1994 17:15:49 -0400

--RAA14128.773615765/CS.UTK.EDU
content-type: message/rfc822

Message-ID: <ID@provider.example>
Subject: Your ticket

--RAA14128.773615765/CS.UTK.EDU--
"""

# RFC 3464, appendix E.2: several recipients, one delivered.
SEVERAL = """\
Reporting-MTA: dns; cs.utk.edu

Original-Recipient: rfc822;arathib@vnet.ibm.com
Final-Recipient: rfc822;arathib@vnet.ibm.com
Action: failed
Status: 5.0.0 (permanent failure)
Diagnostic-Code: smtp;
 550 'arathib@vnet.IBM.COM' is not a registered gateway user
Remote-MTA: dns; vnet.ibm.com

Original-Recipient: rfc822;johnh@hpnjld.njd.hp.com
Final-Recipient: rfc822;johnh@hpnjld.njd.hp.com
Action: delayed
Status: 4.0.0 (hpnjld.njd.jp.com: host name lookup failure)

Original-Recipient: rfc822;wsnell@sdcc13.ucsd.edu
Final-Recipient: rfc822;wsnell@sdcc13.ucsd.edu
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp; 550 user unknown
Remote-MTA: dns; sdcc13.ucsd.edu
"""

# RFC 3464, appendix E.3: a report of a gateway, which is only late.
DELAYED = """\
Reporting-MTA: dns; sun2.nsfnet-relay.ac.uk

Final-Recipient: rfc822;thomas@de-montfort.ac.uk
Status: 4.0.0 (unknown temporary failure)
Action: delayed
"""


TWO_CHARSETS = """\
=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=
 =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?="""

CONTINUED = """\
filename*0*=us-ascii'en'This%20is%20even%20more%20;
 filename*1*=%2A%2A%2Afun%2A%2A%2A%20;
 filename*2="isn't it!\""""


def read(mail: str) -> Letter:
    return read_letter(mail.replace("\n", "\r\n").encode("latin-1"), 100_000)


def reported(status: str = "") -> Letter:
    """Read the simple report, or one that says this of its recipients."""
    head, _, rest = SIMPLE.replace("ID@", f"{ID}@").partition("Reporting-MTA")
    said, _, end = f"Reporting-MTA{rest}".partition("\n--RAA")
    return read(f"{head}{status or said}\n--RAA{end}")


@pytest.mark.parametrize(
    ("status", "code"), [("", "4.0.0"), (SEVERAL, "5.0.0")], ids=["simple", "several"]
)
def test_the_reports_of_rfc_3464_are_bounces(status: str, code: str) -> None:
    found = sort(reported(status), Ours("provider.example"))
    assert isinstance(found, Bounce)
    assert (str(found.notification), found.status) == (ID, code)
    assert found.text.startswith("Reporting-MTA: dns; cs.utk.edu")


def test_a_report_of_a_delay_is_no_bounce() -> None:
    found = sort(reported(DELAYED), Ours("provider.example"))
    assert found == Drop(DropReason.REPORT)


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        (TWO_CHARSETS, "If you can read this you understand the example."),
        ("(=?ISO-8859-1?Q?a?=)", "(a)"),
        ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a?=\n  =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a_b?=", "a b"),
        ("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"),
    ],
)
def test_the_encoded_words_of_rfc_2047_are_read(written: str, subject: str) -> None:
    assert read(f"From: ada@example.net\nSubject: {written}\n\nx").subject == subject


@pytest.mark.parametrize(
    ("written", "name", "address"),
    [
        ("=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore", "moore@cs.utk.edu"),
        (
            "=?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@vm1.ulg.ac.be>",
            "André Pirard",
            "PIRARD@vm1.ulg.ac.be",
        ),
        (
            "=?ISO-8859-1?Q?Olle_J=E4rnefors?= <ojarnef@admin.kth.se>",
            "Olle Järnefors",
            "ojarnef@admin.kth.se",
        ),
    ],
)
def test_the_names_of_rfc_2047_are_read(written: str, name: str, address: str) -> None:
    found = read(f"From: {written}\nSubject: x\n\nx")
    assert (found.name, found.sender) == (name, address)


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ("filename*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A", "This is ***fun***"),
        (CONTINUED, "This is even more ***fun*** isn't it!"),
    ],
)
def test_the_parameters_of_rfc_2231_are_read(parameters: str, name: str) -> None:
    mail = f"From: ada@example.net\nContent-Disposition: attachment;\n {parameters}\n\nx"
    assert [one.name for one in read(mail).files] == [name]


@pytest.mark.parametrize("value", ["auto-generated", "auto-replied", "auto-notified", "x-other"])
def test_every_word_of_rfc_3834_but_no_says_that_a_machine_wrote(value: str) -> None:
    said = f"From: ada@example.net\nAuto-Submitted: {value} (a comment); a=b\n\nHello"
    assert sort(read(said), Ours()) == Drop(DropReason.AUTOMATIC)
