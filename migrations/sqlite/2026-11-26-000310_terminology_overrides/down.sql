DROP TABLE terminology_overrides;
