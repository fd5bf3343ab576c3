use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Serialize;
use skolhus_domain::{
    access::{Scope, declared::GrantOwnRights},
    id::Id,
    person::relation::{Adulthood, RelationKind, RelationState, adulthood},
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest, Saved,
    person::relation::{self, RelationFilter, RelationSort, RelationView},
};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    http::{
        listing::{List, Listing, NoFilters},
        period::PeriodDocument,
        permit::Permit,
        problem::Problem,
        state::State,
    },
    person::{
        codes::{RelationKindCode, RightCode},
        fields::NameDocument,
        relation::codes,
    },
};

/// A relation over the caller: who has, or had, rights over them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OwnRelative)]
pub struct RelativeDocument {
    /// The relation's id.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000201")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// Who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c2")]
    pub relative_id: Uuid,
    /// Their name.
    pub relative_name: NameDocument,
    /// What it rests on; `granted-by-adult` is what the caller has granted.
    pub kind: RelationKindCode,
    /// The days.
    pub period: PeriodDocument,
    /// The rights that they have over the caller today.
    #[schema(example = json!(["see"]))]
    pub rights_today: Vec<RightCode>,
    /// Whether the caller may grant them rights, or take back what was granted: from the 18th birthday.
    #[schema(example = true)]
    pub may_grant: bool,
}

impl RelativeDocument {
    pub(super) fn of(view: &RelationView, today: NaiveDate) -> Self {
        let rights_today = codes(view.rights_on(today));
        let RelationView { saved, relative_name, birth_date, .. } = view;
        let Saved { id, version, created_at: _, modified_at: _, value } = saved;
        Self {
            id: id.uuid(),
            version: *version,
            relative_id: value.relative.uuid(),
            relative_name: NameDocument::of(relative_name),
            kind: value.kind.into(),
            period: PeriodDocument::of(value.terms.period),
            rights_today,
            may_grant: adulthood(*birth_date, today) == Adulthood::Adult,
        }
    }
}

/// List one's own relatives
///
/// The relations over the caller that were ever in force, so that a grown pupil can grant rights
/// again to those who lost them at the 18th birthday, and see whom they have granted what.
#[utoipa::path(
    operation_id = "listOwnRelatives", tag = "person",
    extensions(("x-permission" = json!("grant:own"))),
    params(Listing<NoFilters, RelationSort>),
    responses((status = 200, description = "One page of relations over the caller.", body = List<RelativeDocument>))
)]
#[get("/v1/me/relatives")]
pub async fn handle(
    permit: Permit<GrantOwnRights>,
    state: web::Data<State>,
    listing: Listing<NoFilters, RelationSort>,
) -> Result<web::Json<List<RelativeDocument>>, Problem> {
    let (_, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_relatives(connection, scope, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case. The scope of those who grant reaches themselves alone.
///
/// # Errors
/// A failure of the database.
pub fn list_relatives(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    request: &PageRequest<RelationSort>,
) -> Result<Page<RelativeDocument>, Problem> {
    let filter = RelationFilter {
        kinds: RelationKind::ALL.to_vec(),
        states: vec![RelationState::Confirmed, RelationState::ChangeWaiting],
        ..RelationFilter::default()
    };
    let today = scope.today();
    relation::list(connection, scope, &filter, request)?
        .try_map(|view| Ok(RelativeDocument::of(&view, today)))
}
