//! From a checked set to the register: compare, stop if too much would end, save.
//!
//! Each file is gone through in chunks. A chunk is compared in a read and saved in a write of its
//! own, so that the writer is held for the saving alone; the write also notes in the job how far
//! the run has come, so that a run that was stopped anywhere goes on with the next chunk and
//! nothing is done twice. The same comparison without the saving is the plan.

mod catalogue;
mod context;
mod ends;
mod index;
mod organisation;
mod pace;
mod people;
mod places;
mod relatives;
mod run;
mod writes;

pub use run::{Parts, RunError, run};
