//! Organisers, controllers, school units, sites and terms (organisation).

pub mod code;
pub mod controller;
pub mod day_off;
pub mod organiser;
pub mod school_unit;
pub mod site;
pub mod term;
