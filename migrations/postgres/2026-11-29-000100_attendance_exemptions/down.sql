DROP TABLE attendance_exemptions;
