//! What holds for every table, whoever added it: these tests need no editing.

mod constraints;
mod migrations;
mod plans;
mod proof;
mod sizes;
mod tables;
