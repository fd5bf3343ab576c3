//! An identity number that a person holds during a period.

use chrono::NaiveDate;

use super::{CoordinationStanding, DataSource, IdentityNumber, IdentityNumberKind, finish_with, redacted};
use crate::id::SchoolUnitId;
use crate::period::Period;
use crate::refusal::{Refusal, Refusals, Rule};

/// A held identity number as somebody entered it.
#[derive(Clone, PartialEq, Eq)]
pub struct HeldIdentityNumberDraft {
    /// The kind; none to work it out from how the number is written.
    pub kind: Option<IdentityNumberKind>,
    /// The number, in any common spelling.
    pub value: String,
    /// The first day on which the person holds it.
    pub from: NaiveDate,
    /// The last day; none means until further notice.
    pub to: Option<NaiveDate>,
    /// Who told us.
    pub source: DataSource,
    /// What Skatteverket says of a coordination number, where that is known.
    pub coordination: Option<CoordinationStanding>,
    /// The school unit that issued a T or TF number.
    pub issued_by: Option<SchoolUnitId>,
}

/// An identity number that a person holds during a period. `Debug` shows nothing.
///
/// A person may hold several over time: a TF number until a coordination number comes, and
/// that until a personnummer does. A new identity is never such a change: that person is
/// registered afresh.
#[derive(Clone, PartialEq, Eq)]
pub struct HeldIdentityNumber {
    /// The number.
    pub number: IdentityNumber,
    /// The days on which the person holds it.
    pub period: Period,
    /// Who told us.
    pub source: DataSource,
    /// What Skatteverket says of a coordination number, where that is known; none otherwise.
    pub coordination: Option<CoordinationStanding>,
    /// The school unit that issued a T or TF number; none otherwise.
    pub issued_by: Option<SchoolUnitId>,
}

redacted!(HeldIdentityNumber, HeldIdentityNumberDraft);

impl HeldIdentityNumber {
    /// Checks one held number.
    ///
    /// # Errors
    /// All at once: as [`IdentityNumber::parse`] at `/value`, as [`Period::new`] below
    /// `/period`; [`Rule::Required`] or [`Rule::Conflict`] at `/issuedById`, which T and TF
    /// numbers have and no others; [`Rule::Conflict`] at `/coordination`, which only
    /// coordination numbers have.
    pub fn new(draft: &HeldIdentityNumberDraft, today: NaiveDate) -> Result<Self, Refusals> {
        let mut refusals = Refusals::default();
        let number = refusals.note(
            "/value",
            match draft.kind {
                Some(kind) => IdentityNumber::parse(kind, &draft.value, today),
                None => IdentityNumber::recognise(&draft.value, today),
            },
        );
        let period = refusals.note("/period", Period::new(draft.from, draft.to));
        if let Some(kind) = draft.kind.or(number.as_ref().map(IdentityNumber::kind)) {
            refusals.note("/coordination", check_coordination(kind, draft.coordination));
            refusals.note("/issuedById", check_issuer(kind, draft.issued_by));
        }
        finish_with(refusals, number.zip(period)).map(|(number, period)| Self {
            number,
            period,
            source: draft.source,
            coordination: draft.coordination,
            issued_by: draft.issued_by,
        })
    }

    /// Whether both follow one another in the same series, so that a day has only one of them:
    /// numbers of the same kind, and T and TF numbers only of the same school unit.
    #[must_use]
    pub fn is_in_series_with(&self, other: &Self) -> bool {
        self.number.kind() == other.number.kind() && self.issued_by == other.issued_by
    }
}

fn check_coordination(
    kind: IdentityNumberKind,
    coordination: Option<CoordinationStanding>,
) -> Result<(), Refusal> {
    if coordination.is_some() && kind != IdentityNumberKind::CoordinationNumber {
        return Err(Refusal::new(Rule::Conflict, "only a coordination number has an identity level"));
    }
    Ok(())
}

fn check_issuer(kind: IdentityNumberKind, issuer: Option<SchoolUnitId>) -> Result<(), Refusal> {
    match (kind.is_local(), issuer) {
        (true, None) => Err(Refusal::new(
            Rule::Required,
            "a T or TF number is only unique within the school unit that issued it: name the school unit",
        )),
        (false, Some(_)) => {
            Err(Refusal::new(Rule::Conflict, "only T and TF numbers are issued by a school unit"))
        }
        (true, Some(_)) | (false, None) => Ok(()),
    }
}
