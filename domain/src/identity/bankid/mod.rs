//! Logging in with BankID: what becomes of an order, what people are told of it, and whom it lets in.

mod hint;
mod order_state;
mod return_address;
mod verdict;

pub use hint::{Hint, Progress};
pub use order_state::OrderState;
pub use return_address::{LONGEST_RETURN_ADDRESS, ReturnAddress};
pub use verdict::{Risk, Verdict, verdict};
