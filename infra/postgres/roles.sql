-- name: roles
SELECT rolname FROM pg_roles

-- name: create_role
CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {verifier}

-- name: has_database
SELECT 1 FROM pg_database WHERE datname = %s

-- name: create_database
CREATE DATABASE {database} OWNER {owner} TEMPLATE {template}

-- name: close_database
REVOKE ALL ON DATABASE {database} FROM PUBLIC

-- name: open_database
GRANT CONNECT ON DATABASE {database} TO {others}
