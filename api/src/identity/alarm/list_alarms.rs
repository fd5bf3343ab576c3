use actix_web::{get, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageAlarms},
    identity::AlarmKind,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    identity::alarm::{self, AlarmFilter, AlarmSort},
};
use utoipa::IntoParams;

use super::document::{AlarmDocument, AlarmKindWord};
use crate::http::{
    catalogue::Code,
    listing::{List, Listing, Several, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which alarms.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only of these kinds, separated by commas.
    #[param(value_type = Option<Vec<AlarmKindWord>>, example = "many-refusals,outside-networks")]
    kind: Option<Several<String>>,
    /// Only those that somebody has settled (true), or those that nobody has yet (false).
    #[param(example = false)]
    is_settled: Option<bool>,
}

impl SortKey for AlarmSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("raisedAt", Self::RaisedAt), ("modifiedAt", Self::ModifiedAt)];
}

/// List alarms
///
/// Signs of misuse, the oldest first: many refusals of one account or client within ten minutes, a client's credentials used
/// from outside its networks, a refresh token in two places. An alarm stops nobody; who should be stopped is disabled.
#[utoipa::path(
    operation_id = "listAlarms", tag = "identity",
    extensions(("x-permission" = json!("alarm:manage"))),
    params(Listing<Filters, AlarmSort>),
    responses((status = 200, description = "One page of alarms.", body = List<AlarmDocument>))
)]
#[get("/v1/alarms")]
pub async fn handle(
    permit: Permit<ManageAlarms>,
    state: web::Data<State>,
    listing: Listing<Filters, AlarmSort>,
) -> Result<web::Json<List<AlarmDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_alarms(connection, scope, &filters, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// [`Code::MalformedParameter`] for a kind that there is not; a failure of the database.
pub fn list_alarms(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<AlarmSort>,
) -> Result<Page<AlarmDocument>, Problem> {
    let kinds = filters.kind.iter().flat_map(|several| several.0.iter());
    let kinds = kinds.map(|kind| AlarmKind::from_code(kind)).collect::<Result<_, _>>();
    let kinds = kinds
        .map_err(|refusal| Problem::new(Code::MalformedParameter).errors(vec![refusal.at("/query/kind")]))?;
    let filter = AlarmFilter { kinds, is_settled: filters.is_settled };
    let page = alarm::list(connection, scope, &filter, request)?;
    page.try_map(|view| Ok(AlarmDocument::of(view)))
}
