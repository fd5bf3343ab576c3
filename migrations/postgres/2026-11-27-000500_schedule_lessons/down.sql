DROP TABLE lesson_staff;
DROP TABLE lesson_rooms;
DROP TABLE lessons;
DROP TABLE lesson_series;
DROP TABLE rooms;
