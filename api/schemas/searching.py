"""What every search for a person says: on what basis it is made."""

from api.schemas.common import Body, Short
from domain.access import ReadingBasis


class Search(Body):
    """On what basis somebody is searched for; for the basis `other` say it in words.

    What is searched for stands in the body, so that it stands in no URL and in no log.
    """

    basis: ReadingBasis
    words: Short | None = None
