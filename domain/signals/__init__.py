"""Risk signals: what a person should look at. They decide nothing, and nothing acts on them."""
