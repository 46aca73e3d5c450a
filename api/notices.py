"""What the portal tells a holder: that identity data will change; that others claim something."""

from datetime import datetime
from typing import Final, NamedTuple

from api.answers import time_text


class Notice(NamedTuple):
    """A ticket's subject and text."""

    subject: str
    text: str


_ENGLISH: Final = Notice(
    "The identity data of your contract will change",
    "A change of the identity data of this contract was asked for and approved. It takes effect "
    "after {until}. If you did not agree, contest it before then, here or by any other way to us.",
)
_NOTICES: Final = {
    "en": _ENGLISH,
    "es": Notice(
        "Los datos de identidad de su contrato van a cambiar",
        "Se ha solicitado y aprobado un cambio de los datos de identidad de este contrato. Tendrá "
        "efecto después del {until}. Si no está de acuerdo, impúgnelo antes, aquí o por otra vía.",
    ),
    "fr": Notice(
        "Les données d'identité de votre contrat vont changer",
        "Une modification des données d'identité de ce contrat a été demandée et approuvée. Elle "
        "prend effet après le {until}. Si vous n'êtes pas d'accord, contestez-la avant, ici ou par "
        "une autre voie.",
    ),
    "pt": Notice(
        "Os dados de identidade do seu contrato vão mudar",
        "Foi pedida e aprovada uma alteração dos dados de identidade deste contrato. Produz efeito "
        "depois de {until}. Se não concorda, conteste-a antes, aqui ou por outra via.",
    ),
    "de": Notice(
        "Die Identitätsdaten Ihres Vertrags werden geändert",
        "Eine Änderung der Identitätsdaten dieses Vertrags wurde beantragt und genehmigt. Sie wird "
        "nach dem {until} wirksam. Wenn Sie nicht einverstanden sind, widersprechen Sie vorher, "
        "hier oder auf anderem Weg.",
    ),
    "ru": Notice(
        "Данные владельца вашего договора будут изменены",
        "Изменение данных владельца этого договора было запрошено и одобрено. Оно вступит в силу "
        "после {until}. Если вы не согласны, возразите до этого срока здесь или другим способом.",
    ),
    "it": Notice(
        "I dati di identità del suo contratto cambieranno",
        "Una modifica dei dati di identità di questo contratto è stata richiesta e approvata. Avrà "
        "effetto dopo il {until}. Se non è d'accordo, la contesti prima, qui o per altra via.",
    ),
    "zh": Notice(
        "您的合同身份信息即将变更",
        "本合同身份信息的变更申请已提出并获批准,将于 {until} 之后生效。如果您不同意,"
        "请在此之前在此处或通过其他方式提出异议。",
    ),
}

_CLAIMED_ENGLISH: Final = Notice(
    "Somebody claims something about your contract",
    "Somebody asked us for what is the holder's alone under this contract. A claim does not change "
    "who the holder is. If there is something that we should know, answer here or by any other way "
    "to us.",
)
_CLAIMED: Final = {
    "en": _CLAIMED_ENGLISH,
    "es": Notice(
        "Alguien reclama algo sobre su contrato",
        "Alguien nos ha pedido lo que solo corresponde al titular de este contrato. Una "
        "reclamación no cambia quién es el titular. Si hay algo que debamos saber, responda aquí "
        "o por otra vía.",
    ),
    "fr": Notice(
        "Quelqu'un réclame quelque chose concernant votre contrat",
        "Quelqu'un nous a demandé ce qui revient au seul titulaire de ce contrat. Une réclamation "
        "ne change pas qui est le titulaire. S'il y a quelque chose que nous devons savoir, "
        "répondez ici ou par une autre voie.",
    ),
    "pt": Notice(
        "Alguém reclama algo sobre o seu contrato",
        "Alguém nos pediu o que cabe apenas ao titular deste contrato. Uma reclamação não muda "
        "quem é o titular. Se há algo que devamos saber, responda aqui ou por outra via.",
    ),
    "de": Notice(
        "Jemand erhebt Anspruch auf etwas aus Ihrem Vertrag",
        "Jemand hat von uns verlangt, was allein dem Inhaber dieses Vertrags zusteht. Ein Anspruch "
        "ändert nicht, wer der Inhaber ist. Wenn wir etwas wissen sollten, antworten Sie hier oder "
        "auf anderem Weg.",
    ),
    "ru": Notice(
        "Кто-то предъявляет требование по вашему договору",
        "Поступила просьба предоставить то, что по этому договору положено только владельцу. "
        "Требование не меняет того, кто владелец. Если нам следует что-то знать, ответьте здесь "
        "или другим способом.",
    ),
    "it": Notice(
        "Qualcuno avanza una pretesa sul suo contratto",
        "Qualcuno ci ha chiesto ciò che spetta solo al titolare di questo contratto. Una pretesa "
        "non cambia chi è il titolare. Se c'è qualcosa che dobbiamo sapere, risponda qui o per "
        "altra via.",
    ),
    "zh": Notice(
        "有人就您的合同提出主张",
        "有人向我们索取本合同中仅属于合同持有人的内容。主张不会改变持有人是谁。"
        "如有需要我们了解的情况,请在此处或通过其他方式回复。",
    ),
}


def change_notice(language: str, until: datetime) -> Notice:
    """Return the notice in the contract's language, else in English."""
    known = _NOTICES.get(_primary(language), _ENGLISH)
    return known._replace(text=known.text.format(until=time_text(until)))


def claims_notice(language: str) -> Notice:
    """Return, in the same language, that somebody claims something: not who, not how often."""
    return _CLAIMED.get(_primary(language), _CLAIMED_ENGLISH)


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()
