//! A register's rows, and the way there and back.

use skolhus_domain::{
    attendance::{Ground, Ledger, Mark, MarkCode, Missed, Registered},
    id::{AbsenceReportId, AccountId, Id, LeaveRequestId},
    participation::Reason,
    refusal::Refusal,
};

use crate::core::{
    error::Error,
    record::record,
    types::{Ts, Uid},
};

record! {
    /// The registration of a lesson; its id is the lesson's.
    pub(super) struct RegisterRow in attendance_registers as "attendance register" {
        state: String,
        registered_by_id: Option<Uid>,
        closed_at: Option<Ts>,
        closed_by_id: Option<Uid>,
    }
}

record! {
    /// What is registered of a person in a lesson.
    pub(super) struct AttendanceRow in attendances as "attendance" {
        lesson_id: Uid,
        person_id: Uid,
        mark: String,
        late_minutes: i32,
        left_early_minutes: i32,
        missed_authorised: bool,
        present_minutes: i32,
        authorised_minutes: i32,
        unauthorised_minutes: i32,
        other_minutes: i32,
        ground: Option<String>,
        ground_id: Option<Uid>,
        decided_reason: Option<String>,
        registered_by_id: Option<Uid>,
    }
}

const REPORT: &str = "absence-report";
const LEAVE: &str = "leave";

/// Whose marks they are, in a lesson of so many minutes.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) organiser: Uid,
    pub(super) lesson: Uid,
    pub(super) length: u32,
    pub(super) by: Option<AccountId>,
}

impl AttendanceRow {
    /// The first version of a row.
    pub(super) fn of(place: Place, person_id: Uid, now: Ts, registered: &Registered) -> Self {
        let Place { organiser, lesson, length, by } = place;
        let Registered { mark, ground, decided } = registered;
        let missed = match mark {
            Mark::Present(missed) => *missed,
            Mark::Absent { .. } | Mark::Other => Missed::NOTHING,
        };
        let ledger = mark.ledger(length);
        let (ground, ground_id) = match ground {
            None => (None, None),
            Some(Ground::Report(id)) => (Some(REPORT.to_owned()), Some(Uid::of(*id))),
            Some(Ground::Leave(id)) => (Some(LEAVE.to_owned()), Some(Uid::of(*id))),
        };
        Self {
            organiser_id: organiser,
            id: Uid::derived("attendances", lesson, &[person_id.0.as_bytes()]),
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            lesson_id: lesson,
            person_id,
            mark: mark.code().code().to_owned(),
            late_minutes: minutes(missed.late_minutes()),
            left_early_minutes: minutes(missed.left_early_minutes()),
            missed_authorised: missed.is_authorised(),
            present_minutes: minutes(ledger.present()),
            authorised_minutes: minutes(ledger.authorised()),
            unauthorised_minutes: minutes(ledger.unauthorised()),
            other_minutes: minutes(ledger.other()),
            ground,
            ground_id,
            decided_reason: decided.as_ref().map(|reason| reason.as_str().to_owned()),
            registered_by_id: by.map(Uid::of),
        }
    }

    /// The next state of a row: whoever enters what is so already has registered nothing new.
    pub(super) fn then(&self, place: Place, registered: &Registered) -> Self {
        let next = Self::of(place, self.person_id, self.created_at, registered);
        let next = Self { id: self.id, version: self.version, modified_at: self.modified_at, ..next };
        let same = Self { registered_by_id: self.registered_by_id, ..next.clone() };
        if crate::core::record::document(&same) == crate::core::record::document(self) { same } else { next }
    }

    /// What is registered.
    pub(super) fn registered(&self) -> Result<Registered, Error> {
        let refused = |refusal: Refusal| self.unreadable(&format!("{:?}", refusal.rule));
        let late = u32::try_from(self.late_minutes).map_err(|_| self.unreadable("minutes"))?;
        let left_early = u32::try_from(self.left_early_minutes).map_err(|_| self.unreadable("minutes"))?;
        let missed = Missed::registered(late, left_early, self.missed_authorised).map_err(refused)?;
        let mark = Mark::kept(MarkCode::from_code(&self.mark).map_err(refused)?, missed);
        let ground = match (self.ground.as_deref(), self.ground_id) {
            (Some(REPORT), Some(id)) => Some(Ground::Report(AbsenceReportId::from_uuid(id.0))),
            (Some(LEAVE), Some(id)) => Some(Ground::Leave(LeaveRequestId::from_uuid(id.0))),
            (None, _) => None,
            (Some(_), _) => return Err(self.unreadable("the ground")),
        };
        let decided = self.decided_reason.as_deref().map(Reason::new).transpose().map_err(refused)?;
        Ok(Registered { mark, ground, decided })
    }

    /// The minutes, as they are kept.
    pub(super) fn is_of_length(&self, length: u32) -> Result<bool, Error> {
        let ledger: Ledger = self.registered()?.mark.ledger(length);
        Ok(minutes(ledger.present()) == self.present_minutes
            && minutes(ledger.authorised()) == self.authorised_minutes
            && minutes(ledger.unauthorised()) == self.unauthorised_minutes
            && minutes(ledger.other()) == self.other_minutes)
    }

    fn unreadable(&self, detail: &str) -> Error {
        Error::Inconsistent {
            table: "attendances",
            id: self.id.0.to_string(),
            detail: format!("{detail} cannot be read"),
        }
    }
}

/// A lesson has 1,440 minutes at the most.
fn minutes(minutes: u32) -> i32 {
    i32::try_from(minutes).unwrap_or(i32::MAX)
}
