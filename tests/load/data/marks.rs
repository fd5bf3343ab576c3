//! What is registered of a class in a lesson: by whoever filled the register, and by those who save classes. There are
//! four sets in which nobody has the same mark twice, so that whoever saves one after the other changes everybody's.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use skolhus_domain::attendance::{Mark, Missed};
use uuid::Uuid;

use super::{
    Of, Organiser,
    plan::{CLASS, SUBJECTS},
    timetable::MINUTES,
};

/// Minutes late of those who are not there from the beginning.
const LATE: u32 = 5;

/// A mark in a lesson of fifty minutes, as it stands in the columns of its row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Columns {
    pub mark: &'static str,
    pub late: u32,
    pub left_early: u32,
    pub missed_authorised: bool,
    pub present: u32,
    pub authorised: u32,
    pub unauthorised: u32,
    pub other: u32,
}

impl Columns {
    /// Those of a mark.
    pub fn of(mark: Mark) -> Self {
        let missed = match mark {
            Mark::Present(missed) => missed,
            Mark::Absent { .. } | Mark::Other => Missed::NOTHING,
        };
        let ledger = mark.ledger(MINUTES);
        Self {
            mark: mark.code().code(),
            late: missed.late_minutes(),
            left_early: missed.left_early_minutes(),
            missed_authorised: missed.is_authorised(),
            present: ledger.present(),
            authorised: ledger.authorised(),
            unauthorised: ledger.unauthorised(),
            other: ledger.other(),
        }
    }
}

/// A set of marks of a class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Set(pub u32);

impl Set {
    /// The mark of whoever sits at a place of the class.
    pub fn mark(self, seat: u32) -> Mark {
        match (seat + self.0) % 4 {
            0 => Mark::Present(Missed::NOTHING),
            1 => Mark::Present(Missed::registered(LATE, 0, false).unwrap_or_default()),
            2 => Mark::Absent { authorised: true },
            _ => Mark::Absent { authorised: false },
        }
    }

    /// The body that saves the mark of one person.
    pub fn document(self, seat: u32) -> Value {
        let mark = self.mark(seat);
        let kind = mark.code().code();
        match mark {
            // Unless it is said, what stood there before would decide; where nothing was missed there is nothing to say.
            Mark::Present(missed) if missed.minutes() > 0 => json!({
                "kind": kind, "lateMinutes": missed.late_minutes(), "missedAuthorised": missed.is_authorised(),
            }),
            Mark::Present(_) | Mark::Absent { .. } | Mark::Other => json!({ "kind": kind }),
        }
    }

    /// The body that saves a class.
    pub fn documents(self, organiser: &Organiser, offering: u32) -> Value {
        let marks = organiser.seats(offering).map(|(seat, person)| {
            let mut document = self.document(seat);
            if let Some(fields) = document.as_object_mut() {
                fields.insert("personId".to_owned(), json!(person));
            }
            document
        });
        json!({ "marks": marks.collect::<Vec<_>>() })
    }
}

/// What was registered in a term, of whoever sits at a place: nine of ten were there.
pub fn of_term(chance: u64) -> Mark {
    match chance % 20 {
        0 => Mark::Absent { authorised: true },
        1 => Mark::Absent { authorised: false },
        2 => Mark::Present(Missed::registered(LATE, 0, false).unwrap_or_default()),
        3 => Mark::Other,
        _ => Mark::Present(Missed::NOTHING),
    }
}

impl Organiser {
    /// The places of an offering's class, and who sits there.
    pub fn seats(&self, offering: u32) -> impl Iterator<Item = (u32, Uuid)> + use<> {
        let one = *self;
        let first = offering / SUBJECTS * CLASS;
        (first..(first + CLASS).min(one.pupils))
            .map(move |place| (place - first, one.id(Of::Pupil, one.pupil_at(place))))
    }

    /// Its classes without a free seat.
    pub fn full_classes(&self) -> u32 {
        self.pupils / CLASS
    }
}

/// The id of what is registered of a person in a lesson, as the program makes it: one for each, whoever saves first.
pub fn mark_id(lesson: Uuid, person: Uuid) -> Uuid {
    let hash = Sha256::new()
        .chain_update("attendances")
        .chain_update(lesson.as_bytes())
        .chain_update([0])
        .chain_update(person.as_bytes())
        .finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash).for_each(|(byte, hashed)| *byte = hashed);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_saves_another_set_changes_every_mark() {
        for (one, other) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)] {
            assert!((0..CLASS).all(|seat| Set(one).mark(seat) != Set(other).mark(seat)));
        }
    }
}
