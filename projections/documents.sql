-- name: keep
INSERT INTO views.documents (event, field, contract, subject, digest, position)
VALUES (%(event)s, %(field)s, %(contract)s, %(subject)s, %(digest)s, %(position)s)
ON CONFLICT (event, field) DO UPDATE SET digest = excluded.digest;

-- name: erase
DELETE FROM views.documents
WHERE subject = %(subject)s AND contract IS NOT DISTINCT FROM %(contract)s;

-- name: known
SELECT DISTINCT other.contract, other.subject, own.subject
FROM views.documents AS own
JOIN views.documents AS other ON other.digest = own.digest AND other.contract <> own.contract
WHERE own.contract = %(contract)s AND (%(event)s::uuid IS NULL OR own.event = %(event)s)
ORDER BY other.contract, other.subject, own.subject
LIMIT 200;
