DROP TABLE offering_teachers;
DROP TABLE offering_terms;
DROP TABLE course_offerings;
DROP TABLE courses;
DROP TABLE duties;
