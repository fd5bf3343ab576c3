DROP TABLE group_assignments;
DROP TABLE group_memberships;
DROP TABLE groups;
