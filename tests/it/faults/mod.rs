//! Crashes: what was acknowledged stands, what was not is whole or absent.

mod killed;
