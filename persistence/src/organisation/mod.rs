//! Organisers, controllers, school units, sites and terms (organisation).

pub mod controller;
pub mod organiser;
pub mod school_unit;
