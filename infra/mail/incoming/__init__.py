"""Reading mail that came in: bounded in every direction, whatever it is made of."""

from infra.mail.incoming.reading import read_letter

__all__ = ["read_letter"]
