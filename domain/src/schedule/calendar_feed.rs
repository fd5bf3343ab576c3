//! A calendar feed and its rules.

use chrono::{Days, NaiveDate};

use crate::id::{AccountId, GroupId, PersonId};
use crate::refusal::{Refusal, Refusals, Rule};
use crate::text::Text;

/// The most calendar feeds of an account: enough for a family's children on everybody's devices.
pub const MOST_CALENDAR_FEEDS: usize = 20;
/// The most lessons in a calendar; where there are more, the last ones are left out.
pub const MOST_CALENDAR_LESSONS: u32 = 5_000;
/// How many days before today a calendar begins.
const DAYS_BACK: u64 = 30;
/// How many days after today it ends.
const DAYS_AHEAD: u64 = 365;

/// Of whom or what a calendar is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CalendarSubject {
    /// The lessons in which a person is expected, and those that they take.
    Person(PersonId),
    /// The lessons of the offerings that a group drives.
    Group(GroupId),
}

/// A calendar feed (kalenderprenumeration): an address at which a calendar program reads lessons without logging in.
/// It shows what its account may see at each reading.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CalendarFeed {
    /// Whose it is.
    pub account: AccountId,
    /// Of whom or what.
    pub subject: CalendarSubject,
    /// What its account calls it, 1 to 100 characters.
    pub name: Text,
}

/// A calendar feed as someone enters it.
#[derive(Clone, Copy, Debug)]
pub struct NewCalendarFeed<'a> {
    /// Whose it is.
    pub account: AccountId,
    /// Of this person.
    pub person: Option<PersonId>,
    /// Or of this group.
    pub group: Option<GroupId>,
    /// 1 to 100 characters.
    pub name: &'a str,
}

impl NewCalendarFeed<'_> {
    /// Checks every field. That the person or group is within reach is checked beside.
    ///
    /// # Errors
    /// At `/name`; at `/personId` ([`Rule::Required`]) when it is of nobody, at `/groupId` ([`Rule::Conflict`]) when it
    /// is of both.
    pub fn validate(self) -> Result<CalendarFeed, Refusals> {
        let Self { account, person, group, name } = self;
        let mut refusals = Refusals::default();
        let name = refusals.note("/name", Text::line(name, 100));
        let subject = refusals.note(
            "",
            match (person, group) {
                (Some(person), None) => Ok(CalendarSubject::Person(person)),
                (None, Some(group)) => Ok(CalendarSubject::Group(group)),
                (None, None) => {
                    let detail = "say of which person or of which group";
                    Err(Refusal::new(Rule::Required, detail).at("/personId"))
                }
                (Some(_), Some(_)) => {
                    let detail = "a calendar is of a person or of a group, not of both";
                    Err(Refusal::new(Rule::Conflict, detail).at("/groupId"))
                }
            },
        );
        match (name, subject) {
            (Some(name), Some(subject)) => Ok(CalendarFeed { account, subject, name }),
            _ => Err(refusals),
        }
    }
}

/// Checks that an account with so many feeds may have another one.
///
/// # Errors
/// [`Rule::Capacity`].
pub fn room_for_calendar_feed(there: usize) -> Result<(), Refusal> {
    if there >= MOST_CALENDAR_FEEDS {
        let detail =
            format!("an account has at most {MOST_CALENDAR_FEEDS} calendar feeds; withdraw one first");
        return Err(Refusal::new(Rule::Capacity, detail));
    }
    Ok(())
}

/// The first and the last day of a calendar that is read on a day: what has just been, and a year to come.
#[must_use]
pub fn calendar_days(today: NaiveDate) -> (NaiveDate, NaiveDate) {
    (
        today.checked_sub_days(Days::new(DAYS_BACK)).unwrap_or(today),
        today.checked_add_days(Days::new(DAYS_AHEAD)).unwrap_or(today),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use uuid::Uuid;

    fn id<I: Id>(number: u128) -> I {
        I::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn a_calendar_is_of_one_person_or_of_one_group() {
        let new = |person: Option<u128>, group: Option<u128>, name| {
            let (person, group) = (person.map(id), group.map(id));
            let refused =
                |refusals: Refusals| refusals.0.into_iter().map(|one| (one.rule, one.pointer)).collect();
            NewCalendarFeed { account: id(1), person, group, name }.validate().map_err(refused)
        };
        let of_elsa = new(Some(2), None, " Elsas lektioner ").unwrap();
        assert_eq!(
            (of_elsa.subject, of_elsa.name.as_str()),
            (CalendarSubject::Person(id(2)), "Elsas lektioner")
        );
        assert_eq!(new(None, Some(3), "7B").unwrap().subject, CalendarSubject::Group(id(3)));
        let refused: Vec<(Rule, String)> = new(None, None, "  ").unwrap_err();
        assert_eq!(refused, [(Rule::Required, "/name".to_owned()), (Rule::Required, "/personId".to_owned())]);
        assert_eq!(new(Some(2), Some(3), "7B").unwrap_err(), [(Rule::Conflict, "/groupId".to_owned())]);
    }

    #[test]
    fn an_account_has_so_many_feeds_and_no_more() {
        assert_eq!(room_for_calendar_feed(MOST_CALENDAR_FEEDS - 1), Ok(()));
        assert_eq!(room_for_calendar_feed(MOST_CALENDAR_FEEDS).unwrap_err().rule, Rule::Capacity);
    }

    #[test]
    fn a_calendar_reaches_from_a_month_ago_to_a_year_ahead() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(calendar_days(day("2026-08-17")), (day("2026-07-18"), day("2027-08-17")));
        assert_eq!(calendar_days(NaiveDate::MAX).1, NaiveDate::MAX);
    }
}
