//! `users.csv` and `demographics.csv` → persons, relatives among them; see `relatives` for what they are to whom.
//!
//! Protection is not stated by a set, and no set changes it: protected persons are left exactly as
//! they are, are not named, and count as unchanged. An empty field says nothing. A source's e-mail
//! address and phone number stand first among a person's own.

use std::collections::HashMap;

use skolhus_domain::{
    access::Scope,
    id::{Id, PersonId, SchoolUnitId},
    person::{
        ClassPermit, ContactDetails, ContactDraft, ContactEmail, ContactPhone, DataSource, EmailAddress,
        EmailDraft, EmailKind, ExternalIdentifierDraft, NameDraft, NewPerson, Person, PersonDraft,
        PersonFacts, PersonName, PhoneDraft, PhoneKind, PhoneNumber, ProtectionReport, Sex,
    },
    refusal::Rule,
    text::Text,
};
use skolhus_persistence::{
    DatabaseConnection, Error, Saved,
    person::{self, named_relation},
};

use crate::person::likely;

use super::{
    super::{
        families::{Family, codes},
        plan::{Difference, Kind},
        rows::{Demographics, Row, User},
    },
    context::{Context, Known, active},
    index::Demography,
    writes::{Decided, PersonChange, entity},
};

type Persons = HashMap<PersonId, Saved<PersonId, Person>>;

fn persons(connection: &mut DatabaseConnection, scope: &Scope, known: &Known) -> Result<Persons, Error> {
    let ids: Vec<PersonId> = known.values().map(|known| Id::from_uuid(known.id)).collect();
    Ok(person::find_many(connection, scope, &ids)?.into_iter().map(|saved| (saved.id, saved)).collect())
}

pub(super) fn users(
    context: &Context,
    connection: &mut DatabaseConnection,
    scope: &Scope,
    rows: &[Row<User>],
) -> Result<Decided, Error> {
    let mut decided = Decided::default();
    let values = || active(rows).map(|(row, _)| row.id.as_str());
    let known = context.known(connection, scope, entity::PERSON, values())?;
    let present = persons(connection, scope, &known)?;
    let units = context.known(
        connection,
        scope,
        entity::UNIT,
        active(rows).filter_map(|(_, user)| user.primary_org.as_ref()).map(|org| org.as_str()),
    )?;
    let mut new: Vec<(&Row<User>, NewPerson)> = Vec::new();
    for (row, user) in active(rows) {
        let found = known.get(row.id.as_str());
        let reached = reach_of(row, user, &mut decided);
        let name = NameDraft {
            given: user.given_name.as_str().to_owned(),
            middle: user.middle_name.as_ref().map(|name| name.as_str().to_owned()),
            family: user.family_name.as_str().to_owned(),
            preferred_given: user.preferred_given_name.as_ref().map(|name| name.as_str().to_owned()),
        };
        let column = |pointer: &str| match pointer.trim_start_matches("/name") {
            "/middleName" => "middleName",
            "/familyName" => "familyName",
            "/preferredGivenName" => "preferredGivenName",
            pointer if pointer.starts_with("/externalIdentifiers") => "sourcedId",
            _ => "givenName",
        };
        match (found, found.and_then(|found| present.get(&Id::from_uuid(found.id)))) {
            (Some(found), Some(before)) => {
                let Some((change, fields)) = change_of(before, &name, &reached, &mut decided, row, column)
                else {
                    continue;
                };
                if decided.differs(Kind::Person, entity::PERSON, row, fields, found.absent) {
                    decided.writes.changed_persons.push(PersonChange(change));
                }
            }
            // Protected, or withdrawn here as a mistake.
            (Some(_), None) => decided.same(Kind::Person),
            (None, _) => {
                let unit = user.primary_org.as_ref().and_then(|org| units.get(org.as_str()));
                let demography = context.index.demography(&row.id);
                let draft = PersonDraft {
                    name,
                    birth_date: demography.and_then(|said| said.birth_date),
                    sex: demography.and_then(|said| said.sex),
                    identity_numbers: Vec::new(),
                    contact: reached.draft(),
                    addresses: Vec::new(),
                    protection: ProtectionReport::NotCarried,
                    external_identifiers: vec![ExternalIdentifierDraft {
                        system: context.system.clone(),
                        value: row.id.as_str().to_owned(),
                    }],
                    registered_at: unit.map(|unit| SchoolUnitId::from_uuid(unit.id)),
                };
                match NewPerson::new(context.fresh(), context.organiser, &draft, context.today) {
                    Ok(person) => {
                        new.push((row, person));
                        decided.note(Kind::Person, Difference::Add, row);
                    }
                    Err(refusals) => {
                        for refusal in refusals.0 {
                            if refusal.pointer == "/birthDate" {
                                decided.refuse(
                                    row,
                                    "sourcedId",
                                    skolhus_domain::refusal::Refusal::new(
                                        refusal.rule,
                                        "the date of birth in demographics.csv lies in the future",
                                    ),
                                );
                            } else {
                                let column = column(&refusal.pointer);
                                decided.refuse(row, column, refusal);
                            }
                        }
                    }
                }
            }
        }
    }
    likely_duplicates(context, connection, scope, &new, &mut decided)?;
    decided.writes.persons = new.into_iter().map(|(_, person)| person).collect();
    Ok(decided)
}

/// Tells of the new persons who are likely in the register already. They are entered all the same: two
/// records become one by a person's decision. Only the plan looks, which meets the register as it was.
fn likely_duplicates(
    context: &Context,
    connection: &mut DatabaseConnection,
    scope: &Scope,
    new: &[(&Row<User>, NewPerson)],
    decided: &mut Decided,
) -> Result<(), Error> {
    if !context.planning {
        return Ok(());
    }
    let drafts: Vec<&PersonFacts> = new.iter().map(|(_, person)| person.facts()).collect();
    for (place, person, evidence) in likely(connection, scope, &drafts)? {
        let Some((row, _)) = new.get(place) else { continue };
        let family = Family::LikelyDuplicate { person: person.uuid(), evidence: codes(&evidence) };
        decided.tell(Kind::Person, row, family);
    }
    Ok(())
}

/// How a person is reached, as far as it can be read: a number that cannot is told of, and does
/// not keep the person out.
struct Reached {
    emails: Vec<ContactEmail>,
    phones: Vec<ContactPhone>,
}

impl Reached {
    fn draft(&self) -> ContactDraft {
        let email = |email: &ContactEmail| EmailDraft {
            kind: Some(email.kind),
            ..EmailDraft::of(email.address.as_str(), email.source)
        };
        let phone = |phone: &ContactPhone| PhoneDraft {
            kind: Some(phone.kind),
            ..PhoneDraft::of(phone.number.as_str(), phone.source)
        };
        ContactDraft {
            emails: self.emails.iter().map(email).collect(),
            phones: self.phones.iter().map(phone).collect(),
        }
    }
}

fn reach_of(row: &Row<User>, user: &User, decided: &mut Decided) -> Reached {
    let mut reached = Reached { emails: Vec::new(), phones: Vec::new() };
    const ASIDE: &str = "cannot be read as it stands; it is left out, and the person is taken";
    if let Some(raw) = &user.email {
        match EmailAddress::new(raw.as_str()) {
            Ok(address) => reached.emails.push(ContactEmail {
                address,
                kind: EmailKind::Other,
                source: DataSource::Import,
                verified_at: None,
            }),
            Err(_) => decided.warn(row, "email", Rule::Format, ASIDE),
        }
    }
    for (field, raw) in [("sms", &user.sms), ("phone", &user.phone)] {
        let Some(raw) = raw else { continue };
        match PhoneNumber::new(raw.as_str()) {
            Ok(number) if !reached.phones.iter().any(|other| other.key() == number.key()) => {
                // Where a text message is sent, there is a mobile phone.
                let kind = if field == "sms" { PhoneKind::Mobile } else { PhoneKind::of(&number) };
                let source = DataSource::Import;
                reached.phones.push(ContactPhone { number, kind, source, verified_at: None });
            }
            Ok(_) => {}
            Err(_) => decided.warn(row, field, Rule::Format, ASIDE),
        }
    }
    reached
}

/// What of an unprotected person is open to the program's own work.
fn details(before: &Saved<PersonId, Person>) -> Option<person::Details> {
    let permit = ClassPermit::MaySee;
    Some(person::Details {
        id: before.id,
        version: before.version,
        name: before.value.name.open(permit).ok()?.clone(),
        birth_date: *before.value.birth_date.open(permit).ok()?,
        sex: *before.value.sex.open(permit).ok()?,
        contact: before.value.contact.open(permit).ok()?.clone(),
    })
}

fn change_of(
    before: &Saved<PersonId, Person>,
    name: &NameDraft,
    reached: &Reached,
    decided: &mut Decided,
    row: &Row<User>,
    column: impl Fn(&str) -> &'static str,
) -> Option<(person::Details, Vec<&'static str>)> {
    let Some(mut after) = details(before) else {
        decided.same(Kind::Person);
        return None;
    };
    let word = |text: Option<&Text>| text.map(|text| text.as_str().to_owned());
    let whole = NameDraft {
        middle: name.middle.clone().or_else(|| word(after.name.middle())),
        preferred_given: name.preferred_given.clone().or_else(|| word(after.name.preferred_given())),
        ..name.clone()
    };
    let said = match PersonName::new(&whole) {
        Ok(name) => name,
        Err(refusals) => {
            decided.refuse_all(row, refusals, column);
            return None;
        }
    };
    let mut fields = Vec::new();
    for (field, differs) in [
        ("givenName", after.name.given() != said.given()),
        ("middleName", after.name.middle() != said.middle()),
        ("familyName", after.name.family() != said.family()),
        ("preferredGivenName", after.name.preferred_given() != said.preferred_given()),
    ] {
        if differs {
            fields.push(field);
        }
    }
    after.name = said;
    let contact = with_first(&after.contact, reached);
    if contact.emails != after.contact.emails {
        fields.push("emails");
    }
    if contact.phones != after.contact.phones {
        fields.push("phones");
    }
    after.contact = contact;
    Some((after, fields))
}

/// The source's address takes the first place, where the one it replaces stood; unless the
/// person has it already, or has shown the one that stands there to be theirs. So with the numbers.
fn with_first(before: &ContactDetails, reached: &Reached) -> ContactDetails {
    let mut after = before.clone();
    for (place, email) in reached.emails.iter().enumerate() {
        if !after.emails.iter().any(|other| other.address.key() == email.address.key()) {
            match after.emails.get_mut(place).filter(|slot| slot.verified_at.is_none()) {
                Some(slot) => *slot = email.clone(),
                None => after.emails.push(email.clone()),
            }
        }
    }
    for (place, phone) in reached.phones.iter().enumerate() {
        if !after.phones.iter().any(|other| other.key() == phone.key()) {
            match after.phones.get_mut(place).filter(|slot| slot.verified_at.is_none()) {
                Some(slot) => *slot = phone.clone(),
                None => after.phones.push(phone.clone()),
            }
        }
    }
    after
}

/// What a new person's row said is saved with them; here is what has changed since.
pub(super) fn demographics(
    context: &Context,
    connection: &mut DatabaseConnection,
    scope: &Scope,
    rows: &[Row<Demographics>],
) -> Result<Decided, Error> {
    let mut decided = Decided::default();
    let known =
        context.known(connection, scope, entity::PERSON, active(rows).map(|(row, _)| row.id.as_str()))?;
    let present = persons(connection, scope, &known)?;
    // Until when relatives may see somebody follows from the date of birth.
    let differing: Vec<PersonId> = active(rows)
        .filter_map(|(row, said)| Some((said.birth_date?, known.get(row.id.as_str())?)))
        .filter_map(|(birth, found)| Some((birth, details(present.get(&Id::from_uuid(found.id))?)?)))
        .filter(|(birth, before)| before.birth_date != Some(*birth))
        .map(|(_, before)| before.id)
        .collect();
    let relied_on = named_relation::relied_on(connection, scope, &differing)?;
    for (row, said) in active(rows) {
        let before = known.get(row.id.as_str()).and_then(|found| present.get(&Id::from_uuid(found.id)));
        let Some(mut after) = before.and_then(details) else { continue };
        let Demography { birth_date, sex } = Demography::of(said);
        let mut fields = Vec::new();
        let birth_date = birth_date.filter(|birth| after.birth_date != Some(*birth));
        if birth_date.is_some() && relied_on.contains(&after.id) {
            decided.tell(Kind::Person, row, Family::BirthDateKept);
        } else if let Some(birth) = birth_date {
            if birth > context.today {
                decided.refuse(
                    row,
                    "birthDate",
                    skolhus_domain::refusal::Refusal::new(
                        Rule::OutOfRange,
                        "the date of birth is still to come",
                    ),
                );
                continue;
            }
            after.birth_date = Some(birth);
            fields.push("birthDate");
        }
        // What an identity number has said stands above a roster.
        if let Some(sex) = sex.filter(|_| after.sex == Sex::NotStated) {
            after.sex = sex;
            fields.push("sex");
        }
        if !fields.is_empty() {
            decided.note(Kind::Person, Difference::Change { fields }, row);
            decided.writes.changed_persons.push(PersonChange(after));
        }
    }
    Ok(decided)
}
