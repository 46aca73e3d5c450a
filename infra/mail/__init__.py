"""Mail: handing it over to a server."""
