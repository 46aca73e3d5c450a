"""Exports: what is recorded of a ticket or a contract, as a bag that anybody can check."""
