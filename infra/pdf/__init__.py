"""The timeline of an export as PDF: `render` makes it from a `Document`."""

from infra.pdf.document import Answer, Cover, Document, Field, Hidden, Remark, Row
from infra.pdf.rendering import render
from infra.pdf.wording import LANGUAGES

__all__ = ["LANGUAGES", "Answer", "Cover", "Document", "Field", "Hidden", "Remark", "Row", "render"]
