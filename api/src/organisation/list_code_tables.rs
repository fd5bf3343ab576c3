use actix_web::{get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadOrganisation},
    code::Table,
};
use skolhus_persistence::{DatabaseConnection, organisation::code};

use super::code_table::{CodeTableDocument, EntriesAsked};
use crate::http::{listing::List, permit::Permit, problem::Problem, query::Query, state::State};

/// List code tables
///
/// Every code table with its entries, on one page: school types, course types (kurstyper), kinds of code that
/// school units have, funding sources, regions and municipalities. A code that changes meaning or is withdrawn ends; another entry of the
/// same code may begin.
#[utoipa::path(
    operation_id = "listCodeTables", tag = "organisation",
    extensions(("x-permission" = json!("organisation:read"))),
    params(EntriesAsked),
    responses((status = 200, description = "All the code tables.", body = List<CodeTableDocument>))
)]
#[get("/v1/code-tables")]
pub async fn handle(
    permit: Permit<ReadOrganisation>,
    state: web::Data<State>,
    asked: Query<EntriesAsked>,
) -> Result<web::Json<List<CodeTableDocument>>, Problem> {
    let data = state
        .database
        .read(permit.caller(), move |connection, scope| list_code_tables(connection, scope, &asked.0))
        .await?;
    Ok(web::Json(List { data, page_token: None, as_of: None }))
}

/// The use-case. The tables are the same for every organiser, so the scope only says whose words are searched.
///
/// # Errors
/// A failure of the database.
pub fn list_code_tables(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    asked: &EntriesAsked,
) -> Result<Vec<CodeTableDocument>, Problem> {
    let names = asked.names(connection, scope)?;
    let tables = code::rows_of(connection, Table::ALL)?;
    let documents = Table::ALL.into_iter().zip(tables);
    Ok(documents.map(|(table, entries)| CodeTableDocument::of(table, entries, asked, &names)).collect())
}
