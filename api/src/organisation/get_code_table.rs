use actix_web::{get, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadOrganisation},
    code::Table,
};
use skolhus_persistence::{DatabaseConnection, organisation::code};
use utoipa::IntoParams;

use super::code_table::{CodeTableDocument, CodeTableWord, EntriesAsked};
use crate::http::{permit::Permit, problem::Problem, query::Query, state::State};

/// The word in the path.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct TablePath {
    /// The table.
    #[param(value_type = CodeTableWord, inline, example = "course-type")]
    pub table: String,
}

/// Read a code table
///
/// One code table with its entries: what each code means, in Swedish and English, when it may be used, and
/// whether its source is verified.
#[utoipa::path(
    operation_id = "getCodeTable", tag = "organisation",
    extensions(("x-permission" = json!("organisation:read"))),
    params(TablePath, EntriesAsked),
    responses((status = 200, description = "The code table.", body = CodeTableDocument))
)]
#[get("/v1/code-tables/{table}")]
pub async fn handle(
    permit: Permit<ReadOrganisation>,
    state: web::Data<State>,
    path: web::Path<TablePath>,
    asked: Query<EntriesAsked>,
) -> Result<web::Json<CodeTableDocument>, Problem> {
    let answer = state
        .database
        .read(permit.caller(), move |connection, scope| {
            get_code_table(connection, scope, &path.table, &asked.0)
        })
        .await?;
    Ok(web::Json(answer))
}

/// The use-case. The tables are the same for every organiser, so the scope only says whose words are searched.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_code_table(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    word: &str,
    asked: &EntriesAsked,
) -> Result<CodeTableDocument, Problem> {
    let table = Table::from_word(word).map_err(|_| Problem::not_found())?;
    let names = asked.names(connection, scope)?;
    let [entries] = code::rows_of(connection, [table])?;
    Ok(CodeTableDocument::of(table, entries, asked, &names))
}
