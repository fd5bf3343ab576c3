//! Registers of lessons, and what follows from them.

mod figures;
mod marks;
mod registers;
