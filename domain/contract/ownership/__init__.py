"""Who holds a contract, who may act for the holder, what orders and freezes stand on it."""
