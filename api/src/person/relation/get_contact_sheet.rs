use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Serialize;
use skolhus_domain::{
    access::{InformationClass, Reach, Scope, declared::ReadContactSheets},
    id::{Id, PersonId},
    person::{
        ClassPermit, Person,
        relation::{Against, Right},
    },
};
use skolhus_persistence::{
    DatabaseConnection, Saved,
    person::{
        self,
        contact_ban::{self, ContactBanView},
        relation::{self, RelationView},
    },
};
use utoipa::ToSchema;
use uuid::Uuid;

use super::document::codes;
use crate::{
    http::{
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId},
        state::State,
    },
    person::{
        codes::{BanKindCode, RelationKindCode, RightCode},
        document::PersonDocument,
        fields::{EmailDocument, NameDocument, PhoneDocument},
    },
};

/// A contact sheet (kontaktblad): whom to reach about somebody today, who may collect them, and who
/// may not meet them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContactSheet {
    /// Whom it is about.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Their name.
    pub name: NameDocument,
    /// Their date of birth; absent where the caller's role does not open it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<NaiveDate>, example = "2011-03-03")]
    pub birth_date: Option<Option<NaiveDate>>,
    /// Those whom the law appoints: guardians, god man, förvaltare; by name.
    pub guardians: Vec<SheetContact>,
    /// The others to reach: foster home, contacts, those to whom a grown pupil has granted rights; by name.
    pub others: Vec<SheetContact>,
    /// The ids of those above who may collect the person today.
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-0000000000c2"]))]
    pub may_collect_ids: Vec<Uuid>,
    /// The ids of those above who are to be told: that the person is absent, and of everything else that concerns them.
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-0000000000c2"]))]
    pub to_be_told_ids: Vec<Uuid>,
    /// Those who may not meet the person today, whatever else they are.
    pub barred: Vec<SheetBarred>,
}

/// Somebody to reach.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SheetContact {
    /// Who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c2")]
    pub person_id: Uuid,
    /// Their name.
    pub name: NameDocument,
    /// What the relation rests on.
    pub kind: RelationKindCode,
    /// The rights that the relation carries today.
    #[schema(example = json!(["see", "collect"]))]
    pub rights: Vec<RightCode>,
    /// Phone numbers, the preferred one first; absent where the caller's role does not open them, and of others
    /// around a member of the caller's own family.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub phones: Option<Vec<PhoneDocument>>,
    /// E-mail addresses, the preferred one first; absent as the phone numbers are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub emails: Option<Vec<EmailDocument>>,
}

/// Somebody who may not meet the person. Why is told where bans are read.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SheetBarred {
    /// Their name, if they are in the register.
    #[schema(required)]
    pub name: Option<NameDocument>,
    /// How they were described, if they are not.
    #[schema(required, example = "Farbrodern, kallas Kalle, cirka 45 år")]
    pub described: Option<String>,
    /// What it rests on.
    pub kind: BanKindCode,
    /// The last day; null until further notice.
    #[schema(required, example = "2027-08-13")]
    pub until: Option<NaiveDate>,
}

/// Read a contact sheet
///
/// Everything that staff need to reach those around a person today, in one answer. Protected
/// persons are not on it, and there is none of a protected person.
#[utoipa::path(
    operation_id = "getContactSheet", tag = "person",
    extensions(("x-permission" = json!("contact-sheet:read"))),
    params(IdPath),
    responses((status = 200, description = "The contact sheet as it is today.", body = ContactSheet))
)]
#[get("/v1/persons/{id}/contact-sheet")]
pub async fn handle(
    permit: Permit<ReadContactSheets>,
    state: web::Data<State>,
    id: PathId<PersonId>,
) -> Result<web::Json<ContactSheet>, Problem> {
    let sheet = state
        .database
        .read(permit.caller(), move |connection, scope| get_contact_sheet(connection, scope, id.0))
        .await?;
    Ok(web::Json(sheet))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_contact_sheet(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: PersonId,
) -> Result<ContactSheet, Problem> {
    let today = scope.today();
    let mut relations = relation::of_persons(connection, scope, &[id])?;
    relations.retain(|view| view.is_in_force_on(today));
    let persons = person::find_with_relatives(connection, scope, id, &relations)?;
    let themselves = persons.iter().find(|saved| saved.id == id).ok_or_else(Problem::not_found)?;
    let shown = PersonDocument::of(themselves, scope, None)?;
    let bans = contact_ban::of_persons(connection, scope, &[id])?;
    relations.sort_by_cached_key(|view| (view.relative_name.sort_key(), view.saved.id));
    let own_family = is_own_family(scope, &relations);
    let (mut guardians, mut others) = (Vec::new(), Vec::new());
    let (mut may_collect_ids, mut to_be_told_ids) = (Vec::new(), Vec::new());
    for view in &relations {
        let relation = &view.saved.value;
        let Some(relative) = persons.iter().find(|saved| saved.id == relation.relative) else { continue };
        let contact = SheetContact::of(view, relative, scope, own_family)?;
        for (right, ids) in
            [(Right::Collect, &mut may_collect_ids), (Right::ReceiveNotices, &mut to_be_told_ids)]
        {
            if view.rights_on(today).has(right) && !ids.contains(&contact.person_id) {
                ids.push(contact.person_id);
            }
        }
        if relation.kind.is_appointed() { guardians.push(contact) } else { others.push(contact) }
    }
    Ok(ContactSheet {
        person_id: id.uuid(),
        name: shown.name.ok_or_else(Problem::not_found)?,
        birth_date: shown.birth_date,
        guardians,
        others,
        may_collect_ids,
        to_be_told_ids,
        barred: bans
            .iter()
            .filter(|view| view.saved.value.period.contains(today))
            .map(SheetBarred::of)
            .collect(),
    })
}

/// Whether the sheet is about somebody over whom the caller has a relation, and whom they do not reach
/// as one who works for the whole organiser: nobody sees their own family by the school's eyes.
fn is_own_family(scope: &Scope, relations: &[RelationView]) -> bool {
    scope.reach() != &Reach::Organiser
        && relations.iter().any(|view| Some(view.saved.value.relative) == scope.person())
}

impl SheetContact {
    /// How a relative is reached, as far as the caller's role goes.
    fn of(
        view: &RelationView,
        relative: &Saved<PersonId, Person>,
        scope: &Scope,
        own_family: bool,
    ) -> Result<Self, Problem> {
        let is_open = !own_family || scope.person() == Some(relative.id);
        let permit =
            ClassPermit::decided(is_open && scope.classes_about(relative.id).has(InformationClass::Contact));
        let contact = match permit {
            ClassPermit::MaySee => {
                Some(relative.value.contact.open(permit).map_err(|_| Problem::not_found())?)
            }
            ClassPermit::MayNotSee => None,
        };
        let relation = &view.saved.value;
        Ok(Self {
            person_id: relation.relative.uuid(),
            name: NameDocument::of(&view.relative_name),
            kind: relation.kind.into(),
            rights: codes(view.rights_on(scope.today())),
            phones: contact.map(|contact| contact.phones.iter().map(PhoneDocument::of).collect()),
            emails: contact.map(|contact| contact.emails.iter().map(EmailDocument::of).collect()),
        })
    }
}

impl SheetBarred {
    fn of(view: &ContactBanView) -> Self {
        let ban = &view.saved.value;
        Self {
            name: view.against_name.as_ref().map(NameDocument::of),
            described: match &ban.against {
                Against::Person(_) => None,
                Against::Described(text) => Some(text.as_str().to_owned()),
            },
            kind: ban.kind.into(),
            until: ban.period.to(),
        }
    }
}
