//! What every list that leaves has in common: columns, purpose, the note in the log, the file.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, http::header};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{InformationClass as Class, Scope},
    course::Offering,
    export::{self, Column, MOST_ROWS},
    id::{OfferingId, PersonId},
    participation::Participation,
    person::{
        ClassPermit, EmailAddress, Guarded, HeldAddress, HeldIdentityNumber, Person, PhoneNumber,
        PostalAddress, home_municipality_on, registered_on,
    },
    refusal::{Refusal, Rule},
    terminology::Language,
    text::Text,
};
use skolhus_persistence::{
    Direction, PageRequest, Saved, Tx,
    export::{Exported, record},
    person::{self, address},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::sheet::{FileFormat, Separator, Sheet};
use crate::{
    http::{
        catalogue::Code,
        problem::Problem,
        state::State,
        words::{codes, words},
    },
    terminology::own_terms,
};

/// How a list is written, and what for.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Written {
    /// The kind of file.
    #[schema(example = "csv")]
    pub format: FileFormat,
    /// What stands between cells of separated text; `semicolon` suits Excel on a Swedish computer.
    #[serde(default)]
    #[schema(example = "semicolon")]
    pub separator: Separator,
    /// Whether separated text begins with a byte order mark, by which Excel knows UTF-8. False unless said
    /// otherwise.
    #[serde(default)]
    #[schema(default = false, example = true)]
    pub byte_order_mark: bool,
    /// What the list is for. It stands in the log, with who took it.
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "Utrymningslista till brandövningen", min_length = 1, max_length = 500)]
    pub purpose: String,
}

/// What a row is about.
pub(super) struct Row {
    pub(super) person: PersonId,
    pub(super) participation: Option<Participation>,
}

/// A list that is noted in the log and may leave once the transaction has committed.
pub(super) struct Listed {
    sheet: Sheet,
}

/// Everything that a list is made of.
pub(super) struct Making<'a> {
    pub(super) list: &'static str,
    pub(super) of: Uuid,
    pub(super) written: &'a Written,
    pub(super) columns: Vec<Column>,
    pub(super) language: Language,
}

words! {
    /// A column of a list of participations.
    ParticipationColumnWord("ParticipationColumn") = codes!(Column);
    /// A column of a list of persons.
    PersonColumnWord("PersonColumn") = Column::OF_PERSONS.iter().map(|column| column.code()).collect();
}

/// The columns asked for, if such a list has them and they are open to the caller.
pub(super) fn columns(asked: &[String], of: &[Column], scope: &Scope) -> Result<Vec<Column>, Problem> {
    Ok(export::columns(asked, of, scope.classes_about_others())?)
}

impl Written {
    pub(super) fn purpose(&self) -> Result<Text, Problem> {
        Text::line(&self.purpose, 500).map_err(|refusal| Problem::from(refusal.at("/written/purpose")))
    }
}

impl Making<'_> {
    /// Fills the list: the rows whose persons the scope reaches, in their order. Protected persons
    /// are reached by nobody.
    pub(super) fn make(
        self,
        tx: &mut Tx<'_>,
        scope: &Scope,
        rows: Vec<Row>,
        offerings: &BTreeMap<OfferingId, Offering>,
    ) -> Result<Listed, Problem> {
        let purpose = self.written.purpose()?;
        if rows.len() > MOST_ROWS {
            let detail = format!("the list has more than {MOST_ROWS} rows; ask for a part of it");
            return Err(Refusal::new(Rule::OutOfRange, detail).into());
        }
        let mut persons: BTreeMap<PersonId, Saved<PersonId, Person>> = BTreeMap::new();
        let ids: Vec<PersonId> = rows.iter().map(|row| row.person).collect();
        for ids in ids.chunks(PAGE as usize) {
            let found = person::find_many(tx.connection(), scope, ids)?;
            persons.extend(found.into_iter().map(|saved| (saved.id, saved)));
        }
        let addresses = match self.columns.iter().any(|column| column.is_of_address()) {
            true => address::of_persons(tx.connection(), scope, &ids)?,
            false => BTreeMap::new(),
        };
        let terms = own_terms(tx.connection(), scope)?;
        let heading = |column: &Column| {
            let term = terms.iter().find(|(term, ..)| term.key == column.term());
            let wording = term.and_then(|(term, ..)| term.wording(self.language));
            wording.map_or_else(|| column.code().to_owned(), |wording| wording.label.as_str().to_owned())
        };
        let headings = self.columns.iter().map(heading).collect();
        let mut cells = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(saved) = persons.get(&row.person) else { continue };
            let addresses = addresses.get(&row.person).map_or(&[][..], Vec::as_slice);
            let facts = Facts { person: &saved.value, addresses, row, offerings, scope };
            let line: Vec<String> =
                self.columns.iter().map(|column| facts.cell(*column)).collect::<Result<_, _>>()?;
            cells.push(line);
        }
        let codes: Vec<&str> = self.columns.iter().map(|column| column.code()).collect();
        let exported = Exported {
            list: self.list,
            of: self.of,
            columns: &codes,
            rows: cells.len(),
            format: self.written.format.code(),
            purpose: &purpose,
        };
        record(tx, scope, &exported);
        Ok(Listed { sheet: Sheet { headings, rows: cells } })
    }
}

impl Listed {
    /// A list that has been noted.
    pub(super) fn noted(sheet: Sheet) -> Self {
        Self { sheet }
    }

    /// The file. It is written after commit: what is not in the log does not leave.
    pub(super) fn answer(
        &self,
        state: &State,
        list: &str,
        written: &Written,
        language: Language,
    ) -> Result<HttpResponse, Problem> {
        let failed = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "a list could not be written");
            Problem::new(Code::Internal)
        };
        let file = match written.format {
            FileFormat::Csv => {
                self.sheet.csv(written.separator, written.byte_order_mark).map_err(|error| failed(&error))?
            }
            FileFormat::Xlsx => self.sheet.xlsx(state.clock.now()).map_err(|error| failed(&error))?,
        };
        let name = format!("attachment; filename=\"{list}.{}\"", written.format.code());
        Ok(HttpResponse::Ok()
            .insert_header((header::CONTENT_DISPOSITION, name))
            .insert_header((header::CONTENT_LANGUAGE, language.tag()))
            .insert_header((header::VARY, header::ACCEPT_LANGUAGE.as_str()))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .content_type(written.format.media_type())
            .body(file))
    }
}

/// What a row's cells are made of.
struct Facts<'a> {
    person: &'a Person,
    addresses: &'a [HeldAddress],
    row: &'a Row,
    offerings: &'a BTreeMap<OfferingId, Offering>,
    scope: &'a Scope,
}

impl Facts<'_> {
    fn cell(&self, column: Column) -> Result<String, Problem> {
        let Person { name, birth_date, identity_numbers, contact, .. } = self.person;
        let today = self.scope.today();
        Ok(match column {
            Column::GivenName => self.open(name, column, |name| name.given().as_str().to_owned())?,
            Column::FamilyName => self.open(name, column, |name| name.family().as_str().to_owned())?,
            Column::BirthDate => self.open(birth_date, column, |date| text(date.as_ref()))?,
            Column::IdentityNumber => {
                self.open(identity_numbers, column, |numbers| number_on(numbers, today))?
            }
            Column::Email => self
                .open(contact, column, |contact| text(contact.preferred_email().map(EmailAddress::as_str)))?,
            Column::Phone => self
                .open(contact, column, |contact| text(contact.preferred_phone().map(PhoneNumber::as_str)))?,
            Column::Address => self.at_home(column, |address| {
                address.street_lines().iter().map(Text::as_str).collect::<Vec<_>>().join(", ")
            })?,
            Column::PostalCode => {
                self.at_home(column, |address| text(address.postal_code().map(Text::as_str)))?
            }
            Column::City => self.at_home(column, |address| address.city().as_str().to_owned())?,
            Column::HomeMunicipality => {
                self.of_addresses(column, |addresses| text(home_municipality_on(addresses, today)))?
            }
            Column::CourseOffering => self.of_participation(|participation| {
                let offering = self.offerings.get(&participation.offering());
                text(offering.map(|offering| offering.title.as_str()))
            }),
            Column::State => {
                self.of_participation(|participation| participation.state().code().code().to_owned())
            }
            Column::FirstDay => {
                self.of_participation(|participation| participation.period().from().to_string())
            }
            Column::LastDay => self.of_participation(|participation| {
                text(participation.held().unwrap_or(participation.period()).to().as_ref())
            }),
            Column::Pace => self.of_participation(|participation| {
                let period = participation.period();
                let day = today.clamp(period.from(), period.to().unwrap_or(NaiveDate::MAX));
                text(participation.pace().on(day).map(|pace| pace.percent()).as_ref())
            }),
        })
    }

    /// A fact of the column's class, which was found open before.
    fn open<T>(
        &self,
        fact: &Guarded<T>,
        column: Column,
        show: impl Fn(&T) -> String,
    ) -> Result<String, Problem> {
        let permit = ClassPermit::decided(self.scope.classes_about_others().has(column.class()));
        fact.open(permit).map(show).map_err(|_| Problem::new(Code::Internal))
    }

    fn at_home(&self, column: Column, show: impl Fn(&PostalAddress) -> String) -> Result<String, Problem> {
        let today = self.scope.today();
        self.of_addresses(column, |addresses| registered_on(addresses, today).map(&show).unwrap_or_default())
    }

    /// A fact about addresses, which are as closed as the other ways to reach the person.
    fn of_addresses(
        &self,
        column: Column,
        show: impl Fn(&[HeldAddress]) -> String,
    ) -> Result<String, Problem> {
        self.open(&self.person.contact, column, |_| show(self.addresses))
    }

    fn of_participation(&self, show: impl Fn(&Participation) -> String) -> String {
        self.row.participation.as_ref().map(show).unwrap_or_default()
    }
}

/// A value that may be missing, as a cell.
fn text<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// The number that a person has on a day, or else the last one they had.
pub(super) fn number_on(numbers: &[HeldIdentityNumber], day: NaiveDate) -> String {
    let held = numbers.iter().find(|held| held.period.contains(day)).or_else(|| numbers.last());
    text(held.map(|held| held.number.formatted_long(day)).as_ref())
}

/// Rows read at a time.
pub(super) const PAGE: u32 = 500;

/// Every row of a list, page by page, up to one more than a list may have.
pub(super) fn every<S: Copy + Default, T>(
    mut page: impl FnMut(&PageRequest<S>) -> Result<skolhus_persistence::Page<T>, Problem>,
) -> Result<Vec<T>, Problem> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let request = PageRequest {
            limit: PAGE,
            sort: S::default(),
            direction: Direction::Ascending,
            after,
            modified_after: None,
        };
        let found = page(&request)?;
        rows.extend(found.items);
        match found.next {
            Some(next) if rows.len() <= MOST_ROWS => after = Some(next),
            _ => return Ok(rows),
        }
    }
}

/// Whether the caller may see that class of everybody they reach.
pub(super) fn is_open(scope: &Scope, class: Class, person: PersonId) -> ClassPermit {
    ClassPermit::decided(scope.classes_about(person).has(class))
}

/// A reference that leads nowhere, as far as the caller may see.
pub(super) fn unknown(pointer: &str, what: &str) -> Problem {
    Refusal::new(Rule::UnknownReference, format!("there is no such {what}")).at(pointer).into()
}
