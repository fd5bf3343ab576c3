mod duties;
