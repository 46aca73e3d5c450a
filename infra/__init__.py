"""How it is kept: the only code that knows eventsourcing, psycopg, kafka and cryptography."""
