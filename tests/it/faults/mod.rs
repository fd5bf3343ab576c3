//! Crashes and failures: what was acknowledged stands, what was not is whole or absent.

mod full_disk;
mod killed;
mod morning;
mod postgres_away;
mod restored;
