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

-- A version has the documents of the last change up to it that brought any, or the registration's.
-- name: givings
WITH found AS MATERIALIZED (
    SELECT
        given.contract, given.subject, given.field, given.position, e.recorded_at,
        CASE WHEN e.type = 'IdentityChangeRequested' THEN e.stream_id END AS change
    FROM views.documents AS given
    JOIN ledger.events AS e ON e.position = given.position
    WHERE given.digest = %(digest)s
    ORDER BY given.contract, given.position, given.field
    LIMIT %(limit)s
), versions AS MATERIALIZED (
    SELECT
        searched.contract, request.stream_id AS change,
        (said.data ->> 'version')::integer AS version,
        convert_from(request.envelope, 'UTF8')::jsonb #> '{data,holders}' <> '[]' AS documents
    FROM (SELECT DISTINCT contract FROM found) AS searched
    JOIN ledger.events AS registered
        ON registered.contract = searched.contract AND registered.contract_count = 1
    JOIN ledger.events AS changed
        ON changed.stream_id = registered.stream_id AND changed.stream_kind = 'contract'
        AND changed.type = 'IdentityChanged'
    CROSS JOIN LATERAL (
        SELECT convert_from(changed.envelope, 'UTF8')::jsonb -> 'data' AS data
    ) AS said
    JOIN ledger.events AS request
        ON request.stream_id = (said.data ->> 'change')::uuid
        AND request.stream_kind = 'identity_change' AND request.stream_version = 1
), given AS (
    SELECT found.*, CASE WHEN found.change IS NULL THEN 1 ELSE versions.version END AS version
    FROM found
    LEFT JOIN versions ON versions.contract = found.contract AND versions.change = found.change
)
SELECT
    contract, subject, field LIKE '%%.representative.%%', version, change, position, recorded_at,
    version IS NOT NULL AND NOT EXISTS (
        SELECT FROM versions AS later
        WHERE later.contract = given.contract AND later.documents AND later.version > given.version
    )
FROM given
ORDER BY contract, position, field;
