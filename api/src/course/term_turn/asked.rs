//! What somebody asks of a turn, as the interface takes it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use skolhus_domain::{
    access::Scope,
    code::Code,
    course::term_turn::{Continuing, CopyChange, Copying, Promotion, TurnRequest},
    id::{Id, ParticipationId, TermId},
    organisation::Term,
    period::plausible_date,
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{
    DatabaseConnection,
    organisation::{school_unit, term},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use crate::http::{problem::Problem, words::words};

words! {
    /// Who goes on taking part directly: everybody who does, or is to, on the last day; those chosen; or nobody.
    ContinuingWord("TermTurnParticipants") = vec!["active", "chosen", "nobody"];
}

/// A turn of term: what the next term begins with.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TermTurnRequest {
    /// The school unit whose term turns.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Uuid,
    /// The term that ends.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub from_term_id: Uuid,
    /// The term that begins; it begins after the other has ended.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d2")]
    pub to_term_id: Uuid,
    /// Further terms that the copies cover, such as the spring term after the autumn term.
    #[serde(default)]
    #[validate(length(max = 3))]
    #[schema(example = json!([]), max_items = 3)]
    pub further_term_ids: Vec<Uuid>,
    /// Which offerings are copied, and how; none: no offerings.
    #[validate(nested)]
    pub copying: Option<TermTurnCopying>,
    /// Which classes go up a year, and how; none: no classes.
    #[validate(nested)]
    pub promotion: Option<TermTurnPromotion>,
}

/// Which offerings are copied, and how.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TermTurnCopying {
    /// These offerings; parts come with the offering they are part of. All of the unit in the term that
    /// ends unless given.
    #[validate(length(min = 1, max = 500))]
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-0000000000c5"]), min_items = 1, max_items = 500)]
    pub offering_ids: Option<Vec<Uuid>>,
    /// Not these, and not their parts.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(example = json!([]), max_items = 500)]
    pub except_offering_ids: Vec<Uuid>,
    /// How the copies' titles are made: `{title}` stands for the title with the next term's name in place of
    /// the old one's, `{raised}` for the same with the year in it one higher (Matematik 7B, Matematik 8B),
    /// `{term}` for the next term's name.
    #[validate(length(min = 1, max = 200))]
    #[serde(default = "same_title")]
    #[schema(example = "{title}", default = "{title}", min_length = 1, max_length = 200)]
    pub title_pattern: String,
    /// Whether those who teach on the last day go on, as far as their duties reach. Who stands in for another does not.
    #[serde(default = "yes")]
    #[schema(example = true, default = true)]
    pub teachers: bool,
    /// Whether the groups that drive an offering drive its copy. Where a class goes up it is the next class.
    #[serde(default = "yes")]
    #[schema(example = true, default = true)]
    pub groups: bool,
    /// Whether the weekly patterns of lessons that were in force in the last week go on over the copy's days, with their
    /// rooms, without the days off of its terms. What was changed in single lessons stays where it was.
    #[serde(default = "yes")]
    #[schema(example = true, default = true)]
    pub lessons: bool,
    /// Who goes on taking part; who takes part by a group goes with the group.
    #[serde(default = "active")]
    #[schema(value_type = ContinuingWord, example = "active")]
    pub participants: String,
    /// With `chosen`: whose participations these are.
    #[serde(default)]
    #[validate(length(max = 5000))]
    #[schema(example = json!([]), max_items = 5000)]
    pub participation_ids: Vec<Uuid>,
    /// What is different for single offerings.
    #[serde(default)]
    #[validate(length(max = 500), nested)]
    #[schema(max_items = 500)]
    pub changes: Vec<TermTurnCopyChange>,
}

/// What is different for one offering.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TermTurnCopyChange {
    /// The offering that is copied.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c5")]
    pub offering_id: Uuid,
    /// The copy's title.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Allmän kurs, inriktning hälsa", min_length = 1, max_length = 200)]
    pub title: Option<String>,
    /// How many places the copy has.
    #[validate(range(min = 0, max = 100000))]
    #[schema(example = 30, minimum = 0, maximum = 100000)]
    pub capacity: Option<u32>,
    /// The copy's first day; the next term's unless given.
    #[schema(example = "2027-01-18")]
    pub first_day: Option<NaiveDate>,
    /// The copy's last day; the last of the next terms unless given.
    #[schema(example = "2027-05-28")]
    pub last_day: Option<NaiveDate>,
    /// Whether its teachers go on.
    #[schema(example = false)]
    pub teachers: Option<bool>,
    /// Whether its participants go on.
    #[schema(example = false)]
    pub participants: Option<bool>,
}

/// Which classes go up a year, and how.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TermTurnPromotion {
    /// These classes; all of the unit on the last day of the term that ends unless given.
    #[validate(length(min = 1, max = 300))]
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-000000000071"]), min_items = 1, max_items = 300)]
    pub group_ids: Option<Vec<Uuid>>,
    /// Not these.
    #[serde(default)]
    #[validate(length(max = 300))]
    #[schema(example = json!([]), max_items = 300)]
    pub except_group_ids: Vec<Uuid>,
    /// The last year of each school type whose classes or pupils go up.
    #[validate(length(min = 1, max = 20), nested)]
    #[schema(min_items = 1, max_items = 20)]
    pub highest_years: Vec<TermTurnHighestYear>,
    /// Names of single classes; in others the year in the name goes up by one (7B, 8B).
    #[serde(default)]
    #[validate(length(max = 300), nested)]
    #[schema(max_items = 300)]
    pub names: Vec<TermTurnClassName>,
    /// The last day of the new classes; 52 weeks after that of the old one unless given, none where that has none.
    #[schema(example = "2028-06-09")]
    pub last_day: Option<NaiveDate>,
    /// The last day of the enrolments, and the classes, that are in their last year; the last day of the term that
    /// ends unless given.
    #[schema(example = "2027-06-30")]
    pub leavers_last_day: Option<NaiveDate>,
    /// Whether enrolments that end with the term are followed by one for the next year, as where a school enters one
    /// for each school year. Else who has one leaves then.
    #[serde(default)]
    #[schema(example = false, default = false)]
    pub renew_ended_enrolments: bool,
    /// Whether mentors and others go on answering for the class, as far as their duties reach.
    #[serde(default = "yes")]
    #[schema(example = true, default = true)]
    pub staff: bool,
}

/// The last year of a school type.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TermTurnHighestYear {
    /// The school type.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "GR", min_length = 1, max_length = 40, pattern = "^[A-Za-z0-9-]+$")]
    pub school_type_code: String,
    /// Its last year (årskurs).
    #[validate(range(min = 0, max = 10))]
    #[schema(example = 9, minimum = 0, maximum = 10)]
    pub school_year: u8,
}

/// The name of what a class becomes.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TermTurnClassName {
    /// The class as it is.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000071")]
    pub group_id: Uuid,
    /// What it is called from then on.
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "8 Björken", min_length = 1, max_length = 100)]
    pub name: String,
}

fn yes() -> bool {
    true
}

fn same_title() -> String {
    "{title}".to_owned()
}

fn active() -> String {
    "active".to_owned()
}

impl TermTurnRequest {
    /// What is asked for, with the unit and the terms it names.
    ///
    /// # Errors
    /// [`crate::http::catalogue::Code::InvalidFields`]; a failure of the database.
    pub(super) fn read(
        &self,
        connection: &mut DatabaseConnection,
        scope: &Scope,
    ) -> Result<TurnRequest, Problem> {
        let Self { school_unit_id, from_term_id, to_term_id, further_term_ids, copying, promotion } = self;
        let mut refusals = Refusals::default();
        let unit = Id::from_uuid(*school_unit_id);
        if school_unit::find(connection, scope, unit)?.is_none() {
            let refusal = Refusal::new(Rule::UnknownReference, "there is no such school unit");
            refusals.0.push(refusal.at("/schoolUnitId"));
        }
        let mut ids: Vec<TermId> = vec![Id::from_uuid(*from_term_id), Id::from_uuid(*to_term_id)];
        ids.extend(further_term_ids.iter().copied().map(TermId::from_uuid));
        let found: BTreeMap<TermId, Term> =
            term::find_many(connection, scope, &ids)?.into_iter().map(|term| (term.id, term.value)).collect();
        let mut seen = BTreeSet::new();
        let mut terms: Vec<(TermId, Term)> = Vec::with_capacity(ids.len());
        for (place, id) in ids.into_iter().enumerate() {
            let at = match place {
                0 => "/fromTermId".to_owned(),
                1 => "/toTermId".to_owned(),
                further => format!("/furtherTermIds/{}", further - 2),
            };
            let term = match found.get(&id) {
                None => Err(Refusal::new(Rule::UnknownReference, "there is no such term")),
                Some(_) if !seen.insert(id) => Err(Refusal::new(Rule::Duplicate, "the term stands twice")),
                Some(term) => Ok((id, term.clone())),
            };
            terms.extend(refusals.note(&at, term));
        }
        let copying = copying.as_ref().and_then(|copying| match copying.read() {
            Ok(copying) => Some(copying),
            Err(found) => {
                refusals.0.extend(found.0.into_iter().map(|refusal| refusal.at("/copying")));
                None
            }
        });
        let mut terms = terms.into_iter();
        let Some(from) = terms.next().filter(|_| refusals.0.is_empty()) else {
            return Err(refusals.into());
        };
        let promotion = promotion.as_ref().and_then(|promotion| match promotion.read(from.1.last_day()) {
            Ok(promotion) => Some(promotion),
            Err(found) => {
                refusals.0.extend(found.0.into_iter().map(|refusal| refusal.at("/promotion")));
                None
            }
        });
        refusals.finish()?;
        Ok(TurnRequest { school_unit: unit, from, to: terms.collect(), copying, promotion })
    }
}

fn dated(day: Option<NaiveDate>, at: &str, refusals: &mut Refusals) -> Option<NaiveDate> {
    day.and_then(|day| refusals.note(at, plausible_date(day)))
}

impl TermTurnCopying {
    fn read(&self) -> Result<Copying, Refusals> {
        let Self {
            offering_ids,
            except_offering_ids,
            title_pattern,
            teachers,
            groups,
            lessons,
            participants,
            participation_ids,
            changes,
        } = self;
        let mut refusals = Refusals::default();
        let mut chosen: BTreeMap<ParticipationId, usize> = BTreeMap::new();
        for (place, id) in participation_ids.iter().enumerate() {
            if chosen.insert(Id::from_uuid(*id), place).is_some() {
                let refusal = Refusal::new(Rule::Duplicate, "the participation stands twice");
                refusals.0.push(refusal.at(&format!("/participationIds/{place}")));
            }
        }
        let participants = match participants.as_str() {
            "chosen" => Some(Continuing::Chosen(chosen)),
            "active" | "nobody" if !participation_ids.is_empty() => {
                let detail = "participations are named only where participants is chosen";
                refusals.0.push(Refusal::new(Rule::Conflict, detail).at("/participationIds"));
                None
            }
            "active" => Some(Continuing::Active),
            "nobody" => Some(Continuing::Nobody),
            _ => {
                let detail = "is not among these: active, chosen, nobody";
                refusals.0.push(Refusal::new(Rule::UnknownCode, detail).at("/participants"));
                None
            }
        };
        let mut single = BTreeMap::new();
        for (place, change) in changes.iter().enumerate() {
            let TermTurnCopyChange {
                offering_id,
                title,
                capacity,
                first_day,
                last_day,
                teachers,
                participants,
            } = change;
            let at = format!("/changes/{place}");
            let change = CopyChange {
                place,
                title: title.clone(),
                capacity: *capacity,
                first_day: dated(*first_day, &format!("{at}/firstDay"), &mut refusals),
                last_day: dated(*last_day, &format!("{at}/lastDay"), &mut refusals),
                teachers: *teachers,
                participants: *participants,
            };
            if single.insert(Id::from_uuid(*offering_id), change).is_some() {
                let refusal = Refusal::new(Rule::Duplicate, "the offering stands twice");
                refusals.0.push(refusal.at("/offeringId").at(&at));
            }
        }
        match (participants, refusals.finish()) {
            (Some(participants), Ok(())) => Ok(Copying {
                listed: offering_ids.as_ref().map(|ids| ids.iter().copied().map(Id::from_uuid).collect()),
                except: except_offering_ids.iter().copied().map(Id::from_uuid).collect(),
                title_pattern: title_pattern.clone(),
                teachers: *teachers,
                groups: *groups,
                lessons: *lessons,
                participants,
                changes: single,
            }),
            (_, finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

impl TermTurnPromotion {
    fn read(&self, last_day_of_term: NaiveDate) -> Result<Promotion, Refusals> {
        let Self {
            group_ids,
            except_group_ids,
            highest_years,
            names,
            last_day,
            leavers_last_day,
            renew_ended_enrolments,
            staff,
        } = self;
        let mut refusals = Refusals::default();
        let mut highest = BTreeMap::new();
        for (place, TermTurnHighestYear { school_type_code, school_year }) in highest_years.iter().enumerate()
        {
            let at = format!("/highestYears/{place}/schoolTypeCode");
            let Some(code) = refusals.note(&at, Code::new(school_type_code)) else { continue };
            if highest.insert(code, *school_year).is_some() {
                refusals.0.push(Refusal::new(Rule::Duplicate, "the school type stands twice").at(&at));
            }
        }
        let mut named = BTreeMap::new();
        for (place, TermTurnClassName { group_id, name }) in names.iter().enumerate() {
            if named.insert(Id::from_uuid(*group_id), (place, name.clone())).is_some() {
                let refusal = Refusal::new(Rule::Duplicate, "the class stands twice");
                refusals.0.push(refusal.at(&format!("/names/{place}/groupId")));
            }
        }
        let last_day = dated(*last_day, "/lastDay", &mut refusals);
        let leavers = dated(*leavers_last_day, "/leaversLastDay", &mut refusals);
        refusals.finish()?;
        Ok(Promotion {
            listed: group_ids.as_ref().map(|ids| ids.iter().copied().map(Id::from_uuid).collect()),
            except: except_group_ids.iter().copied().map(Id::from_uuid).collect(),
            highest_years: highest,
            names: named,
            last_day,
            leavers_last_day: leavers.unwrap_or(last_day_of_term),
            renews_ended: *renew_ended_enrolments,
            staff: *staff,
        })
    }
}

/// The example of the document: the turn of a folk high school's autumn.
pub(super) fn example() -> serde_json::Value {
    json!({
        "schoolUnitId": "0199a3f0-7c00-7000-8000-0000000000a1",
        "fromTermId": "0199a3f0-7c00-7000-8000-0000000000d1",
        "toTermId": "0199a3f0-7c00-7000-8000-0000000000d2",
        "copying": { "titlePattern": "{title}", "participants": "active" },
    })
}
