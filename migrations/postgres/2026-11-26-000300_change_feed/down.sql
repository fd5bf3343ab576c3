DROP TABLE feed_clock;
DROP TABLE feed_presences;
