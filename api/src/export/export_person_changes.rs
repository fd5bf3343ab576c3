use actix_web::{HttpResponse, post, web};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadPersonChanges},
    export::MOST_ROWS,
    id::{Id, PersonId},
    instant::wall_clock,
    refusal::{Refusal, Rule},
    terminology::Language,
};
use skolhus_persistence::{
    Direction, PageRequest, Tx,
    change::person_trail::{self, PersonChangeFilter, PersonChangeSort},
    export::{Exported, record},
    person,
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    list::{Listed, Written},
    sheet::Sheet,
};
use crate::{
    change::PersonChangeDocument,
    http::{body::Body, language::Asked, permit::Permit, problem::Problem, state::State},
};

/// Whose data, and how the list is written.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExportPersonChanges {
    /// The person.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000b1")]
    pub person_id: Uuid,
    /// Only what was done at this instant or later (RFC 3339, with offset).
    #[schema(example = "2026-08-17T00:00:00+02:00")]
    pub from: Option<DateTime<Utc>>,
    /// Only what was done before this instant (RFC 3339, with offset).
    #[schema(example = "2027-08-17T00:00:00+02:00")]
    pub to: Option<DateTime<Utc>>,
    /// How it is written.
    #[validate(nested)]
    pub written: Written,
}

/// Columns: as the log names them, in Swedish, in English.
const COLUMNS: [(&str, &str, &str); 13] = [
    ("occurredAt", "Tidpunkt", "Time"),
    ("actorLabel", "Vem", "Who"),
    ("actorName", "Roll", "Role"),
    ("device", "Inloggad på", "Logged in on"),
    ("permission", "Behörighet", "Permission"),
    ("action", "Åtgärd", "Action"),
    ("entity", "Uppgift", "Record"),
    ("entityId", "Uppgiftens id", "Record id"),
    ("field", "Fält", "Field"),
    ("before", "Före", "Before"),
    ("after", "Efter", "After"),
    ("reason", "Skäl", "Reason"),
    ("requestId", "Anrop", "Request"),
];

/// Take out what was done with a person's data
///
/// The same as what is read on the page, as CSV or as an Excel workbook, a row for each field that changed and one for what
/// was only opened; the newest first, times of the wall clock in Sweden. At most 5,000 things that were done: ask for a
/// shorter period. That it was taken, by whom, why, and how much, stands in the log, with the person as among those whose
/// data were opened.
#[utoipa::path(
    operation_id = "exportPersonChanges", tag = "export",
    extensions(("x-permission" = json!("person-change:read"))),
    params(("Accept-Language" = Option<String>, Header, description = "The language of the headings: sv or en.", example = "sv")),
    request_body(content = ExportPersonChanges, example = json!({
        "personId": "0199a3f0-7c00-7000-8000-0000000000b1",
        "from": "2026-08-17T00:00:00+02:00",
        "written": { "format": "xlsx", "purpose": "Begäran om registerutdrag, ärende 2026-131" }
    })),
    responses((status = 200, description = "The list as a file.",
        content((String = "text/csv"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")),
        headers(("Content-Disposition" = String, description = "The name of the file."), ("Content-Language" = String, description = "The language of the headings."))))
)]
#[post("/v1/exports/person-changes")]
pub async fn handle(
    permit: Permit<ReadPersonChanges>,
    state: web::Data<State>,
    Asked(language): Asked,
    body: Body<ExportPersonChanges>,
) -> Result<HttpResponse, Problem> {
    let request = body.into_inner();
    let written = request.written.clone();
    let listed = state
        .database
        .write(permit.caller(), move |tx, scope| export_person_changes(tx, scope, &request, language))
        .await?;
    listed.answer(&state, "person-changes", &written, language)
}

/// The use-case: it runs in a write, since what leaves is noted.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`]; a failure of the database.
pub(super) fn export_person_changes(
    tx: &mut Tx<'_>,
    scope: &Scope,
    request: &ExportPersonChanges,
    language: Language,
) -> Result<Listed, Problem> {
    let ExportPersonChanges { person_id, from, to, written } = request;
    let purpose = written.purpose()?;
    let person = PersonId::from_uuid(*person_id);
    if person::id_holder(tx.connection(), scope, person)?.is_none() {
        return Err(Refusal::new(Rule::UnknownReference, "there is no such person").at("/personId").into());
    }
    let _ = tx.record_access(&purpose, &[person]);
    let filter = PersonChangeFilter { from: *from, to: *to, ..PersonChangeFilter::default() };
    let all = PageRequest {
        limit: u32::try_from(MOST_ROWS).unwrap_or(u32::MAX),
        sort: PersonChangeSort::Newest,
        direction: Direction::Ascending,
        after: None,
        modified_after: None,
    };
    let page = person_trail::list(tx.connection(), scope, person, &filter, &all)?;
    if page.next.is_some() {
        let detail = format!("more than {MOST_ROWS} things were done; ask for a shorter period");
        return Err(Refusal::new(Rule::OutOfRange, detail).at("/from").into());
    }
    let rows: Vec<Vec<String>> =
        page.items.into_iter().map(PersonChangeDocument::of).flat_map(|done| lines(&done)).collect();
    let codes: Vec<&str> = COLUMNS.iter().map(|(code, ..)| *code).collect();
    let exported = Exported {
        list: "person-changes",
        of: *person_id,
        columns: &codes,
        rows: rows.len(),
        format: written.format.code(),
        purpose: &purpose,
    };
    record(tx, scope, &exported);
    let heading = |(_, swedish, english): &(&str, &str, &str)| match language {
        Language::Swedish => (*swedish).to_owned(),
        Language::English => (*english).to_owned(),
    };
    Ok(Listed::noted(Sheet { headings: COLUMNS.iter().map(heading).collect(), rows }))
}

/// What was done, a line for each field; one without a field where nothing changed, or nobody knows any longer what.
fn lines(done: &PersonChangeDocument) -> Vec<Vec<String>> {
    let change = &done.change;
    let line = |field: &str, before: &Option<String>, after: &Option<String>| {
        vec![
            wall_clock(change.occurred_at).format("%Y-%m-%d %H:%M:%S").to_string(),
            done.actor_label.clone().unwrap_or_default(),
            change.actor_name.clone(),
            done.device.clone().unwrap_or_default(),
            change.permission.clone(),
            change.action.clone(),
            change.entity.clone(),
            change.entity_id.to_string(),
            field.to_owned(),
            before.clone().unwrap_or_default(),
            after.clone().unwrap_or_default(),
            done.reason.clone().unwrap_or_default(),
            change.request_id.to_string(),
        ]
    };
    if done.fields.is_empty() {
        return vec![line("", &None, &None)];
    }
    done.fields.iter().map(|field| line(&field.name, &field.before, &field.after)).collect()
}
