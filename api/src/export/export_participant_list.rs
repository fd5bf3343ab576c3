use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, post, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ExportPersons},
    export::Column,
    id::{Id, OfferingId, SchoolUnitId},
    period::plausible_date,
    refusal::{Refusal, Rule},
    terminology::Language,
};
use skolhus_persistence::{
    Tx,
    course::offering,
    organisation::school_unit,
    participation::{self, ParticipationFilter, ParticipationSort},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::list::{self, Listed, Making, ParticipationColumnWord, Row, Written, every, unknown};
use crate::http::{body::Body, language::Asked, permit::Permit, problem::Problem, state::State};

/// Which participants, and how their list is written.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExportParticipantList {
    /// The offering whose participants are listed; either this or `schoolUnitId`.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub offering_id: Option<Uuid>,
    /// The school unit whose offerings' participants are listed; either this or `offeringId`.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a2")]
    pub school_unit_id: Option<Uuid>,
    /// Only participations that are held on this day; all of them when absent.
    #[schema(example = "2026-09-15")]
    pub active_on: Option<NaiveDate>,
    /// The columns in their order, each once; the e-mail address and the phone number are those that the person
    /// prefers, the address the registered one of today.
    #[validate(length(min = 1, max = 20))]
    #[schema(value_type = Vec<ParticipationColumnWord>, example = json!(["familyName", "givenName", "email"]), min_items = 1, max_items = 20)]
    pub columns: Vec<String>,
    /// How it is written.
    #[validate(nested)]
    pub written: Written,
}

/// Take out a participant list
///
/// The participants of an offering, or of the offerings of a school unit, one row for each participation, by
/// name, as CSV or as an Excel workbook with headings in the language asked for. Only columns that are open to
/// the caller: another one is refused by name. Protected persons are never in it. At most 5,000 rows. That it
/// was taken, by whom, why, and how much, stands in the log. A cell that begins like a formula (`=`, `+`, `-`,
/// `@`) has an apostrophe in front of it in CSV.
#[utoipa::path(
    operation_id = "exportParticipantList", tag = "export",
    extensions(("x-permission" = json!("person:export"))),
    params(("Accept-Language" = Option<String>, Header, description = "The language of the headings: sv or en.", example = "sv")),
    request_body(content = ExportParticipantList, example = json!({
        "offeringId": "0199a3f0-7c00-7000-8000-0000000000a1",
        "columns": ["familyName", "givenName"],
        "written": { "format": "csv", "purpose": "Upprop första dagen" }
    })),
    responses((status = 200, description = "The list as a file.",
        content((String = "text/csv"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")),
        headers(("Content-Disposition" = String, description = "The name of the file."), ("Content-Language" = String, description = "The language of the headings."))))
)]
#[post("/v1/exports/participant-list")]
pub async fn handle(
    permit: Permit<ExportPersons>,
    state: web::Data<State>,
    Asked(language): Asked,
    body: Body<ExportParticipantList>,
) -> Result<HttpResponse, Problem> {
    let request = body.into_inner();
    let written = request.written.clone();
    let listed = state
        .database
        .write(permit.caller(), move |tx, scope| export_participant_list(tx, scope, &request, language))
        .await?;
    listed.answer(&state, "participant-list", &written, language)
}

/// The use-case: it runs in a write, since what leaves is noted.
pub(super) fn export_participant_list(
    tx: &mut Tx<'_>,
    scope: &Scope,
    request: &ExportParticipantList,
    language: Language,
) -> Result<Listed, Problem> {
    let ExportParticipantList { offering_id, school_unit_id, active_on, columns, written } = request;
    let columns = list::columns(columns, Column::ALL, scope)?;
    let active_on = active_on.map(plausible_date).transpose().map_err(|refusal| refusal.at("/activeOn"))?;
    let mut filter = ParticipationFilter { active_on, ..ParticipationFilter::default() };
    let of = match (offering_id, school_unit_id) {
        (Some(id), None) => {
            let offering = OfferingId::from_uuid(*id);
            offering::find(tx.connection(), scope, offering)?
                .ok_or_else(|| unknown("/offeringId", "offering"))?;
            filter.offerings = vec![offering];
            *id
        }
        (None, Some(id)) => {
            let unit = SchoolUnitId::from_uuid(*id);
            school_unit::find(tx.connection(), scope, unit)?
                .ok_or_else(|| unknown("/schoolUnitId", "school unit"))?;
            filter.school_units = vec![unit];
            *id
        }
        (None, None) | (Some(_), Some(_)) => {
            let detail = "say either offeringId or schoolUnitId";
            return Err(Refusal::new(Rule::Conflict, detail).at("/offeringId").into());
        }
    };
    let found = every::<ParticipationSort, _>(|page| {
        Ok(participation::list(tx.connection(), scope, &filter, page)?)
    })?;
    let ids: BTreeSet<OfferingId> = found.iter().map(|named| named.saved.value.offering()).collect();
    let ids: Vec<OfferingId> = ids.into_iter().collect();
    let offerings = offering::find_many(tx.connection(), scope, &ids)?;
    let offerings: BTreeMap<_, _> = offerings.into_iter().map(|saved| (saved.id, saved.value)).collect();
    let rows = found.into_iter().map(|named| {
        let participation = named.saved.value;
        Row { person: participation.person(), participation: Some(participation) }
    });
    Making { list: "participant-list", of, written, columns, language }.make(
        tx,
        scope,
        rows.collect(),
        &offerings,
    )
}
