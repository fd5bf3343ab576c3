-- What somebody is logged in on, in words that they know it by. When it was used last follows from its refresh tokens.
ALTER TABLE sessions ADD COLUMN device TEXT COLLATE "C";
