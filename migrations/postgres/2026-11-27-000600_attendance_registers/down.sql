DROP TABLE attendances;
DROP TABLE attendance_registers;
