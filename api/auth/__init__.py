"""Who asks: tokens and API keys prove somebody, their streams say what they may do."""
