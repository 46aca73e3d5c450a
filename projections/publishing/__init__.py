"""The publisher: copies every envelope to Kafka, exactly once and in order."""
