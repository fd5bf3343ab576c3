mod large;
mod lessons;
mod promotion;
mod school;
mod story;
mod undo;
