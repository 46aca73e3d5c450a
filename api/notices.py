"""What the portal tells a holder: that the contract's identity data will change, and when."""

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


def change_notice(language: str, until: datetime) -> Notice:
    """Return the notice in the contract's language, else in English."""
    known = _NOTICES.get(language.partition("-")[0].lower(), _ENGLISH)
    return known._replace(text=known.text.format(until=time_text(until)))
