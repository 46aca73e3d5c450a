-- Mail that came in and opened no ticket.

ALTER TYPE ledger.stream_kind ADD VALUE IF NOT EXISTS 'mail';
