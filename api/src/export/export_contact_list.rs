use std::collections::BTreeMap;

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ExportPersons},
    export::Column,
    id::{Id, SchoolUnitId},
    terminology::Language,
};
use skolhus_persistence::{
    Tx,
    organisation::school_unit,
    person::{self, PersonFilter, PersonSort},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::list::{self, Listed, Making, PersonColumnWord, Row, Written, every, unknown};
use crate::http::{body::Body, language::Asked, permit::Permit, problem::Problem, state::State};

/// Whose persons, and how their list is written.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExportContactList {
    /// The school unit: persons registered, enrolled, employed or studying there.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a2")]
    pub school_unit_id: Uuid,
    /// The columns in their order, each once; the e-mail address and the phone number are those that the person
    /// prefers, the address the registered one of today.
    #[validate(length(min = 1, max = 20))]
    #[schema(value_type = Vec<PersonColumnWord>, example = json!(["familyName", "givenName", "email"]), min_items = 1, max_items = 20)]
    pub columns: Vec<String>,
    /// How it is written.
    #[validate(nested)]
    pub written: Written,
}

/// Take out a contact list
///
/// The persons of a school unit, by name, as CSV or as an Excel workbook with headings in the language asked
/// for. Only columns that are open to the caller: another one is refused by name. Protected persons are never
/// in it. At most 5,000 rows. That it was taken, by whom, why, and how much, stands in the log. A cell that
/// begins like a formula (`=`, `+`, `-`, `@`) has an apostrophe in front of it in CSV.
#[utoipa::path(
    operation_id = "exportContactList", tag = "export",
    extensions(("x-permission" = json!("person:export"))),
    params(("Accept-Language" = Option<String>, Header, description = "The language of the headings: sv or en.", example = "sv")),
    request_body(content = ExportContactList, example = json!({
        "schoolUnitId": "0199a3f0-7c00-7000-8000-0000000000a2",
        "columns": ["familyName", "givenName", "phone"],
        "written": { "format": "xlsx", "purpose": "Kontaktlista till internatet" }
    })),
    responses((status = 200, description = "The list as a file.",
        content((String = "text/csv"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")),
        headers(("Content-Disposition" = String, description = "The name of the file."), ("Content-Language" = String, description = "The language of the headings."))))
)]
#[post("/v1/exports/contact-list")]
pub async fn handle(
    permit: Permit<ExportPersons>,
    state: web::Data<State>,
    Asked(language): Asked,
    body: Body<ExportContactList>,
) -> Result<HttpResponse, Problem> {
    let request = body.into_inner();
    let written = request.written.clone();
    let listed = state
        .database
        .write(permit.caller(), move |tx, scope| export_contact_list(tx, scope, &request, language))
        .await?;
    listed.answer(&state, "contact-list", &written, language)
}

/// The use-case: it runs in a write, since what leaves is noted.
pub(super) fn export_contact_list(
    tx: &mut Tx<'_>,
    scope: &Scope,
    request: &ExportContactList,
    language: Language,
) -> Result<Listed, Problem> {
    let ExportContactList { school_unit_id, columns, written } = request;
    let columns = list::columns(columns, Column::OF_PERSONS, scope)?;
    let unit = SchoolUnitId::from_uuid(*school_unit_id);
    school_unit::find(tx.connection(), scope, unit)?
        .ok_or_else(|| unknown("/schoolUnitId", "school unit"))?;
    let filter = PersonFilter { school_units: vec![unit], ..PersonFilter::default() };
    let found = every::<PersonSort, _>(|page| Ok(person::list(tx.connection(), scope, &filter, page)?))?;
    let rows = found.into_iter().map(|saved| Row { person: saved.id, participation: None });
    Making { list: "contact-list", of: *school_unit_id, written, columns, language }.make(
        tx,
        scope,
        rows.collect(),
        &BTreeMap::new(),
    )
}
