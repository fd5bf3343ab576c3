mod batches;
mod capacity;
mod lifecycle;
pub(crate) mod register;
mod roster;
