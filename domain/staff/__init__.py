"""A staff member's life: who "agent 17" was, and what they were allowed to do when."""
