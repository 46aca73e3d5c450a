-- The topics that the publisher began, one after the other: a new one when a broker lost the last.
-- How far it is stands in its row of views.followers; the truth of it is Kafka's tracking record.
-- A topic that is deleted and made again under its name has another id.
CREATE TABLE views.publishing (
    generation integer PRIMARY KEY CHECK (generation > 0),
    topic text NOT NULL,
    topic_id text NOT NULL,
    cluster text NOT NULL,
    reason text NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
