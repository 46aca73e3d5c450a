-- name: opened
SELECT opened.position, opened.stream_id, opened.envelope FROM ledger.events AS opened
WHERE opened.type = 'DisputeOpened' AND opened.position > %(after)s
  AND (%(closed)s::boolean IS NULL OR %(closed)s::boolean = EXISTS (
      SELECT FROM ledger.events AS closing
      WHERE closing.type = 'DisputeClosed' AND closing.stream_id = opened.stream_id
  ))
ORDER BY opened.position
LIMIT %(limit)s;
