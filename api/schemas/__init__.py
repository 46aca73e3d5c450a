"""What clients send and get, as pydantic models; `/openapi.json` is made from them."""
