//! An entry of the catalogue: a course (kurs) or a subject (ämne).

use chrono::NaiveDate;

use crate::code::coded;
use crate::period::Period;
use crate::refusal::{Refusal, Refusals, Rule};
use crate::text::Text;

coded! {
    /// What an entry of the catalogue is.
    CourseKind("kind of course") {
        /// A course: something with an extent of its own.
        Course = "course",
        /// A subject of a syllabus, read year after year.
        Subject = "subject",
    }
}

/// A course or subject of the catalogue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Course {
    /// The code under which the organiser or Skolverket knows it, for example `MATMAT01a`;
    /// 1 to 40 characters, unique per organiser on any one day.
    pub code: Text,
    /// Its title, 1 to 200 characters.
    pub title: Text,
    /// The code of the subject it belongs to, for example `MAT`; 1 to 40 characters.
    pub subject_code: Option<Text>,
    /// Course or subject.
    pub kind: CourseKind,
    /// Its extent in points (poäng), 1 to 5000, where it has one.
    pub points: Option<u32>,
    /// The days on which it may be offered.
    pub valid: Period,
}

/// A course as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewCourse<'a> {
    /// 1 to 40 characters.
    pub code: &'a str,
    /// 1 to 200 characters.
    pub title: &'a str,
    /// 1 to 40 characters.
    pub subject_code: Option<&'a str>,
    /// A code of [`CourseKind`].
    pub kind: &'a str,
    /// 1 to 5000.
    pub points: Option<u32>,
    /// First day and last day (none: until further notice).
    pub valid: (NaiveDate, Option<NaiveDate>),
}

impl NewCourse<'_> {
    /// Checks every field.
    ///
    /// # Errors
    /// At `/code`, `/title`, `/subjectCode`, `/kind`, `/points`, `/valid/from` and `/valid/to`.
    pub fn validate(self) -> Result<Course, Refusals> {
        let mut refusals = Refusals::default();
        let Self { code, title, subject_code, kind, points, valid } = self;
        let code = refusals.note("/code", Text::line(code, 40));
        let title = refusals.note("/title", Text::line(title, 200));
        let subject_code = subject_code.and_then(|raw| refusals.note("/subjectCode", Text::line(raw, 40)));
        let kind = refusals.note("/kind", CourseKind::from_code(kind));
        if points.is_some_and(|points| !(1..=5000).contains(&points)) {
            refusals.0.push(Refusal::new(Rule::OutOfRange, "points are 1 to 5000").at("/points"));
        }
        let valid = refusals.note("/valid", Period::new(valid.0, valid.1));
        match (code, title, kind, valid, refusals.finish()) {
            (Some(code), Some(title), Some(kind), Some(valid), Ok(())) => {
                Ok(Course { code, title, subject_code, kind, points, valid })
            }
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_general_course_and_a_wrong_one() {
        let valid = (NaiveDate::from_ymd_opt(2020, 7, 1).unwrap(), None);
        let general = NewCourse {
            code: "AK",
            title: "Allmän kurs",
            subject_code: None,
            kind: "course",
            points: None,
            valid,
        };
        assert_eq!(general.validate().unwrap().title.as_str(), "Allmän kurs");
        let wrong =
            NewCourse { code: "", points: Some(0), kind: "kurs", subject_code: Some("\n"), ..general };
        let pointers: Vec<_> =
            wrong.validate().unwrap_err().0.into_iter().map(|refusal| refusal.pointer).collect();
        assert_eq!(pointers, ["/code", "/subjectCode", "/kind", "/points"]);
    }
}
