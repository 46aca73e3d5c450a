"""Who asks over HTTP: routers, schemas, authentication, problem documents. No rules live here."""
