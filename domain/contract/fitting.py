"""Which document each category of holder gives."""

from typing import Final

from domain.contract.documents import Category, Document
from domain.errors import Refused

FITTING: Final = {
    Category.INDIVIDUAL: "passport",
    Category.INDIVIDUAL_ENTREPRENEUR: "entrepreneur",
    Category.LEGAL_ENTITY: "organisation",
    Category.GOVERNMENT_AGENCY: "organisation",
}
"""Which of a document's three kinds each category of holder gives."""


def document_fits(category: Category, document: Document | None) -> None:
    """Refuse a document that is not the one of its holder's category."""
    if category is Category.UNKNOWN:
        raise Refused("category-required", "only imported contracts have no known category")
    given = [kind for kind in ("passport", "entrepreneur", "organisation") if _has(document, kind)]
    if given != [FITTING[category]]:
        raise Refused(
            "document-fits-category", f"{category} gives exactly one document: {FITTING[category]}"
        )


def _has(document: Document | None, kind: str) -> bool:
    return getattr(document, kind, None) is not None
