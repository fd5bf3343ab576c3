DROP TABLE attendance_settings;
DROP TABLE absence_cases;
DROP TABLE absence_notices;
DROP TABLE leave_requests;
DROP TABLE absence_report_lessons;
DROP TABLE absence_reports;
