//! Registers of lessons, and what follows from them; absence that is reported or granted; who is told at home.

mod absence_reports;
mod home;
mod leave_requests;
mod notices;
mod registers;
