//! The roster page: its SQL, which is the server's own, and its JSON.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::read::{FromRow, Read, there};
use crate::Failure;

/// Who asks: what the server's scope is made of. The parameters: organiser, account, session, day.
pub const SCOPE: &str = "SELECT accounts.person_id, accounts.disabled_at, sessions.expires_at, sessions.ended_at, role_assignments.role, \
     role_assignments.school_unit_id FROM accounts LEFT OUTER JOIN role_assignments \
     ON role_assignments.organiser_id = accounts.organiser_id AND role_assignments.account_id = accounts.id \
     AND role_assignments.withdrawn_at IS NULL AND role_assignments.valid_from <= $4 \
     AND (role_assignments.valid_to IS NULL OR role_assignments.valid_to >= $4) LEFT OUTER JOIN sessions \
     ON sessions.organiser_id = accounts.organiser_id AND sessions.account_id = accounts.id AND sessions.id = $3 \
     WHERE accounts.organiser_id = $1 AND accounts.id = $2 AND accounts.withdrawn_at IS NULL";

/// The page. The parameters: organiser, offering.
macro_rules! page {
    ($json_array:literal, $empty:literal) => {
        concat!(
            "SELECT participations.organiser_id, participations.id, participations.version, participations.created_at, \
             participations.modified_at, participations.withdrawn_at, participations.person_id, \
             participations.offering_id, participations.period_from, participations.period_to, participations.state, \
             participations.state_from, participations.state_to, participations.state_reason, \
             participations.held_from, participations.held_to, participations.breaks, participations.pace, \
             participations.funding, participations.origin, persons.given_name, persons.middle_name, \
             persons.family_name, persons.preferred_given_name, (CASE WHEN persons.is_protected THEN COALESCE((SELECT ",
            $json_array,
            "(shown.shown, shown.alias_word, shown.alias_number, shown.chosen_given_name, shown.chosen_family_name) \
             FROM handling_plans AS shown WHERE shown.organiser_id = persons.organiser_id \
             AND shown.person_id = persons.id AND shown.withdrawn_at IS NULL), ",
            $empty,
            ") END), persons.name_sort_key FROM participations \
             INNER JOIN persons ON participations.organiser_id = persons.organiser_id \
             AND participations.person_id = persons.id \
             INNER JOIN course_offerings ON participations.organiser_id = course_offerings.organiser_id \
             AND participations.offering_id = course_offerings.id \
             WHERE (participations.withdrawn_at IS NULL AND persons.withdrawn_at IS NULL \
             AND course_offerings.withdrawn_at IS NULL AND participations.organiser_id = $1 \
             AND (NOT persons.is_protected)) AND participations.offering_id IN ($2) \
             ORDER BY persons.name_sort_key ASC, participations.id ASC LIMIT 26"
        )
    };
}

/// As SQLite takes it.
pub const SQLITE: &str = page!("json_array", "'[]'");
/// As PostgreSQL takes it.
pub const POSTGRES: &str = page!("jsonb_build_array", "'[]'::jsonb");

/// What of a row stands in the answer.
pub struct Row {
    pub id: Uuid,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub modified_at: DateTime<Utc>,
    pub person_id: Uuid,
    pub given_name: String,
    pub preferred_given_name: Option<String>,
    pub family_name: String,
    pub offering_id: Uuid,
    pub origin: String,
    pub period: Period,
    pub held: Option<Period>,
    pub state: String,
    pub breaks: Vec<Period>,
    pub pace: Vec<Pace>,
    pub funding: Vec<Funding>,
}

impl FromRow for Row {
    fn read(row: &impl Read) -> Result<Self, Failure> {
        let held = row.day(14)?.zip(row.day(15)?).map(|(from, to)| Period { from, to });
        Ok(Self {
            id: there(row.id(1)?)?,
            version: there(row.number(2)?)?,
            created_at: there(row.instant(3)?)?,
            modified_at: there(row.instant(4)?)?,
            person_id: there(row.id(6)?)?,
            offering_id: there(row.id(7)?)?,
            period: Period { from: there(row.day(8)?)?, to: there(row.day(9)?)? },
            state: there(row.text(10)?)?,
            held,
            breaks: there(row.json(16)?)?,
            pace: there(row.json(17)?)?,
            funding: there(row.json(18)?)?,
            origin: there(row.text(19)?)?,
            given_name: there(row.text(20)?)?,
            family_name: there(row.text(22)?)?,
            preferred_given_name: row.text(23)?,
        })
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Period {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Pace {
    from: NaiveDate,
    #[serde(rename(serialize = "pacePercent"))]
    percent: u8,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Funding {
    from: NaiveDate,
    #[serde(rename(serialize = "fundingCode"))]
    code: Option<String>,
}

/// The answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    data: Vec<Participation>,
    page_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Participation {
    id: Uuid,
    version: i64,
    created_at: DateTime<Utc>,
    modified_at: DateTime<Utc>,
    person_id: Uuid,
    person_name: Name,
    offering_id: Uuid,
    origin: String,
    period: Period,
    held: Option<Period>,
    state: State,
    breaks: Vec<Period>,
    pace_percent: Option<u8>,
    funding_code: Option<String>,
    pace: Vec<Pace>,
    funding: Vec<Funding>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Name {
    given_name: String,
    preferred_given_name: Option<String>,
    family_name: String,
}

#[derive(Serialize)]
struct State {
    code: String,
}

impl Page {
    /// The answer of a class that fits on one page, which is all that is asked for.
    pub fn of(rows: Vec<Row>, today: NaiveDate) -> Result<Self, &'static str> {
        if rows.len() > 25 {
            return Err("a class does not fit on one page");
        }
        let data = rows.into_iter().map(|row| Participation::of(row, today)).collect();
        Ok(Self { data, page_token: None })
    }
}

impl Participation {
    fn of(row: Row, today: NaiveDate) -> Self {
        let Row {
            id,
            version,
            created_at,
            modified_at,
            person_id,
            given_name,
            preferred_given_name,
            family_name,
            ..
        } = row;
        let Row { offering_id, origin, period, held, state, breaks, pace, funding, .. } = row;
        let inside = period.from <= today && today <= period.to;
        let pace_now = pace.iter().rfind(|part| inside && part.from <= today).map(|part| part.percent);
        let funding_now =
            funding.iter().rfind(|part| inside && part.from <= today).and_then(|part| part.code.clone());
        Self {
            id,
            version,
            created_at,
            modified_at,
            person_id,
            person_name: Name { given_name, preferred_given_name, family_name },
            offering_id,
            origin,
            period,
            held,
            state: State { code: state },
            breaks,
            pace_percent: pace_now,
            funding_code: funding_now,
            pace,
            funding,
        }
    }
}
