//! `agentSourcedIds` → relations that wait, and never more than that.
//!
//! A relation that a source names carries nothing until a person has said what it rests on and it is
//! confirmed; no setting opens it. What people have decided stands: what was rejected, ended or withdrawn
//! is not raised again, and what stands is not ended because the source no longer names it, but told. Only
//! what nobody has touched goes again when the source stops naming it. Where either of the two is protected
//! the relation waits out of sight, and nothing is told.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use skolhus_domain::{
    access::Scope,
    id::{Id, PersonId, RelationId},
    person::{
        ClassPermit,
        relation::{Relation, RelationKind, RelationState, RightSet, Situation, Terms, rights_on},
    },
    refusal::Rule,
    text::Text,
};
use skolhus_persistence::{
    DatabaseConnection, Error, Saved,
    integration::source,
    person::{
        self,
        named_relation::{self, NamedRelation},
    },
};
use uuid::Uuid;

use super::{
    super::{
        families::Family,
        plan::{Difference, Kind, Place},
        rows::{Row, SourcedId, User},
    },
    context::{Context, Known, active, place},
    writes::{Decided, FamilyNote, Found, entity},
};

/// What a source's naming of a relative is called: both identifiers, so that no two are the same.
pub(super) fn value_of(child: &SourcedId, relative: &SourcedId) -> String {
    format!("{}{}", beginning(child), relative.as_str())
}

fn beginning(child: &SourcedId) -> String {
    format!("{}:{}:", child.as_str().len(), child.as_str())
}

/// One naming of a relative.
struct Claim<'r> {
    row: &'r Row<User>,
    relative: &'r SourcedId,
    value: String,
}

/// A naming that becomes a relation which waits.
struct Raised<'c, 'r> {
    claim: &'c Claim<'r>,
    child: Who,
    relative: Who,
    /// Whether it is told: neither of the two is protected.
    told: bool,
    /// Whether the source had stopped naming it.
    again: bool,
}

/// The persons of a chunk, protected ones too.
struct People {
    known: Known,
    /// Who is in the register, and whether they are protected.
    standing: HashMap<Uuid, bool>,
}

/// Who is meant.
#[derive(Clone, Copy)]
enum Who {
    Person {
        id: PersonId,
        protected: bool,
    },
    /// Not in the register yet, as the plan has it.
    New,
    /// Refused, or withdrawn here as a mistake.
    Nobody,
}

impl People {
    fn who(&self, context: &Context, user: &SourcedId) -> Who {
        match self.known.get(user.as_str()) {
            Some(known) => match self.standing.get(&known.id) {
                Some(protected) => Who::Person { id: Id::from_uuid(known.id), protected: *protected },
                None => Who::Nobody,
            },
            None if context.planning => Who::New,
            None => Who::Nobody,
        }
    }

    fn id(&self, user: &SourcedId) -> Option<PersonId> {
        self.known.get(user.as_str()).map(|known| Id::from_uuid(known.id))
    }
}

pub(super) fn agents(
    context: &Context,
    connection: &mut DatabaseConnection,
    scope: &Scope,
    rows: &[Row<User>],
) -> Result<Decided, Error> {
    let mut decided = Decided::default();
    let mut claims = Vec::new();
    for (row, user) in active(rows) {
        let relatives: BTreeSet<&SourcedId> = user.agents.iter().filter(|agent| **agent != row.id).collect();
        if !relatives.is_empty() && context.index.is_relative(&row.id) {
            let detail = "who is only a relative has no agents here; name them with the child";
            decided.warn(row, "agentSourcedIds", Rule::Conflict, detail);
            continue;
        }
        claims.extend(relatives.into_iter().map(|relative| Claim {
            row,
            relative,
            value: value_of(&row.id, relative),
        }));
    }
    let users = active(rows).map(|(row, _)| &row.id).chain(claims.iter().map(|claim| claim.relative));
    let known = context.known(connection, scope, entity::PERSON, users.map(SourcedId::as_str))?;
    let ids: Vec<Uuid> = known.values().map(|known| known.id).collect();
    let people = People { standing: source::standing_persons(connection, scope, &ids)?, known };
    let children: Vec<PersonId> = active(rows).filter_map(|(row, _)| people.id(&row.id)).collect();
    let named = named_relation::of_source(connection, scope, &context.system, &children, false)?;
    let named: HashMap<String, NamedRelation> =
        named.into_iter().map(|named| (named.value.clone(), named)).collect();
    let values = claims.iter().map(|claim| claim.value.as_str());
    let kept = context.known(connection, scope, entity::RELATION, values)?;
    let pairs: Vec<(PersonId, PersonId)> = claims
        .iter()
        .filter(|claim| !kept.contains_key(&claim.value))
        .filter_map(|claim| people.id(&claim.row.id).zip(people.id(claim.relative)))
        .collect();
    let between = named_relation::between(connection, scope, &pairs)?;
    let mut raised = Vec::new();
    for claim in &claims {
        let (child, relative) = (people.who(context, &claim.row.id), people.who(context, claim.relative));
        if matches!(child, Who::Nobody) || matches!(relative, Who::Nobody) {
            continue;
        }
        // Two records of the set that are one person here.
        if let (Who::Person { id: child, .. }, Who::Person { id: relative, .. }) = (child, relative)
            && child == relative
        {
            continue;
        }
        let told = ![child, relative].iter().any(|who| matches!(who, Who::Person { protected: true, .. }));
        match kept.get(&claim.value) {
            Some(brought) if brought.absent => {
                let before = named.get(&claim.value).map(|named| &named.saved.value);
                decided.writes.present.push((entity::RELATION, claim.value.clone()));
                if before.is_some_and(|before| before.withdrawn && before.is_as_named()) {
                    raised.push(Raised { claim, child, relative, told, again: true });
                } else {
                    decided.same(Kind::Relation);
                }
            }
            Some(_) => decided.same(Kind::Relation),
            None => {
                let there = match (child, relative) {
                    (Who::Person { id: child, .. }, Who::Person { id: relative, .. }) => {
                        decided_already(&between, child, relative)
                    }
                    _ => None,
                };
                match there {
                    Some(relation) => {
                        let id = (entity::RELATION, relation.id.uuid(), claim.value.clone());
                        decided.writes.identifiers.push(id);
                        decided.same(Kind::Relation);
                        if told && !carries_on(context, &relation.value) {
                            decided.family(claim.row, Family::DecidedBefore { relation: relation.id.uuid() });
                        }
                    }
                    None => raised.push(Raised { claim, child, relative, told, again: false }),
                }
            }
        }
    }
    let dates = birth_dates(context, connection, scope, &raised)?;
    for Raised { claim, child, relative, told, again } in raised {
        let id: RelationId = context.fresh();
        let of = |who: Who| match who {
            Who::Person { id, .. } => id,
            Who::New | Who::Nobody => context.fresh(),
        };
        let (person, by) = (of(child), of(relative));
        let born =
            dates.get(&person).copied().or_else(|| context.index.demography(&claim.row.id)?.birth_date);
        let word = context.index.relative_word(claim.relative).unwrap_or("agent");
        let reason = Text::line(&format!("Källan anger personen som anhörig ({word})."), 500);
        let relation = reason
            .and_then(|reason| Relation::named_by_source(person, by, context.today, reason, context.job));
        let relation = match relation {
            Ok(relation) => relation,
            Err(refusal) => {
                decided.refuse(claim.row, "agentSourcedIds", refusal);
                continue;
            }
        };
        let gain = would_gain(&relation, born, context.today);
        decided.writes.relations.push((id, relation));
        if again {
            decided.writes.moved_relations.push((claim.value.clone(), id.uuid()));
        } else {
            let identifier = (entity::RELATION, id.uuid(), claim.value.clone());
            decided.writes.identifiers.push(identifier);
        }
        if told {
            decided.note(Kind::Relation, Difference::Add, claim.row);
            decided.family(
                claim.row,
                Family::Waits {
                    child: claim.row.id.as_str().to_owned(),
                    relative: claim.relative.as_str().to_owned(),
                    as_guardian: gain.iter().map(|right| right.code().to_owned()).collect(),
                },
            );
        } else {
            decided.same(Kind::Relation);
        }
    }
    no_longer_named(context, connection, scope, rows, &claims, &named, &mut decided)?;
    Ok(decided)
}

/// Of what stands between two already, or stood, what a new naming belongs to: what carries on, rather
/// than what is over.
fn decided_already(
    between: &[Saved<RelationId, Relation>],
    child: PersonId,
    relative: PersonId,
) -> Option<&Saved<RelationId, Relation>> {
    let of_both =
        between.iter().filter(|saved| saved.value.person == child && saved.value.relative == relative);
    of_both.max_by_key(|saved| {
        let relation = &saved.value;
        (
            !relation.withdrawn,
            relation.state != RelationState::Rejected,
            relation.terms.period.to().is_none(),
            saved.id,
        )
    })
}

/// Whether a relation still stands or waits.
fn carries_on(context: &Context, relation: &Relation) -> bool {
    let over = relation.intended().period.to().is_some_and(|to| to < context.today);
    !relation.withdrawn && relation.state != RelationState::Rejected && !over
}

/// What the rows of a chunk no longer name.
fn no_longer_named(
    context: &Context,
    connection: &mut DatabaseConnection,
    scope: &Scope,
    rows: &[Row<User>],
    claims: &[Claim<'_>],
    named: &HashMap<String, NamedRelation>,
    decided: &mut Decided,
) -> Result<(), Error> {
    let claimed: BTreeSet<&str> = claims.iter().map(|claim| claim.value.as_str()).collect();
    let mut left: Vec<(&NamedRelation, &Row<User>)> = Vec::new();
    let beginnings: Vec<(String, &Row<User>)> = active(rows)
        .filter(|(row, _)| !context.index.is_relative(&row.id))
        .map(|(row, _)| (beginning(&row.id), row))
        .collect();
    for relation in named.values().filter(|named| !named.absent && !claimed.contains(named.value.as_str())) {
        let row = beginnings.iter().find(|(beginning, _)| relation.value.starts_with(beginning.as_str()));
        left.extend(row.map(|(_, row)| (relation, *row)));
    }
    left.sort_by_key(|(relation, row)| (row.line, relation.saved.id));
    let told = told(connection, scope, left.iter().map(|(relation, _)| &relation.saved.value))?;
    for (relation, row) in left {
        lapse(relation, Some(place(row)), &row.id, &told, decided);
    }
    Ok(())
}

/// Pairs of whom neither is protected.
pub(super) type Told = BTreeSet<(PersonId, PersonId)>;

/// The pairs of whom neither is protected.
pub(super) fn told<'r>(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    relations: impl Iterator<Item = &'r Relation>,
) -> Result<Told, Error> {
    let pairs: Told = relations.map(|relation| (relation.person, relation.relative)).collect();
    let ids: Vec<Uuid> = pairs.iter().flat_map(|(one, other)| [one.uuid(), other.uuid()]).collect();
    let standing = source::standing_persons(connection, scope, &ids)?;
    let open = |id: &PersonId| standing.get(&id.uuid()) == Some(&false);
    Ok(pairs.into_iter().filter(|(one, other)| open(one) && open(other)).collect())
}

/// A source has stopped naming a relation. What nobody has touched goes; everything else stays as it is.
pub(super) fn lapse(
    relation: &NamedRelation,
    place: Option<Place>,
    id: &SourcedId,
    told: &Told,
    decided: &mut Decided,
) {
    let before = &relation.saved.value;
    if relation.absent || before.withdrawn || before.state == RelationState::Rejected {
        return;
    }
    let told = told.contains(&(before.person, before.relative));
    decided.writes.absent.push((entity::RELATION, relation.value.clone()));
    let goes = before.is_as_named();
    if goes {
        let after = Relation { withdrawn: true, ..before.clone() };
        decided.writes.changed_relations.push((relation.saved.clone(), after));
    }
    if goes && told {
        let difference = Difference::End;
        decided.found.push(Found { kind: Kind::Relation, difference, place, id: Some(id.clone()) });
    } else {
        decided.same(Kind::Relation);
    }
    if told {
        let relation = relation.saved.id.uuid();
        let family =
            if goes { Family::ProposalGone { relation } } else { Family::NoLongerNamed { relation } };
        decided.families.push(FamilyNote { kind: Kind::Relation, place, id: id.clone(), family });
    }
}

/// What the relative would gain today, were the relation confirmed as a guardian's: the most that it can
/// come to. Whether a ban overrides it is told where bans are read, and not here.
fn would_gain(relation: &Relation, birth_date: Option<NaiveDate>, today: NaiveDate) -> RightSet {
    let kind = RelationKind::Guardian;
    let terms = Terms { rights: kind.carries_by_default(), ..relation.terms };
    let situation = Situation { birth_date, bans: &[], is_protected: false, is_cleared: false };
    rights_on(today, kind, &terms, true, &situation)
}

/// When the children were born, as the register has it: for what a plan tells, and for nothing else.
fn birth_dates(
    context: &Context,
    connection: &mut DatabaseConnection,
    scope: &Scope,
    raised: &[Raised<'_, '_>],
) -> Result<HashMap<PersonId, NaiveDate>, Error> {
    if !context.planning {
        return Ok(HashMap::new());
    }
    let children: Vec<PersonId> = raised
        .iter()
        .filter_map(|raised| match raised.child {
            Who::Person { id, protected: false } => Some(id),
            _ => None,
        })
        .collect();
    let mut dates = HashMap::new();
    for saved in person::find_many(connection, scope, &children)? {
        let open = saved.value.birth_date.open(ClassPermit::MaySee);
        dates.extend(open.ok().copied().flatten().map(|date| (saved.id, date)));
    }
    Ok(dates)
}
