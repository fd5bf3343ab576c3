//! Registers of lessons, and what follows from them; absence that is reported or granted; who is told at home.

mod absence_reports;
mod activity;
mod clock;
mod days;
mod exemptions;
mod figures;
mod home;
mod kept;
mod leave_requests;
mod marks;
mod notices;
mod reasons;
mod registers;
mod roster;
