"""Routes: each turns a form into a command or a question, and an answer into JSON. No rules."""
