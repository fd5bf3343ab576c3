use actix_web::{post, web};
use chrono::NaiveDate;
use serde::Serialize;
use skolhus_domain::{
    access::{Scope, declared::ReadPersonReaders},
    id::{Id, PersonId},
    person::relation::Right,
};
use skolhus_persistence::{
    Tx,
    identity::person_reader::{self, Ground, PersonReader, Who, Why},
    person::relation,
};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    http::{
        body::Body,
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId},
        state::State,
        words::words,
    },
    person::DisclosePerson,
};

words! {
    /// What reads.
    ReaderKindWord("ReaderKind") = vec!["account", "client"];
    /// What makes a role reach a person.
    ReaderGroundWord("ReaderGroundKind") = EVERY.map(code).to_vec();
    /// A role, the integrators' clients' among them.
    ReaderRoleWord("ReaderRole") = skolhus_domain::access::Role::ALL.map(skolhus_domain::access::Role::code).to_vec();
}

const EVERY: [Why; 7] = [
    Why::WholeOrganiser,
    Why::SchoolUnit,
    Why::Taught,
    Why::UnderAnotherName,
    Why::OpensWithReason,
    Why::Relative,
    Why::Themselves,
];

fn code(why: Why) -> &'static str {
    match why {
        Why::WholeOrganiser => "whole-organiser",
        Why::SchoolUnit => "school-unit",
        Why::Taught => "taught",
        Why::UnderAnotherName => "under-another-name",
        Why::OpensWithReason => "opens-with-reason",
        Why::Relative => "relative",
        Why::Themselves => "themselves",
    }
}

/// Who may read a person's record.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PersonReaders)]
pub struct PersonReadersDocument {
    /// Whose record.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000b1")]
    pub person_id: Uuid,
    /// The day on which it is so, in Sweden.
    #[schema(example = "2026-08-17")]
    pub on: NaiveDate,
    /// Whether their identity is protected.
    #[schema(example = false)]
    pub is_protected: bool,
    /// Everybody who may, accounts before clients.
    pub readers: Vec<PersonReaderDocument>,
}

/// Somebody who may read it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PersonReader)]
pub struct PersonReaderDocument {
    /// A person's account, or an integrator's client.
    #[schema(value_type = ReaderKindWord, example = "account")]
    pub kind: &'static str,
    /// The account or the client.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub id: Uuid,
    /// Its address or its name; null for the account of somebody whose identity is protected.
    #[schema(required, example = "registrator@exempel.se")]
    pub label: Option<String>,
    /// The person behind the account; null where there is none, and where their identity is protected.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000b2")]
    pub person_id: Option<Uuid>,
    /// Why; at least one.
    pub grounds: Vec<ReaderGroundDocument>,
}

/// Why somebody may read it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReaderGround)]
pub struct ReaderGroundDocument {
    /// What makes the role reach the person: it covers the whole organiser, or a school unit that the person belongs to; they
    /// are taught by it, or met under another name; it may open the record with a reason; a relation with the right to see;
    /// or it is the person themselves.
    #[schema(value_type = ReaderGroundWord, example = "school-unit")]
    pub why: &'static str,
    /// The role.
    #[schema(value_type = ReaderRoleWord, example = "registrar")]
    pub role: &'static str,
    /// The school unit that the role is limited to; null for the whole organiser.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000a2")]
    pub school_unit_id: Option<Uuid>,
}

impl PersonReaderDocument {
    fn of(reader: PersonReader) -> Self {
        let PersonReader { who, label, person, grounds } = reader;
        let (kind, id) = match who {
            Who::Account(id) => ("account", id.uuid()),
            Who::Client(id) => ("client", id.uuid()),
        };
        let ground = |Ground { role, school_unit, why }: Ground| ReaderGroundDocument {
            why: code(why),
            role: role.code(),
            school_unit_id: school_unit.map(Id::uuid),
        };
        let grounds = grounds.into_iter().map(ground).collect();
        Self { kind, id, label, person_id: person.map(Id::uuid), grounds }
    }
}

/// Read who may read a person's record
///
/// Every account and client that may read the person's record today, and why: by an office for the whole organiser or for a
/// school unit, because they teach the person or answer for their group, by a relation, or because it is they. Of somebody
/// whose identity is protected: who may open the record with a reason, who meets them under another name, and who is
/// cleared to know. It is answered by the same rules that decide when each of them asks. Looking is logged, with its
/// reason, before anything is shown.
#[utoipa::path(
    operation_id = "searchPersonReaders", tag = "access",
    extensions(("x-permission" = json!("person-reader:read"))),
    params(IdPath),
    request_body(content = DisclosePerson, example = json!({ "reason": "Fråga från vårdnadshavare, ärende 2026-140" })),
    responses((status = 200, description = "Who may, and why.", body = PersonReadersDocument))
)]
#[post("/v1/persons/{id}/readers/search")]
pub async fn handle(
    permit: Permit<ReadPersonReaders>,
    state: web::Data<State>,
    id: PathId<PersonId>,
    body: Body<DisclosePerson>,
) -> Result<web::Json<PersonReadersDocument>, Problem> {
    let readers = state
        .database
        .write(permit.caller(), move |tx, scope| search_person_readers(tx, scope, id.0, &body))
        .await?;
    Ok(web::Json(readers))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `InvalidFields` for the reason; a failure of the database.
pub fn search_person_readers(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: PersonId,
    why: &DisclosePerson,
) -> Result<PersonReadersDocument, Problem> {
    let reason = why.checked()?;
    let is_protected =
        person_reader::protection(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let _ = tx.record_access(&reason, &[id]);
    let relations = relation::over_persons(tx.connection(), scope, &[id])?;
    let relatives: Vec<PersonId> = relations
        .iter()
        .filter(|view| view.rights_on(scope.today()).has(Right::See))
        .map(|view| view.saved.value.relative)
        .collect();
    let readers = person_reader::of_person(tx.connection(), scope, id, is_protected, &relatives)?;
    Ok(PersonReadersDocument {
        person_id: id.uuid(),
        on: scope.today(),
        is_protected,
        readers: readers.into_iter().map(PersonReaderDocument::of).collect(),
    })
}
