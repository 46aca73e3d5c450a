"""Words that speak of an account, in the eight languages in which customers are answered.

They only decide whether somebody is told how to open a ticket: rather once too often. Attachments
are not looked into: that a scan is one of identity papers no word list can tell.
"""

import re
import unicodedata
from typing import Final

OUR_THINGS: Final = {
    "en": (
        r"(?:my|our)\s+(?:\w+\s+)?",
        "account domain website site server hosting mailbox email e-mail database contract ticket",
    ),
    "es": (
        r"(?:mi|mis|nuestro|nuestra|nuestros|nuestras)\s+(?:\w+\s+)?",
        "cuenta dominio sitio web pagina servidor alojamiento buzon correo contrato ticket",
    ),
    "fr": (
        r"(?:mon|ma|mes|notre|nos)\s+(?:\w+\s+)?",
        "compte domaine nom site serveur hebergement boite contrat ticket",
    ),
    "pt": (
        r"(?:meu|minha|meus|minhas|nosso|nossa|nossos|nossas)\s+(?:\w+\s+)?",
        "conta dominio site pagina servidor hospedagem alojamento caixa contrato ticket",
    ),
    "de": (
        r"(?:mein|unser)(?:e|en|em|er|es)?\s+(?:\w+\s+)?",
        "konto account domain webseite website server hosting postfach vertrag ticket",
    ),
    "ru": (
        r"(?:мо[йяеию]\w*|наш\w*)\s+(?:\w+\s+)?",
        "аккаунт учетн домен сайт сервер хостинг ящик почт договор тикет кабинет",
    ),
    "it": (
        r"(?:mio|mia|miei|mie|nostro|nostra|nostri|nostre)\s+(?:\w+\s+)?",
        "account conto dominio sito server hosting casella contratto ticket",
    ),
}
"""What belongs to somebody: a possessive, at most one word, and the beginning of a noun."""

MATTERS: Final = {
    "en": r"""password passphrase passcode log-?\s?in log(?:ged|ging)?\s+in logon
        sign(?:ed|ing)?[-\s]in credentials user\s?name two-factor 2fa locked\s+out invoice
        billing refund payment owner access transfer cancel terminat suspend hacked stolen
        passport identity\s+card customer\s+number contract\s+number account\s+number""",
    "es": r"""contrasena clave\s+de\s+acceso iniciar\s+sesion inicio\s+de\s+sesion acceso acceder
        usuario factura reembolso devolucion pago propietari titular transferi transferencia
        cancel baja\s+d dar(?:me|nos)?\s+de\s+baja rescindir suspendid bloquead hackead
        robad pasaporte documento\s+de\s+identidad numero\s+de\s+(?:cliente|contrato)""",
    "fr": r"""mot\s+de\s+passe identifiant connexion se\s+connecter me\s+connecter acces acceder
        facture remboursement paiement proprietaire titulaire transfer resili annul suspendu
        bloque pirate vole passeport carte\s+d.identite numero\s+de\s+(?:client|contrat)""",
    "pt": r"""senha palavra-?\s?passe iniciar\s+sessao login acesso acessar aceder fatura
        reembolso pagamento proprietari titular transferir transferencia cancel rescindir
        suspens bloquead hackead invadid roubad passaporte documento\s+de\s+identidade
        numero\s+d[eo]\s+(?:cliente|contrato)""",
    "de": r"""passwort kennwort anmelden anmeldung einloggen login zugang zugriff zugangsdaten
        benutzername rechnung zahlung erstattung ruckerstattung inhaber eigentumer ubertrag
        transfer umzug kundig storn gesperrt sperrung gehackt gestohlen reisepass
        personalausweis ausweiskopie kundennummer vertragsnummer""",
    "ru": r"""парол логин вход\b войти авториза доступ счет оплат плат[ие]ж возврат владел
        собственник перенос перенести передать передач трансфер отмен расторг заблокир
        приостанов взлом украл паспорт номер\w*\s+(?:договора|клиента)""",
    "it": r"""password credenziali accedere accesso login fattura rimborso pagamento proprietari
        intestatari titolare trasferi disdett disdire annull recess sospes bloccat hackerat
        rubat passaporto carta\s+d.identita numero\s+(?:di\s+)?(?:cliente|contratto)""",
}
"""The beginnings of words that speak of it by themselves, as alternatives of an expression."""

CHINESE: Final = (
    "密码 登录 登陆 登入 账号 账户 帐号 帐户 用户名 验证码 发票 账单 帐单 付款 退款 "
    "支付 所有权 所有者 过户 转移 转让 取消 注销 终止 解约 停用 冻结 被封 被盗 "
    "访问权限 身份证 护照 合同编号 合同号 客户编号 我的域名 我们的域名 我的网站 "
    "我们的网站 我的服务器 我们的服务器 我的邮箱"
)
"""Chinese has no spaces: these stand anywhere."""


def _plain(text: str) -> str:
    """Return the text in small letters, without accents."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in spread if not unicodedata.combining(char))


def _expression() -> re.Pattern[str]:
    begun = [matter for matters in MATTERS.values() for matter in matters.split()]
    for whose, things in OUR_THINGS.values():
        begun.append(f"{whose}(?:{'|'.join(things.split())})")
    anywhere = "|".join(map(_plain, CHINESE.split()))
    return re.compile(rf"\b(?:{'|'.join(map(_plain, begun))})|{anywhere}")


_ACCOUNT: Final = _expression()


def speaks_of_account(text: str) -> bool:
    """Say whether a text speaks of what belongs to an account."""
    return _ACCOUNT.search(_plain(text)) is not None
