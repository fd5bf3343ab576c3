mod large;
mod promotion;
mod school;
mod story;
mod undo;
