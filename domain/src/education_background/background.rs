//! The two values, stated and certified.

use chrono::NaiveDate;

use super::{Basis, may_certify};
use crate::code::{Code, CodeEntry, find_called};
use crate::id::PersonId;
use crate::participation::Reason;
use crate::period::plausible_date;
use crate::refusal::{Refusal, Refusals, Rule};
use crate::text::Text;

/// What an entry of the code table is called in a sentence.
const NOUN: &str = "education background";

/// What an applicant stated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// A code of the table of education backgrounds, valid that day.
    pub code: Code,
    /// What the applicant shows for it, such as the name of an attached document; 1 to 500 characters.
    pub evidence: Option<Text>,
    /// When.
    pub on: NaiveDate,
}

/// A statement as somebody enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewStatement<'a> {
    /// See [`Statement::code`].
    pub code: &'a str,
    /// 1 to 500 characters.
    pub evidence: Option<&'a str>,
    /// See [`Statement::on`].
    pub on: NaiveDate,
}

/// What the school has certified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certification {
    /// A code of the table of education backgrounds, valid that day.
    pub code: Code,
    /// Who certified it: neither the applicant nor a relation.
    pub by: PersonId,
    /// When.
    pub on: NaiveDate,
    /// What it rests on.
    pub basis: Basis,
    /// Which document, whose confirmation, what was assessed; 1 to 500 characters.
    pub evidence: Text,
    /// Why it is another value than the one stated, or than the one certified before; none where it is the same.
    pub correction: Option<Reason>,
}

/// A certification as somebody enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewCertification<'a> {
    /// See [`Certification::code`].
    pub code: &'a str,
    /// See [`Certification::on`].
    pub on: NaiveDate,
    /// A code of [`Basis`].
    pub basis: &'a str,
    /// 1 to 500 characters.
    pub evidence: &'a str,
    /// 1 to 500 characters; required where the value is another than the one stated, or than the one certified before.
    pub reason: Option<&'a str>,
}

/// A participant's education background. What was certified differs from what was stated only with a reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EducationBackground {
    person: PersonId,
    stated: Option<Statement>,
    certified: Option<Certification>,
}

impl EducationBackground {
    /// Of somebody of whom nothing is known.
    #[must_use]
    pub fn unknown(person: PersonId) -> Self {
        Self { person, stated: None, certified: None }
    }

    /// As it was stored.
    ///
    /// # Errors
    /// [`Rule::Conflict`] at `/certified/byId` for somebody who certified their own.
    pub fn from_parts(
        person: PersonId,
        stated: Option<Statement>,
        certified: Option<Certification>,
    ) -> Result<Self, Refusal> {
        if certified.as_ref().is_some_and(|certified| certified.by == person) {
            let detail = "nobody certifies what concerns themselves";
            return Err(Refusal::new(Rule::Conflict, detail).at("/certified/byId"));
        }
        Ok(Self { person, stated, certified })
    }

    /// Whose.
    #[must_use]
    pub fn person(&self) -> PersonId {
        self.person
    }

    /// What the applicant stated last.
    #[must_use]
    pub fn stated(&self) -> Option<&Statement> {
        self.stated.as_ref()
    }

    /// What the school has certified last.
    #[must_use]
    pub fn certified(&self) -> Option<&Certification> {
        self.certified.as_ref()
    }

    /// What is reported of somebody: the certified value, never the stated one.
    #[must_use]
    pub fn reported(&self) -> Option<&Code> {
        self.certified.as_ref().map(|certified| &certified.code)
    }

    /// Whether somebody should certify it: nothing is certified, or the applicant has stated another value since.
    #[must_use]
    pub fn waits_for_certification(&self) -> bool {
        match (&self.stated, &self.certified) {
            (_, None) => true,
            (Some(stated), Some(certified)) => stated.on > certified.on && stated.code != certified.code,
            (None, Some(_)) => false,
        }
    }

    /// The same with what the applicant states. What is certified stays as it is.
    ///
    /// # Errors
    /// At `/code` (as [`find_called`], on that day), `/evidence` and `/on`.
    pub fn state(self, new: NewStatement<'_>, table: &[CodeEntry]) -> Result<Self, Refusals> {
        let mut refusals = Refusals::default();
        let NewStatement { code, evidence, on } = new;
        let on = refusals.note("/on", plausible_date(on));
        let code = on.and_then(|on| refusals.note("/code", code_on(code, on, table)));
        let evidence = evidence.and_then(|raw| refusals.note("/evidence", Text::line(raw, 500)));
        match (code, on, refusals.finish()) {
            (Some(code), Some(on), Ok(())) => {
                Ok(Self { stated: Some(Statement { code, evidence, on }), ..self })
            }
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }

    /// The same with what somebody certifies, whether or not anything was stated. `related` are the persons with a
    /// relation to the participant.
    ///
    /// # Errors
    /// As [`may_certify`]; at `/code` (as [`find_called`], on that day), `/on` ([`Rule::OutsidePeriod`] before the
    /// certification that it takes the place of), `/basis`, `/evidence` and `/reason` ([`Rule::Required`] for a
    /// correction).
    pub fn certify(
        self,
        new: NewCertification<'_>,
        certifier: Option<PersonId>,
        related: &[PersonId],
        table: &[CodeEntry],
    ) -> Result<Self, Refusals> {
        let mut refusals = Refusals::default();
        let NewCertification { code, on, basis, evidence, reason } = new;
        let by = refusals.note("", may_certify(certifier, self.person, related));
        let on = refusals.note("/on", plausible_date(on).and_then(|on| self.not_before_the_last(on)));
        let code = on.and_then(|on| refusals.note("/code", code_on(code, on, table)));
        let basis = refusals.note("/basis", Basis::from_code(basis));
        let evidence = refusals.note("/evidence", Text::line(evidence, 500));
        let mut correction = reason.and_then(|raw| refusals.note("/reason", Reason::new(raw)));
        if let Some(code) = &code {
            let is_correction = self.differs(code);
            if is_correction && reason.is_none() {
                let detail =
                    "a value that is not the one stated or certified before is a correction, and says why";
                refusals.0.push(Refusal::new(Rule::Required, detail).at("/reason"));
            }
            correction = correction.filter(|_| is_correction);
        }
        match (by, on, code, basis, evidence, refusals.finish()) {
            (Some(by), Some(on), Some(code), Some(basis), Some(evidence), Ok(())) => Ok(Self {
                certified: Some(Certification { code, by, on, basis, evidence, correction }),
                ..self
            }),
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }

    fn differs(&self, code: &Code) -> bool {
        let stated = self.stated.as_ref().map(|stated| &stated.code);
        let certified = self.certified.as_ref().map(|certified| &certified.code);
        stated.is_some_and(|stated| stated != code) || certified.is_some_and(|certified| certified != code)
    }

    fn not_before_the_last(&self, on: NaiveDate) -> Result<NaiveDate, Refusal> {
        match &self.certified {
            Some(last) if on < last.on => {
                let detail = format!("it was certified on {}; a correction comes later", last.on);
                Err(Refusal::new(Rule::OutsidePeriod, detail))
            }
            _ => Ok(on),
        }
    }
}

/// Certifies many at once, each with its own document: all or none. Each item has the persons with a relation to that
/// participant.
///
/// # Errors
/// As [`EducationBackground::certify`], each below `/{n}`; [`Rule::Duplicate`] there for somebody who stands twice.
pub fn certify_all(
    items: Vec<(EducationBackground, NewCertification<'_>, &[PersonId])>,
    certifier: Option<PersonId>,
    table: &[CodeEntry],
) -> Result<Vec<EducationBackground>, Refusals> {
    let mut refusals = Refusals::default();
    let mut seen = std::collections::BTreeSet::new();
    let mut certified = Vec::with_capacity(items.len());
    for (place, (background, new, related)) in items.into_iter().enumerate() {
        let at = format!("/{place}");
        if !seen.insert(background.person) {
            refusals.0.push(Refusal::new(Rule::Duplicate, "the person stands before it").at(&at));
            continue;
        }
        match background.certify(new, certifier, related, table) {
            Ok(one) => certified.push(one),
            Err(found) => refusals.0.extend(found.0.into_iter().map(|refusal| refusal.at(&at))),
        }
    }
    refusals.finish().map(|()| certified)
}

fn code_on(raw: &str, on: NaiveDate, table: &[CodeEntry]) -> Result<Code, Refusal> {
    let code = Code::new(raw)?;
    find_called(NOUN, table, code.as_str(), on).map(|_| code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::seed::education_backgrounds;
    use crate::id::Id;
    use proptest::prelude::*;

    fn person(number: u128) -> PersonId {
        PersonId::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn day(number: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 10, 1).unwrap() + chrono::Days::new(number)
    }

    fn certification(code: &str, on: u64) -> NewCertification<'_> {
        NewCertification {
            code,
            on: day(on),
            basis: "document",
            evidence: "Slutbetyg från Ängelholms gymnasieskola, 2019",
            reason: None,
        }
    }

    fn stated(code: &str) -> EducationBackground {
        let statement = NewStatement { code, evidence: Some("slutbetyg.pdf"), on: day(0) };
        EducationBackground::unknown(person(1)).state(statement, &education_backgrounds().unwrap()).unwrap()
    }

    #[test]
    fn only_what_the_school_has_certified_is_reported() {
        let table = education_backgrounds().unwrap();
        let stated = stated("compulsory");
        assert_eq!((stated.reported(), stated.waits_for_certification()), (None, true));
        let wrong = stated.clone().certify(
            certification("upper-secondary-three-year", 5),
            Some(person(9)),
            &[],
            &table,
        );
        let refusals = wrong.unwrap_err().0;
        assert_eq!((refusals[0].rule, refusals[0].pointer.as_str()), (Rule::Required, "/reason"));
        let reason = Some("Betyget visar tre år");
        let corrected = NewCertification { reason, ..certification("upper-secondary-three-year", 5) };
        let certified = stated.certify(corrected, Some(person(9)), &[], &table).unwrap();
        assert_eq!(certified.reported().unwrap().as_str(), "upper-secondary-three-year");
        assert_eq!(
            certified.stated().unwrap().code.as_str(),
            "compulsory",
            "the two values stand side by side"
        );
        assert!(!certified.waits_for_certification());
        // What the applicant states later changes nothing that is reported, and waits for somebody to look at it.
        let again = NewStatement { code: "upper-secondary-two-year", evidence: None, on: day(9) };
        let again = certified.state(again, &table).unwrap();
        assert!(again.waits_for_certification());
        assert_eq!(again.reported().unwrap().as_str(), "upper-secondary-three-year");
    }

    #[test]
    fn every_wrong_field_is_named() {
        let table = education_backgrounds().unwrap();
        let new = NewCertification { basis: "minne", evidence: "", ..certification("grundskola", 5) };
        let found = stated("compulsory").certify(new, Some(person(2)), &[person(2)], &table).unwrap_err().0;
        let found: Vec<_> = found.iter().map(|refusal| (refusal.pointer.as_str(), refusal.rule)).collect();
        let expected = [
            ("", Rule::NotPermitted),
            ("/code", Rule::UnknownCode),
            ("/basis", Rule::UnknownCode),
            ("/evidence", Rule::Required),
        ];
        assert_eq!(found, expected);
        let certified = stated("compulsory")
            .certify(certification("compulsory", 5), Some(person(9)), &[], &table)
            .unwrap();
        let earlier =
            certified.certify(certification("compulsory", 4), Some(person(9)), &[], &table).unwrap_err().0;
        assert_eq!((earlier[0].rule, earlier[0].pointer.as_str()), (Rule::OutsidePeriod, "/on"));
    }

    #[test]
    fn many_are_certified_together_or_not_at_all() {
        let table = education_backgrounds().unwrap();
        let other = EducationBackground::unknown(person(2));
        let good = certification("compulsory", 5);
        let items = vec![(stated("compulsory"), good, &[][..]), (other.clone(), good, &[][..])];
        assert_eq!(certify_all(items, Some(person(9)), &table).unwrap().len(), 2);
        let bad = NewCertification { evidence: " ", ..good };
        let mine = [person(9)];
        let items = vec![
            (stated("compulsory"), good, &mine[..]),
            (other.clone(), bad, &[][..]),
            (other, good, &[][..]),
        ];
        let found = certify_all(items, Some(person(9)), &table).unwrap_err().0;
        let found: Vec<_> = found.iter().map(|refusal| (refusal.pointer.as_str(), refusal.rule)).collect();
        assert_eq!(
            found,
            [("/0", Rule::NotPermitted), ("/1/evidence", Rule::Required), ("/2", Rule::Duplicate)]
        );
    }

    proptest! {
        #[test]
        fn certified_differs_from_stated_only_with_certifier_and_reason(
            steps in proptest::collection::vec(
                (any::<bool>(), 0..5usize, 0..20u64, 0..4u128, any::<bool>()), 0..30,
            ),
        ) {
            let table = education_backgrounds().unwrap();
            let mut one = EducationBackground::unknown(person(1));
            for (states, code, on, certifier, has_reason) in steps {
                let code = table[code].code.as_str();
                let before = one.clone();
                one = if states {
                    let new = NewStatement { code, evidence: None, on: day(on) };
                    let next = one.state(new, &table).unwrap();
                    prop_assert_eq!(next.certified(), before.certified());
                    next
                } else {
                    let reason = has_reason.then_some("Betyget visar annat");
                    let new = NewCertification { reason, ..certification(code, on) };
                    // 0 is the program, 1 the participant, 2 a relative.
                    let by = (certifier > 0).then(|| person(certifier));
                    let next = one.clone().certify(new, by, &[person(2)], &table).unwrap_or(one);
                    prop_assert_eq!(next.stated(), before.stated());
                    if let Some(certified) = next.certified() {
                        prop_assert_eq!(certified.by, person(3));
                        let differed = before.stated().is_some_and(|stated| stated.code != certified.code);
                        if before.certified() != next.certified() && differed {
                            prop_assert!(certified.correction.is_some());
                        }
                    }
                    next
                };
                prop_assert_eq!(one.reported(), one.certified().map(|certified| &certified.code));
            }
        }
    }
}
