mod code_tables;
mod controllers;
mod days_off;
mod organisers;
mod school_units;
mod sites;
mod terms;
