use std::collections::BTreeMap;

use actix_web::{HttpResponse, post, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ExportPersons},
    export::Column,
    id::{GroupId, Id},
    period::plausible_date,
    terminology::Language,
};
use skolhus_persistence::{
    Tx,
    group::{
        group,
        membership::{self, MembershipFilter, MembershipSort},
    },
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::list::{self, Listed, Making, PersonColumnWord, Row, Written, every, unknown};
use crate::http::{body::Body, language::Asked, permit::Permit, problem::Problem, state::State};

/// Which group's members, and how their list is written.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExportClassList {
    /// The group whose members are listed: a class, a teaching group, a mentor group, a section of a preschool.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub group_id: Uuid,
    /// The members of this day; of today when absent.
    #[schema(example = "2026-09-15")]
    pub valid_on: Option<NaiveDate>,
    /// The columns in their order, each once; the e-mail address and the phone number are those that the person
    /// prefers, the address the registered one of today.
    #[validate(length(min = 1, max = 20))]
    #[schema(value_type = Vec<PersonColumnWord>, example = json!(["familyName", "givenName", "email"]), min_items = 1, max_items = 20)]
    pub columns: Vec<String>,
    /// How it is written.
    #[validate(nested)]
    pub written: Written,
}

/// Take out a class list
///
/// The members of a group on a day (klasslista), by name, as CSV or as an Excel workbook with headings in the language
/// asked for. Only columns that are open to the caller: another one is refused by name. Protected persons are never
/// in it. At most 5,000 rows. That it was taken, by whom, why, and how much, stands in the log. A cell that
/// begins like a formula (`=`, `+`, `-`, `@`) has an apostrophe in front of it in CSV.
#[utoipa::path(
    operation_id = "exportClassList", tag = "export",
    extensions(("x-permission" = json!("person:export"))),
    params(("Accept-Language" = Option<String>, Header, description = "The language of the headings: sv or en.", example = "sv")),
    request_body(content = ExportClassList, example = json!({
        "groupId": "0199a3f0-7c00-7000-8000-0000000000a1", "columns": ["familyName", "givenName", "phone"],
        "written": { "format": "csv", "purpose": "Klasslista till utflykten" }
    })),
    responses((status = 200, description = "The list as a file.",
        content((String = "text/csv"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")),
        headers(("Content-Disposition" = String, description = "The name of the file."), ("Content-Language" = String, description = "The language of the headings."))))
)]
#[post("/v1/exports/class-list")]
pub async fn handle(
    permit: Permit<ExportPersons>,
    state: web::Data<State>,
    Asked(language): Asked,
    body: Body<ExportClassList>,
) -> Result<HttpResponse, Problem> {
    let request = body.into_inner();
    let written = request.written.clone();
    let listed = state
        .database
        .write(permit.caller(), move |tx, scope| export_class_list(tx, scope, &request, language))
        .await?;
    listed.answer(&state, "class-list", &written, language)
}

/// The use-case: it runs in a write, since what leaves is noted.
pub(super) fn export_class_list(
    tx: &mut Tx<'_>,
    scope: &Scope,
    request: &ExportClassList,
    language: Language,
) -> Result<Listed, Problem> {
    let ExportClassList { group_id, valid_on, columns, written } = request;
    let columns = list::columns(columns, Column::OF_PERSONS, scope)?;
    let day = plausible_date(valid_on.unwrap_or_else(|| scope.today()))
        .map_err(|refusal| refusal.at("/validOn"))?;
    let group = GroupId::from_uuid(*group_id);
    group::find(tx.connection(), scope, group)?.ok_or_else(|| unknown("/groupId", "group"))?;
    let filter = MembershipFilter { groups: vec![group], valid_on: Some(day), ..MembershipFilter::default() };
    let found =
        every::<MembershipSort, _>(|page| Ok(membership::list(tx.connection(), scope, &filter, page)?))?;
    let rows = found.into_iter().map(|named| Row { person: named.saved.value.person, participation: None });
    Making { list: "class-list", of: *group_id, written, columns, language }.make(
        tx,
        scope,
        rows.collect(),
        &BTreeMap::new(),
    )
}
