mod batches;
mod capacity;
mod lifecycle;
mod register;
mod roster;
