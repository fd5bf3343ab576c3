DROP TABLE person_reviews;
