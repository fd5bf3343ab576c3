//! Participations (deltaganden): rows, finders, the roster.

mod driving;
mod exception;
mod find;
mod pace;
mod roster;
mod row;
mod write;

pub use driving::{
    affected_within, all_in, days_by_groups, driven_within, offerings_driven_by, open_among, outermost_of,
    parts_within, standing_among, write_step,
};
pub use exception::{
    ExceptionFilter, ExceptionSort, NamedException, exceptions_in, find_exception, insert_exception,
    is_exception_taken, list_exceptions, update_exception,
};
pub use find::{Beside, beside, find, find_many, find_named, occupied, of_offerings};
pub use pace::{PaceSort, ParallelStudies, parallel_studies};
pub use roster::{Named, ParticipationFilter, ParticipationSort, list};
pub use write::{because, insert_many, lock_offerings, update_many, withdraw};
