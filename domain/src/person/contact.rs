//! How a person is reached by phone and e-mail. Where they live stands by itself, over time:
//! [`super::held_address`].

use chrono::{DateTime, Utc};

use super::{DataSource, EmailAddress, PhoneNumber, note_all, redacted};
use crate::code::coded;
use crate::refusal::{Refusal, Refusals, Rule};

/// The most e-mail addresses, and the most phone numbers, that a merge or a change of one's own leaves a person with.
pub(super) const MOST_CONTACTS: usize = 20;

coded! {
    /// What an e-mail address is used for.
    EmailKind("kind of e-mail address") {
        /// Private.
        Private = "private",
        /// At work.
        Work = "work",
        /// At a school, as a pupil or participant.
        School = "school",
        /// Anything else, or nobody has said.
        Other = "other",
    }
}

coded! {
    /// What a phone is used for.
    PhoneKind("kind of phone") {
        /// A mobile phone.
        Mobile = "mobile",
        /// At home.
        Home = "home",
        /// At work.
        Work = "work",
        /// Anything else, or nobody has said.
        Other = "other",
    }
}

impl PhoneKind {
    /// The kind of a number of which nobody has said it: a Swedish mobile number tells by itself.
    #[must_use]
    pub fn of(number: &PhoneNumber) -> Self {
        if number.is_swedish_mobile() { Self::Mobile } else { Self::Other }
    }
}

/// An e-mail address of a person.
#[derive(Clone, PartialEq, Eq)]
pub struct ContactEmail {
    /// The address.
    pub address: EmailAddress,
    /// What it is used for.
    pub kind: EmailKind,
    /// Who told us.
    pub source: DataSource,
    /// When the person has shown that it is theirs, if they have.
    pub verified_at: Option<DateTime<Utc>>,
}

/// A phone number of a person.
#[derive(Clone, PartialEq, Eq)]
pub struct ContactPhone {
    /// The number.
    pub number: PhoneNumber,
    /// What it is used for.
    pub kind: PhoneKind,
    /// Who told us.
    pub source: DataSource,
    /// When the person has shown that it is theirs, if they have.
    pub verified_at: Option<DateTime<Utc>>,
}

/// An e-mail address as somebody entered it.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailDraft {
    /// The address.
    pub address: String,
    /// What it is used for; none if nobody has said.
    pub kind: Option<EmailKind>,
    /// Who told us.
    pub source: DataSource,
    /// When the person has shown that it is theirs; never what somebody enters.
    pub verified_at: Option<DateTime<Utc>>,
}

/// A phone number as somebody entered it.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneDraft {
    /// The number.
    pub number: String,
    /// What it is used for; none if nobody has said.
    pub kind: Option<PhoneKind>,
    /// Who told us.
    pub source: DataSource,
    /// When the person has shown that it is theirs; never what somebody enters.
    pub verified_at: Option<DateTime<Utc>>,
}

/// Contact details as somebody entered them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ContactDraft {
    /// E-mail addresses in the order in which the person prefers them.
    pub emails: Vec<EmailDraft>,
    /// Phone numbers in the order in which the person prefers them.
    pub phones: Vec<PhoneDraft>,
}

/// A person's contact details. The order is the order of preference: the first is the preferred
/// one, so that there never are two. `Debug` shows nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ContactDetails {
    /// E-mail addresses, the preferred one first; none twice.
    pub emails: Vec<ContactEmail>,
    /// Phone numbers, the preferred one first; none twice.
    pub phones: Vec<ContactPhone>,
}

redacted!(ContactEmail, ContactPhone, EmailDraft, PhoneDraft, ContactDraft, ContactDetails);

impl EmailDraft {
    /// As a source delivers it that says no kind.
    #[must_use]
    pub fn of(address: &str, source: DataSource) -> Self {
        Self { address: address.to_owned(), kind: None, source, verified_at: None }
    }
}

impl PhoneDraft {
    /// As a source delivers it that says no kind.
    #[must_use]
    pub fn of(number: &str, source: DataSource) -> Self {
        Self { number: number.to_owned(), kind: None, source, verified_at: None }
    }
}

impl ContactDetails {
    /// Checks every detail.
    ///
    /// # Errors
    /// All at once, at `/emails/0/address` and `/phones/0/number`: as [`EmailAddress::new`] and
    /// [`PhoneNumber::new`]; [`Rule::Duplicate`] for one that stands there already.
    pub fn new(draft: &ContactDraft) -> Result<Self, Refusals> {
        let mut refusals = Refusals::default();
        let emails = each(&draft.emails, "/emails", &mut refusals, ContactEmail::new);
        let phones = each(&draft.phones, "/phones", &mut refusals, ContactPhone::new);
        refuse_twice(&emails, "address", "/emails", &mut refusals, |email| email.address.key());
        refuse_twice(&phones, "number", "/phones", &mut refusals, |phone| phone.key().to_owned());
        refusals.finish()?;
        Ok(Self { emails: values(emails), phones: values(phones) })
    }

    /// The e-mail address that the person prefers.
    #[must_use]
    pub fn preferred_email(&self) -> Option<&EmailAddress> {
        self.emails.first().map(|email| &email.address)
    }

    /// The phone number that the person prefers.
    #[must_use]
    pub fn preferred_phone(&self) -> Option<&PhoneNumber> {
        self.phones.first().map(|phone| &phone.number)
    }

    /// What somebody has entered in place of `before`: what the person has shown to be theirs stays so, as long as it
    /// stands there, and nothing else is.
    #[must_use]
    pub fn keeping_marks_of(mut self, before: &Self) -> Self {
        for email in &mut self.emails {
            let known = before.emails.iter().find(|known| known.address.key() == email.address.key());
            email.verified_at = known.and_then(|known| known.verified_at);
        }
        for phone in &mut self.phones {
            let known = before.phones.iter().find(|known| known.key() == phone.key());
            phone.verified_at = known.and_then(|known| known.verified_at);
        }
        self
    }

    /// The numbers to which a text message can be sent, the preferred one first: mobile phones whose country is known.
    pub fn mobile_numbers(&self) -> impl Iterator<Item = &PhoneNumber> {
        let mobile = |phone: &&ContactPhone| phone.kind == PhoneKind::Mobile && phone.number.e164().is_some();
        self.phones.iter().filter(mobile).map(|phone| &phone.number)
    }
}

impl ContactEmail {
    fn new(draft: &EmailDraft) -> Result<Self, Refusals> {
        let EmailDraft { address, kind, source, verified_at } = draft;
        let address = EmailAddress::new(address).map_err(|refusal| refusal.at("/address"))?;
        let kind = kind.unwrap_or(EmailKind::Other);
        Ok(Self { address, kind, source: *source, verified_at: *verified_at })
    }
}

impl ContactPhone {
    fn new(draft: &PhoneDraft) -> Result<Self, Refusals> {
        let PhoneDraft { number, kind, source, verified_at } = draft;
        let number = PhoneNumber::new(number).map_err(|refusal| refusal.at("/number"))?;
        let kind = kind.unwrap_or_else(|| PhoneKind::of(&number));
        Ok(Self { number, kind, source: *source, verified_at: *verified_at })
    }

    /// What two numbers are compared by: two with the same key ring in the same place.
    #[must_use]
    pub fn key(&self) -> &str {
        self.number.key()
    }
}

/// The values that were accepted, each with its place in the input.
fn each<D, T>(
    drafts: &[D],
    pointer: &str,
    refusals: &mut Refusals,
    check: impl Fn(&D) -> Result<T, Refusals>,
) -> Vec<(usize, T)> {
    let accept =
        |(at, draft)| note_all(refusals, &format!("{pointer}/{at}"), check(draft)).map(|value| (at, value));
    drafts.iter().enumerate().filter_map(accept).collect()
}

fn refuse_twice<T>(
    accepted: &[(usize, T)],
    member: &str,
    pointer: &str,
    refusals: &mut Refusals,
    key: impl Fn(&T) -> String,
) {
    let mut seen = Vec::new();
    for (at, value) in accepted {
        let key = key(value);
        if seen.contains(&key) {
            let refusal = Refusal::new(Rule::Duplicate, "stands there already");
            refusals.0.push(refusal.at(&format!("{pointer}/{at}/{member}")));
        }
        seen.push(key);
    }
}

fn values<T>(accepted: Vec<(usize, T)>) -> Vec<T> {
    accepted.into_iter().map(|(_, value)| value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(address: &str) -> EmailDraft {
        EmailDraft::of(address, DataSource::Person)
    }

    fn phone(number: &str, kind: Option<PhoneKind>) -> PhoneDraft {
        PhoneDraft { kind, ..PhoneDraft::of(number, DataSource::Staff) }
    }

    #[test]
    fn the_first_is_the_preferred_one_and_a_mobile_number_tells_its_kind() {
        let contact = ContactDetails::new(&ContactDraft {
            emails: vec![email("asa@exempel.se"), email("asa.oberg@arbete.example")],
            phones: vec![
                phone("08-465 004 00", Some(PhoneKind::Work)),
                phone("070-174 06 05", None),
                phone("031-390 60 00", None),
            ],
        })
        .unwrap();
        assert_eq!(contact.preferred_email().unwrap().as_str(), "asa@exempel.se");
        assert_eq!(contact.preferred_phone().unwrap().as_str(), "08-465 004 00");
        let kinds: Vec<_> = contact.phones.iter().map(|phone| phone.kind).collect();
        assert_eq!(kinds, [PhoneKind::Work, PhoneKind::Mobile, PhoneKind::Other]);
        assert_eq!(contact.emails[0].kind, EmailKind::Other);
        assert_eq!(format!("{contact:?}"), "ContactDetails(redacted)");
    }

    #[test]
    fn text_messages_go_to_mobile_phones_whose_country_is_known() {
        let contact = ContactDetails::new(&ContactDraft {
            emails: Vec::new(),
            phones: vec![
                phone("08-465 004 00", Some(PhoneKind::Home)),
                phone("465 004", Some(PhoneKind::Mobile)),
                phone("+47 22 22 55 55", Some(PhoneKind::Mobile)),
                phone("070-174 06 05", None),
            ],
        })
        .unwrap();
        let numbers: Vec<_> = contact.mobile_numbers().filter_map(PhoneNumber::e164).collect();
        assert_eq!(numbers, ["+4722225555", "+46701740605"]);
    }

    #[test]
    fn every_refused_detail_is_named() {
        let refusals = ContactDetails::new(&ContactDraft {
            emails: vec![email("asa@exempel.se"), email("åsa"), email("ASA@exempel.se")],
            phones: vec![phone("070-174 06 05", None), phone("+46701740605", Some(PhoneKind::Home))],
        })
        .unwrap_err();
        let refused: Vec<_> =
            refusals.0.iter().map(|refusal| (refusal.pointer.as_str(), refusal.rule)).collect();
        assert_eq!(
            refused,
            [
                ("/emails/1/address", Rule::Format),
                ("/emails/2/address", Rule::Duplicate),
                ("/phones/1/number", Rule::Duplicate),
            ]
        );
    }
}
