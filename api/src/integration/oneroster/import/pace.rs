//! How many rows are compared and saved at a time, so that no save holds the writer for long.

use std::time::Duration;

/// The longest that one save may hold the writer, by the promise to everybody else who writes.
#[cfg(test)]
const MOST: Duration = Duration::from_millis(200);
/// What a save is to take: well below the promise, because no two chunks are alike.
const AIM: Duration = Duration::from_millis(60);
/// The fewest: below this the fixed cost of a save is most of it.
const SMALLEST: usize = 10;
/// What one record takes until it has been measured: a slow machine's figure.
const UNKNOWN: Duration = Duration::from_micros(800);

/// Learns what a record takes, and says how many rows fit.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    per_record: Duration,
}

impl Pace {
    /// The most rows of a chunk, however fast the writer is.
    pub const LARGEST: usize = 500;

    pub fn new() -> Self {
        Self { per_record: UNKNOWN }
    }

    /// How many rows fit into one save, if each of them is one record to write.
    pub fn rows(&self) -> usize {
        let per_record = self.per_record.as_micros().max(1);
        let fitting = usize::try_from(AIM.as_micros() / per_record).unwrap_or(Self::LARGEST);
        fitting.clamp(SMALLEST, Self::LARGEST)
    }

    /// Another kind of record may take longer than the one before.
    pub fn next_kind(&mut self) {
        self.per_record = self.per_record.max(UNKNOWN);
    }

    /// A save of so many records held the writer for so long. What took longer counts at once,
    /// what took less counts half: chunks shrink quickly and grow slowly.
    pub fn took(&mut self, records: usize, held: Duration) {
        let Ok(records) = u32::try_from(records.max(SMALLEST)) else { return };
        let now = held / records;
        self.per_record = if now > self.per_record { now } else { (self.per_record + now) / 2 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_fast_writer_gets_large_chunks_and_a_slow_one_small_ones() {
        let mut pace = Pace::new();
        let first = pace.rows();
        for _ in 0..10 {
            pace.took(first, Duration::from_millis(2));
        }
        assert_eq!(pace.rows(), Pace::LARGEST);
        pace.took(Pace::LARGEST, Duration::from_secs(2));
        assert!(pace.rows() < 20, "{}", pace.rows());
        for _ in 0..10 {
            pace.took(10, Duration::ZERO);
        }
        assert_eq!(pace.rows(), Pace::LARGEST);
        pace.next_kind();
        assert_eq!(pace.rows(), first);
    }

    proptest! {
        /// A writer of steady speed is held too long by none but the first save.
        #[test]
        fn a_steady_writer_is_never_held_too_long(micros in 1..15_000_u64, fixed in 0..20_u64) {
            let mut pace = Pace::new();
            for save in 0..50 {
                let rows = pace.rows();
                let held = Duration::from_millis(fixed)
                    + Duration::from_micros(micros) * u32::try_from(rows).unwrap();
                prop_assert!(save == 0 || held <= MOST, "save {save}: {rows} rows take {held:?}");
                pace.took(rows, held);
            }
        }
    }
}
