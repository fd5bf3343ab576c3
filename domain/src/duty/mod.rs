//! Duties (tjänster): a person who works at a school unit in a role.

use chrono::NaiveDate;

use crate::code::coded;
use crate::id::{PersonId, SchoolUnitId};
use crate::period::Period;
use crate::refusal::{Refusal, Refusals, Rule};
use crate::text::Text;

coded! {
    /// What a person works as. It names the work; what an account may do is another matter.
    DutyRole("role of a duty") {
        /// Lärare.
        Teacher = "teacher",
        /// Mentor, kursföreståndare.
        Mentor = "mentor",
        /// Rektor.
        Principal = "principal",
        /// Skoladministratör, registrator.
        Registrar = "registrar",
        /// Studie- och yrkesvägledare, kurator.
        Counsellor = "counsellor",
        /// Anything else.
        Other = "other",
    }
}

/// A person's duty at a school unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Duty {
    /// Who.
    pub person: PersonId,
    /// Where.
    pub school_unit: SchoolUnitId,
    /// As what.
    pub role: DutyRole,
    /// The short name in schedules, 1 to 10 characters as written; see [`unique_signature`].
    pub signature: Option<Text>,
    /// The days on which the person has the duty.
    pub period: Period,
}

/// A duty as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewDuty<'a> {
    /// Who.
    pub person: PersonId,
    /// Where.
    pub school_unit: SchoolUnitId,
    /// A code of [`DutyRole`].
    pub role: &'a str,
    /// 1 to 10 characters.
    pub signature: Option<&'a str>,
    /// First day and last day (none: until further notice).
    pub period: (NaiveDate, Option<NaiveDate>),
}

impl NewDuty<'_> {
    /// Checks every field.
    ///
    /// # Errors
    /// At `/role`, `/signature`, `/period/from` and `/period/to`.
    pub fn validate(self) -> Result<Duty, Refusals> {
        let mut refusals = Refusals::default();
        let Self { person, school_unit, role, signature, period } = self;
        let role = refusals.note("/role", DutyRole::from_code(role));
        let signature = signature.and_then(|raw| refusals.note("/signature", Text::line(raw, 10)));
        let period = refusals.note("/period", Period::new(period.0, period.1));
        match (role, period, refusals.finish()) {
            (Some(role), Some(period), Ok(())) => Ok(Duty { person, school_unit, role, signature, period }),
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

/// A signature as it is compared: case does not tell two signatures apart. A stored column of it
/// lets a database hold the rule.
#[must_use]
pub fn signature_key(signature: &Text) -> String {
    signature.as_str().to_lowercase()
}

/// Checks that no other person has the signature at the school unit on any of the duty's days. One
/// person's several duties share a signature; when a person has left, it may be given to another.
///
/// # Errors
/// [`Rule::Duplicate`] at `/signature`. It does not say whose it is.
pub fn unique_signature<'a>(duty: &Duty, others: impl IntoIterator<Item = &'a Duty>) -> Result<(), Refusal> {
    let Some(key) = duty.signature.as_ref().map(signature_key) else { return Ok(()) };
    let taken = others.into_iter().any(|other| {
        other.school_unit == duty.school_unit
            && other.person != duty.person
            && other.period.overlaps(&duty.period)
            && other.signature.as_ref().is_some_and(|theirs| signature_key(theirs) == key)
    });
    if taken {
        let detail = "another person at the school unit has this signature during the same time";
        Err(Refusal::new(Rule::Duplicate, detail).at("/signature"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    fn day(year: i32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, 8, 1).unwrap()
    }

    fn duty(person: u128, unit: u128, signature: &str, from: i32, to: Option<i32>) -> Duty {
        NewDuty {
            person: PersonId::from_uuid(uuid::Uuid::from_u128(person)),
            school_unit: SchoolUnitId::from_uuid(uuid::Uuid::from_u128(unit)),
            role: "teacher",
            signature: Some(signature),
            period: (day(from), to.map(day)),
        }
        .validate()
        .unwrap()
    }

    #[test]
    fn a_signature_is_one_persons_at_a_time() {
        let asa = duty(1, 1, "ÅsÖ", 2020, Some(2024));
        assert!(unique_signature(&asa, [&duty(1, 1, "ÅsÖ", 2022, None)]).is_ok(), "her own other duty");
        assert!(unique_signature(&asa, [&duty(2, 2, "ÅsÖ", 2020, None)]).is_ok(), "another unit");
        assert!(unique_signature(&asa, [&duty(2, 1, "ÅsÖ", 2025, None)]).is_ok(), "after her");
        let refusal = unique_signature(&asa, [&duty(2, 1, "åsö", 2024, None)]).unwrap_err();
        assert_eq!((refusal.rule, refusal.pointer.as_str()), (Rule::Duplicate, "/signature"));
        assert!(
            unique_signature(&Duty { signature: None, ..asa.clone() }, [&duty(2, 1, "ÅsÖ", 2020, None)])
                .is_ok()
        );
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        let new = NewDuty {
            person: PersonId::from_uuid(uuid::Uuid::from_u128(1)),
            school_unit: SchoolUnitId::from_uuid(uuid::Uuid::from_u128(1)),
            role: "vaktmästare",
            signature: Some("Åsa Öberg-Ek"),
            period: (day(2026), Some(day(2025))),
        };
        let refusals = new.validate().unwrap_err().0;
        let found: Vec<_> = refusals.iter().map(|refusal| (refusal.pointer.as_str(), refusal.rule)).collect();
        assert_eq!(
            found,
            [
                ("/role", Rule::UnknownCode),
                ("/signature", Rule::TooLong),
                ("/period/to", Rule::PeriodReversed)
            ]
        );
    }
}
