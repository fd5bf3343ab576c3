DROP TABLE handling_plan_settings;
DROP TABLE clearings;
DROP TABLE handling_plan_staff;
DROP TABLE handling_plans;
