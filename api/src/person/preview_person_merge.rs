use actix_web::{post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::MergePersons},
    id::{Id, PersonId},
    period::Period,
    person::{
        Added, Person, PersonFacts,
        relation::{Between, Carried, Carries, ContactBan, Relation},
    },
};
use skolhus_persistence::{
    DatabaseConnection, Saved,
    person::{
        merge::{Around, Survey},
        relation::RelationView,
    },
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    document::facts,
    fields::NameDocument,
    merge::{Weighed, weigh, whole_organiser},
    relation::{SpanDocument, documents},
};
use crate::http::{
    body::Body,
    permit::Permit,
    problem::{Problem, RefusedValue},
    state::State,
};

/// Which records would be merged.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewPersonMerge {
    /// Whose record would be kept.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub keep_id: Uuid,
    /// Whose record would be withdrawn.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c2")]
    pub merge_id: Uuid,
}

/// What a merge would come to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonMergePreview {
    /// Whether it could be made as things are.
    #[schema(example = true)]
    pub possible: bool,
    /// The version of the record that would be kept, for the merge.
    #[schema(example = 3, minimum = 1)]
    pub keep_version: i64,
    /// The version of the record that would be withdrawn, for the merge.
    #[schema(example = 1, minimum = 1)]
    pub merge_version: i64,
    /// Which records would name the kept person instead.
    pub moves: Vec<MovesDocument>,
    /// What the kept record lacks and would get: `birthDate`, `sex`, `schoolUnitId`, `contact.emails`, `contact.phones`.
    #[schema(example = json!(["contact.emails"]))]
    pub added: Vec<&'static str>,
    /// What becomes of relations (relationer, vårdnad) of the two, where it is another than today.
    pub relations: Vec<CarriedRelationDocument>,
    /// Who would gain or lose which rights over whom, the kept record's counted: one item for each pair that something
    /// changes for, and for each relative who has rights over the kept person and would meet what moves to it.
    pub rights: Vec<MergedRightsDocument>,
    /// What stands in the way.
    pub obstacles: Vec<RefusedValue>,
}

/// What a merge makes of a relation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = CarriedRelationBecomes, example = "waiting")]
pub enum Becomes {
    /// It names the kept record, and is otherwise what it is.
    Moved,
    /// It carries nothing until a second person has confirmed it: it would open something. It may be one that the kept
    /// record has, where the departing one brings an account or the date of birth.
    Waiting,
    /// The kept record has the same: it is withdrawn.
    Withdrawn,
    /// It waits for a second person, and is to be decided about before the merge.
    Undecided,
}

/// What would become of a relation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CarriedRelation)]
pub struct CarriedRelationDocument {
    /// The relation.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000201")]
    pub relation_id: Uuid,
    /// Over whom, as it is today.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c4")]
    pub person_id: Uuid,
    /// Their name.
    pub person_name: NameDocument,
    /// Who has the rights, as it is today.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c2")]
    pub relative_id: Uuid,
    /// Their name.
    pub relative_name: NameDocument,
    /// What it becomes.
    pub becomes: Becomes,
}

/// The rights of one person over another, before and after a merge.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MergedRights)]
pub struct MergedRightsDocument {
    /// Over whom, afterwards.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c4")]
    pub person_id: Uuid,
    /// Who has the rights, afterwards.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub relative_id: Uuid,
    /// Whether what names the departing record comes within their sight.
    #[schema(example = false)]
    pub meets_what_moves: bool,
    /// The rights from today on: as the kept record stands in them now, once it is merged, and once a second
    /// person has confirmed what waits.
    pub spans: Vec<SpanDocument>,
}

/// How many records of a kind would move.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PersonMergeMoves)]
pub struct MovesDocument {
    /// The kind, in the words of the change log.
    #[schema(example = "participation")]
    pub entity: &'static str,
    /// How many.
    #[schema(example = 2, minimum = 1)]
    pub records: i64,
}

/// Preview a merge
///
/// What a merge of two records would move and add, who would gain or lose which rights, at once and once a second
/// person has confirmed what waits, and what stands in its way. Nothing is changed.
#[utoipa::path(
    operation_id = "previewPersonMerge", tag = "person",
    extensions(("x-permission" = json!("person:merge"))),
    request_body(content = PreviewPersonMerge, example = json!({
        "keepId": "0199a3f0-7c00-7000-8000-0000000000c1", "mergeId": "0199a3f0-7c00-7000-8000-0000000000c2",
    })),
    responses((status = 200, description = "What it would come to.", body = PersonMergePreview))
)]
#[post("/v1/person-merges/preview")]
pub async fn handle(
    permit: Permit<MergePersons>,
    state: web::Data<State>,
    body: Body<PreviewPersonMerge>,
) -> Result<web::Json<PersonMergePreview>, Problem> {
    let preview = state
        .database
        .read(permit.caller(), move |connection, scope| preview_person_merge(connection, scope, &body))
        .await?;
    Ok(web::Json(preview))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`], `NotPermitted`; a failure of the database.
pub fn preview_person_merge(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    request: &PreviewPersonMerge,
) -> Result<PersonMergePreview, Problem> {
    let PreviewPersonMerge { keep_id, merge_id } = request;
    whole_organiser(scope)?;
    let (keep, merge) = (Id::from_uuid(*keep_id), Id::from_uuid(*merge_id));
    let Weighed { kept, merged, survey, result, obstacles } = weigh(connection, scope, keep, merge)?;
    let carried = Merged::of(&kept, &merged, &survey, result.as_ref(), scope)?;
    let moves =
        survey.moves.iter().map(|moves| MovesDocument { entity: moves.entity, records: moves.records });
    Ok(PersonMergePreview {
        possible: obstacles.is_empty(),
        keep_version: kept.version,
        merge_version: merged.version,
        moves: moves.collect(),
        added: result.as_ref().map_or_else(|| Added::default().fields(), |(_, added)| added.fields()),
        relations: carried.relations(),
        rights: carried.rights(scope.today()),
        obstacles: obstacles.iter().map(RefusedValue::of).collect(),
    })
}

/// The relations around the two that the caller may be told of, and what bears on them.
struct Merged<'a> {
    kept: PersonId,
    merged: PersonId,
    /// When the kept person was born, by the record today and by what it becomes.
    births: [Option<NaiveDate>; 2],
    around: Vec<&'a Around>,
    survey: &'a Survey,
}

impl<'a> Merged<'a> {
    fn of(
        kept: &Saved<PersonId, Person>,
        merged: &Saved<PersonId, Person>,
        survey: &'a Survey,
        result: Option<&(PersonFacts, Added)>,
        scope: &Scope,
    ) -> Result<Self, Problem> {
        let today = facts(kept, scope, None)?.birth_date;
        let afterwards = result.map_or(today, |(after, _)| after.birth_date);
        Ok(Self {
            kept: kept.id,
            merged: merged.id,
            births: [today, afterwards],
            around: survey.carry.relations.iter().filter(|around| around.told).collect(),
            survey,
        })
    }

    fn name_of(&self, person: PersonId) -> PersonId {
        if person == self.merged { self.kept } else { person }
    }

    /// Whom a relation is between afterwards.
    fn pair(&self, around: &Around) -> (PersonId, PersonId) {
        let Relation { person, relative, .. } = around.view.saved.value;
        (self.name_of(person), self.name_of(relative))
    }

    fn moves(&self, around: &Around) -> bool {
        let Relation { person, relative, .. } = around.view.saved.value;
        [person, relative].contains(&self.merged)
    }

    fn relations(&self) -> Vec<CarriedRelationDocument> {
        let told = self.around.iter().filter_map(|around| {
            let becomes = match around.carried {
                Carried::AsItIs if self.moves(around) => Becomes::Moved,
                Carried::AsItIs => return None,
                Carried::Waits => Becomes::Waiting,
                Carried::Doubles(_) => Becomes::Withdrawn,
                Carried::Undecided => Becomes::Undecided,
            };
            let RelationView { saved, person_name, relative_name, .. } = &around.view;
            Some(CarriedRelationDocument {
                relation_id: saved.id.uuid(),
                person_id: saved.value.person.uuid(),
                person_name: NameDocument::of(person_name),
                relative_id: saved.value.relative.uuid(),
                relative_name: NameDocument::of(relative_name),
                becomes,
            })
        });
        told.collect()
    }

    fn rights(&self, today: NaiveDate) -> Vec<MergedRightsDocument> {
        let mut pairs: Vec<(PersonId, PersonId)> =
            self.around.iter().map(|around| self.pair(around)).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let all = pairs.into_iter().filter_map(|(person, relative)| {
            let cases = self.cases(person, relative);
            let [before, at_once, confirmed] = &cases;
            let spans = documents(today, [before, at_once, confirmed]);
            let changes =
                spans.iter().any(|span| span.before != span.at_once || span.before != span.once_confirmed);
            let meets_what_moves =
                person == self.kept && spans.iter().any(|span| !span.once_confirmed.is_empty());
            (changes || meets_what_moves).then(|| MergedRightsDocument {
                person_id: person.uuid(),
                relative_id: relative.uuid(),
                meets_what_moves,
                spans,
            })
        });
        all.collect()
    }

    /// What bears on the rights between two: as the kept record stands in it, merged, and confirmed.
    fn cases(&self, person: PersonId, relative: PersonId) -> [Between; 3] {
        let between: Vec<&Around> =
            self.around.iter().copied().filter(|around| self.pair(around) == (person, relative)).collect();
        let of_kept = |around: &&Around| !self.moves(around);
        let born = between.first().and_then(|around| around.view.birth_date);
        let [birth_today, birth_after] = if person == self.kept { self.births } else { [born, born] };
        let now = |around: &Around| around.view.saved.value.clone();
        let merged = between.iter().filter(|around| !matches!(around.carried, Carried::Doubles(_)));
        let at_once = merged.clone().map(|around| match around.carried {
            Carried::Waits => now(around).waiting(None).0,
            Carried::AsItIs | Carried::Doubles(_) | Carried::Undecided => now(around),
        });
        let bans = &self.survey.carry.bans;
        let bans_of = |rename: bool| -> Vec<Period> {
            let pair = |ban: &ContactBan| {
                let against = ban.against_person()?;
                let named = |person| if rename { self.name_of(person) } else { person };
                Some((named(ban.person), named(against)))
            };
            bans.iter()
                .filter(|ban| pair(&ban.value) == Some((person, relative)))
                .map(|ban| ban.value.period)
                .collect()
        };
        [
            Between {
                birth_date: birth_today,
                relations: between
                    .iter()
                    .filter(|around| of_kept(around))
                    .map(|around| now(around))
                    .collect(),
                bans: bans_of(false),
            },
            Between { birth_date: birth_after, relations: at_once.collect(), bans: bans_of(true) },
            Between {
                birth_date: birth_after,
                relations: merged.map(|around| now(around)).collect(),
                bans: bans_of(true),
            },
        ]
    }
}
