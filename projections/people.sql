-- name: keep_login
INSERT INTO views.logins (stream, person, login, contract, position)
VALUES (%(stream)s, %(person)s, %(login)s, %(contract)s, %(position)s)
ON CONFLICT (stream, person) DO UPDATE SET login = excluded.login, position = excluded.position;

-- name: drop_login
DELETE FROM views.logins WHERE stream = %(stream)s AND person = %(person)s;

-- name: erase_login
DELETE FROM views.logins
WHERE person = %(person)s AND contract IS NOT DISTINCT FROM %(contract)s;

-- name: keep_staff
INSERT INTO views.staff (staff, position, joined, joined_at)
VALUES (%(staff)s, %(position)s, %(joined)s, %(joined_at)s)
ON CONFLICT (staff) DO NOTHING;

-- name: keep_key
INSERT INTO views.api_keys (key, staff) VALUES (%(key)s, %(staff)s) ON CONFLICT (key) DO NOTHING;

-- name: find_login
SELECT person, contract FROM views.logins WHERE login = %(login)s ORDER BY position LIMIT 200;

-- name: find_key
SELECT staff FROM views.api_keys WHERE key = %(key)s;

-- name: staff_page
SELECT staff, position, joined, joined_at FROM views.staff
WHERE position > %(after)s AND (%(staff)s::uuid IS NULL OR staff = %(staff)s)
ORDER BY position
LIMIT %(limit)s;
