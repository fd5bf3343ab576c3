//! Registers of lessons, and what follows from them.

mod registers;
