mod courses;
mod offerings;
pub(crate) mod register;
mod teachers;
mod term_turn;
