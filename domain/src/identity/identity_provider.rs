//! Identity providers (identitetsleverantörer) by which an organiser's people log in with OpenID Connect. The provider says who
//! somebody is; whom that lets in, and how sure it is, is decided here.

use super::web_address::web_address;
use crate::{
    access::Level,
    refusal::{Refusal, Refusals, Rule},
    text::Text,
};

/// The most addresses, scopes, domains or levels that a provider has of each.
pub const MOST_OF_PROVIDER: usize = 20;
/// The longest client id, scope and value of `acr`.
const LONGEST_WORD: usize = 200;
/// The longest name of a domain.
const LONGEST_DOMAIN: usize = 253;
/// The longest name of somebody at a provider (OpenID Connect Core, 2).
pub const LONGEST_SUBJECT: usize = 255;

/// What names the account in what a provider says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccountClaim {
    /// The e-mail address, where the provider has verified it and answers for its domain.
    Email,
    /// What the provider calls somebody (`sub`), once that has been bound to an account.
    Subject,
}

impl AccountClaim {
    /// Every way.
    pub const ALL: [Self; 2] = [Self::Email, Self::Subject];

    /// The name of the claim.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Subject => "sub",
        }
    }

    /// The way of that name.
    ///
    /// # Errors
    /// [`Rule::UnknownCode`].
    pub fn from_code(code: &str) -> Result<Self, Refusal> {
        Self::ALL.into_iter().find(|claim| claim.code() == code).ok_or_else(|| {
            let known = Self::ALL.map(Self::code).join(", ");
            Refusal::new(Rule::UnknownCode, format!("must be one of {known}"))
        })
    }
}

/// What a login is worth that the provider describes with a value of `acr`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AcrLevel {
    /// The value.
    pub acr: String,
    /// The level.
    pub level: Level,
}

/// An identity provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdentityProvider {
    /// What people call it.
    pub name: Text,
    /// Who it says that it is (`iss`), and where its description is found. It never changes: another issuer would know others by
    /// the same names.
    pub issuer: String,
    /// What it calls us.
    pub client_id: String,
    /// The addresses that a browser may come back to from it.
    pub redirect_addresses: Vec<String>,
    /// What is asked for besides `openid`.
    pub scopes: Vec<String>,
    /// What names the account.
    pub account_claim: AccountClaim,
    /// The domains of e-mail addresses that it answers for.
    pub email_domains: Vec<String>,
    /// What a login is worth whose `acr` is not among the others.
    pub level: Level,
    /// What a login is worth by its `acr`; each value once.
    pub acr_levels: Vec<AcrLevel>,
    /// Whether protected persons may log in with it: it learns when they do.
    pub protected_persons: bool,
    /// Whether anybody may.
    pub enabled: bool,
}

/// A provider as people describe it, to be checked.
#[derive(Clone, Debug)]
pub struct NewIdentityProvider<'a> {
    /// Its name, 1 to 200 characters.
    pub name: &'a str,
    /// Its `iss`.
    pub issuer: &'a str,
    /// What it calls us.
    pub client_id: &'a str,
    /// Where browsers may come back to, at least one.
    pub redirect_addresses: &'a [String],
    /// What is asked for besides `openid`.
    pub scopes: &'a [String],
    /// The name of the claim.
    pub account_claim: &'a str,
    /// Domains of e-mail addresses.
    pub email_domains: &'a [String],
    /// What a login is worth.
    pub level: Level,
    /// The same by `acr`.
    pub acr_levels: &'a [AcrLevel],
    /// Whether it is for protected persons too.
    pub protected_persons: bool,
    /// Whether it is in use.
    pub enabled: bool,
}

/// What a provider has said of somebody, in a token that it signed.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// What it calls them.
    pub subject: String,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Whether it has verified that.
    pub email_verified: bool,
    /// How it knows them.
    pub acr: Option<String>,
}

/// What an account is found by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AccountName {
    /// The e-mail address, in the form that addresses are compared in.
    Email(String),
    /// What the provider calls somebody.
    Subject(String),
}

/// Why what was said names no account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unnamed {
    /// The provider has not verified the address.
    EmailUnverified,
    /// There is no address, or one that the provider does not answer for.
    Nobody,
}

impl IdentityProvider {
    /// What the account is found by. An e-mail address counts only where the provider has verified it and answers for its domain:
    /// elsewhere people write what they like there.
    ///
    /// # Errors
    /// [`Unnamed`].
    pub fn account_name(&self, said: &Said) -> Result<AccountName, Unnamed> {
        match self.account_claim {
            AccountClaim::Subject => Ok(AccountName::Subject(said.subject.clone())),
            AccountClaim::Email => {
                let email = said.email.as_deref().ok_or(Unnamed::Nobody)?.trim().to_lowercase();
                if !said.email_verified {
                    return Err(Unnamed::EmailUnverified);
                }
                let domain = email.rsplit_once('@').map(|(_, domain)| domain).ok_or(Unnamed::Nobody)?;
                let is_answered_for = self.email_domains.iter().any(|answered| answered == domain);
                if is_answered_for { Ok(AccountName::Email(email)) } else { Err(Unnamed::Nobody) }
            }
        }
    }

    /// What a login is worth.
    #[must_use]
    pub fn level_of(&self, acr: Option<&str>) -> Level {
        let named = self.acr_levels.iter().find(|named| Some(named.acr.as_str()) == acr);
        named.map_or(self.level, |named| named.level)
    }

    /// Whether somebody is let in who has been named. Whoever asked for two factors is not to be had with one.
    #[must_use]
    pub fn lets_in(&self, level: Level, is_protected: bool, has_second_factor: bool) -> bool {
        self.enabled
            && (self.protected_persons || !is_protected)
            && (!has_second_factor || level == Level::High)
    }
}

impl NewIdentityProvider<'_> {
    /// Checks what can be checked without asking anybody.
    ///
    /// # Errors
    /// [`Rule::Format`] for addresses, domains and words that are none; [`Rule::Required`] for no address to come back to, and for no
    /// domain where e-mail addresses name accounts; [`Rule::UnknownCode`] for another claim; [`Rule::Duplicate`];
    /// [`Rule::TooLong`]; what [`Text::line`] refuses.
    pub fn validate(&self) -> Result<IdentityProvider, Refusals> {
        let mut refusals = Refusals::default();
        let name = refusals.note("/name", Text::line(self.name, 200));
        let issuer = refusals.note("/issuer", issuer(self.issuer));
        let client_id = refusals.note("/clientId", word(self.client_id, LONGEST_WORD));
        let redirect_addresses = refusals
            .note("/redirectAddresses", each_once(self.redirect_addresses, redirect_address))
            .and_then(|addresses| refusals.note("/redirectAddresses", some(addresses)));
        let scopes = refusals.note("/scopes", each_once(self.scopes, scope));
        let account_claim = refusals.note("/accountClaim", AccountClaim::from_code(self.account_claim));
        let email_domains = refusals.note("/emailDomains", each_once(self.email_domains, domain));
        let acr_levels = refusals.note("/acrLevels", acr_levels(self.acr_levels));
        if account_claim == Some(AccountClaim::Email) && email_domains.as_ref().is_some_and(Vec::is_empty) {
            let detail = "name the domains whose addresses the provider answers for";
            refusals.note::<()>("/emailDomains", Err(Refusal::new(Rule::Required, detail)));
        }
        let (level, protected_persons, enabled) = (self.level, self.protected_persons, self.enabled);
        let texts = (name, issuer, client_id, account_claim);
        match (texts, redirect_addresses, scopes, email_domains, acr_levels) {
            (
                (Some(name), Some(issuer), Some(client_id), Some(account_claim)),
                Some(redirect_addresses),
                Some(scopes),
                Some(email_domains),
                Some(acr_levels),
            ) if refusals.0.is_empty() => Ok(IdentityProvider {
                name,
                issuer,
                client_id,
                redirect_addresses,
                scopes,
                account_claim,
                email_domains,
                level,
                acr_levels,
                protected_persons,
                enabled,
            }),
            _ => Err(refusals),
        }
    }
}

/// What a provider calls somebody, as people enter it.
///
/// # Errors
/// [`Rule::Required`], [`Rule::TooLong`], [`Rule::Format`].
pub fn subject(raw: &str) -> Result<String, Refusal> {
    word(raw, LONGEST_SUBJECT)
}

/// A word of visible characters of ASCII.
pub(super) fn word(raw: &str, longest: usize) -> Result<String, Refusal> {
    if raw.is_empty() {
        return Err(Refusal::new(Rule::Required, "may not be empty"));
    }
    if raw.len() > longest {
        return Err(Refusal::new(Rule::TooLong, format!("at most {longest} characters are allowed")));
    }
    if !raw.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Refusal::new(Rule::Format, "is written with visible characters of ASCII"));
    }
    Ok(raw.to_owned())
}

/// As OpenID Connect Discovery has it: its description lies below, so nothing may follow the path. Compared letter by letter.
fn issuer(raw: &str) -> Result<String, Refusal> {
    let address = web_address(raw)?;
    if address.contains(['?', '#']) {
        return Err(Refusal::new(Rule::Format, "may hold neither a query nor a fragment"));
    }
    Ok(address)
}

/// Where a browser comes back to, with a code that is worth a login: by TLS, or to the device itself (RFC 8252, 7.3).
fn redirect_address(raw: &str) -> Result<String, Refusal> {
    let address = web_address(raw)?;
    let host =
        address.strip_prefix("http://").map(|rest| rest.split(['/', ':', '?']).next().unwrap_or_default());
    let is_device = matches!(host, None | Some("127.0.0.1" | "localhost"));
    if !is_device {
        return Err(Refusal::new(Rule::Format, "must begin with https://"));
    }
    if address.contains('#') {
        return Err(Refusal::new(Rule::Format, "may hold no fragment"));
    }
    Ok(address)
}

/// As RFC 6749, 3.3 has them; `openid` is asked for anyway.
fn scope(raw: &str) -> Result<String, Refusal> {
    let scope = word(raw, LONGEST_WORD)?;
    if scope == "openid" {
        return Err(Refusal::new(Rule::Duplicate, "openid is always asked for"));
    }
    if scope.contains(['"', '\\']) {
        return Err(Refusal::new(Rule::Format, "may hold neither quotation marks nor backslashes"));
    }
    Ok(scope)
}

fn domain(raw: &str) -> Result<String, Refusal> {
    let domain = Text::line(raw, LONGEST_DOMAIN)?.into_string().to_lowercase();
    let letters = |part: &str| part.chars().all(|letter| letter.is_alphanumeric() || letter == '-');
    let parts: Vec<&str> = domain.split('.').collect();
    let well_written = parts.len() > 1 && parts.iter().all(|part| !part.is_empty() && letters(part));
    if well_written {
        return Ok(domain);
    }
    Err(Refusal::new(Rule::Format, "must be the part of an address after the @, as in skola.exempel.se"))
}

fn acr_levels(levels: &[AcrLevel]) -> Result<Vec<AcrLevel>, Refusal> {
    let words: Vec<String> = levels.iter().map(|level| level.acr.clone()).collect();
    each_once(&words, |raw| word(raw, LONGEST_WORD))?;
    Ok(levels.to_vec())
}

fn some(addresses: Vec<String>) -> Result<Vec<String>, Refusal> {
    if addresses.is_empty() {
        return Err(Refusal::new(Rule::Required, "at least one address is needed"));
    }
    Ok(addresses)
}

/// Reads each value, in the order given; the same one twice is refused.
fn each_once(raw: &[String], read: impl Fn(&str) -> Result<String, Refusal>) -> Result<Vec<String>, Refusal> {
    if raw.len() > MOST_OF_PROVIDER {
        return Err(Refusal::new(Rule::TooLong, format!("at most {MOST_OF_PROVIDER} are allowed")));
    }
    let mut values: Vec<String> = Vec::with_capacity(raw.len());
    for (index, raw) in raw.iter().enumerate() {
        let value = read(raw).map_err(|refusal| refusal.at(&format!("/{index}")))?;
        if values.contains(&value) {
            return Err(Refusal::new(Rule::Duplicate, "stands twice").at(&format!("/{index}")));
        }
        values.push(value);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    fn provider(claim: AccountClaim) -> IdentityProvider {
        let (redirects, domains) =
            (texts(&["https://app.exempel.se/inloggad"]), texts(&["Skola.exempel.se"]));
        let acr = [AcrLevel { acr: "loa3".to_owned(), level: Level::High }];
        let new = NewIdentityProvider {
            name: "Kommunens inloggning",
            issuer: "https://idp.exempel.se/kommun",
            client_id: "skolhus",
            redirect_addresses: &redirects,
            scopes: &texts(&["email"]),
            account_claim: claim.code(),
            email_domains: &domains,
            level: Level::Substantial,
            acr_levels: &acr,
            protected_persons: false,
            enabled: true,
        };
        new.validate().unwrap()
    }

    fn refused(change: impl Fn(&mut NewIdentityProvider<'_>)) -> Vec<(String, Rule)> {
        let of = provider(AccountClaim::Email);
        let mut new = NewIdentityProvider {
            name: of.name.as_str(),
            issuer: &of.issuer,
            client_id: &of.client_id,
            redirect_addresses: &of.redirect_addresses,
            scopes: &of.scopes,
            account_claim: "email",
            email_domains: &of.email_domains,
            level: of.level,
            acr_levels: &of.acr_levels,
            protected_persons: false,
            enabled: true,
        };
        change(&mut new);
        let refusals = new.validate().err().unwrap_or_default();
        refusals.0.into_iter().map(|refusal| (refusal.pointer, refusal.rule)).collect()
    }

    #[test]
    fn what_is_described_wrongly_is_named() {
        assert_eq!(refused(|_| ()), []);
        let at = |pointer: &str, rule| vec![(pointer.to_owned(), rule)];
        for issuer in [
            "",
            "idp.exempel.se",
            "ftp://idp.exempel.se",
            "https://",
            "https://idp.exempel.se/?a",
            "https://idp.exempel.se/#a",
        ] {
            assert_eq!(refused(|new| new.issuer = issuer)[0].0, "/issuer", "{issuer}");
        }
        assert_eq!(refused(|new| new.redirect_addresses = &[]), at("/redirectAddresses", Rule::Required));
        for wrong in [
            "http://app.exempel.se/",
            "http://127.0.0.1.elak.exempel.se/",
            "https://app.exempel.se/#a",
            "app:/in",
        ] {
            let addresses = texts(&[wrong]);
            let found =
                refused(|new| new.redirect_addresses = Box::leak(addresses.clone().into_boxed_slice()));
            assert_eq!(found, at("/redirectAddresses/0", Rule::Format), "{wrong}");
        }
        assert_eq!(refused(|new| new.email_domains = &[]), at("/emailDomains", Rule::Required));
        assert_eq!(refused(|new| new.account_claim = "upn"), at("/accountClaim", Rule::UnknownCode));
        assert_eq!(
            refused(|new| {
                new.account_claim = "sub";
                new.email_domains = &[];
            }),
            []
        );
        for (wrong, rule) in [("openid", Rule::Duplicate), ("a b", Rule::Format), ("", Rule::Required)] {
            let scopes = texts(&[wrong]);
            let found = refused(|new| new.scopes = Box::leak(scopes.clone().into_boxed_slice()));
            assert_eq!(found, at("/scopes/0", rule), "{wrong}");
        }
        for wrong in ["skola", "åsa@skola.exempel.se", ".se", "a b.se"] {
            let domains = texts(&[wrong]);
            let found = refused(|new| new.email_domains = Box::leak(domains.clone().into_boxed_slice()));
            assert_eq!(found, at("/emailDomains/0", Rule::Format), "{wrong}");
        }
        let twice = [
            AcrLevel { acr: "a".to_owned(), level: Level::Basic },
            AcrLevel { acr: "a".to_owned(), level: Level::High },
        ];
        assert_eq!(
            refused(|new| new.acr_levels = Box::leak(Box::new(twice.clone()))),
            at("/acrLevels/1", Rule::Duplicate)
        );
    }

    #[test]
    fn an_address_names_an_account_where_the_provider_answers_for_it() {
        let of = provider(AccountClaim::Email);
        let said = |email: Option<&str>, email_verified| {
            let email = email.map(str::to_owned);
            of.account_name(&Said { subject: "1".to_owned(), email, email_verified, acr: None })
        };
        let asa = || Ok(AccountName::Email("åsa@skola.exempel.se".to_owned()));
        assert_eq!(said(Some("Åsa@SKOLA.exempel.se"), true), asa());
        assert_eq!(said(Some("åsa@skola.exempel.se"), false), Err(Unnamed::EmailUnverified));
        for foreign in [
            "åsa@exempel.se",
            "åsa@elak.skola.exempel.se",
            "åsa@skola.exempel.se@elak.se",
            "skola.exempel.se",
            "",
        ] {
            assert_eq!(said(Some(foreign), true), Err(Unnamed::Nobody), "{foreign}");
        }
        assert_eq!(said(None, true), Err(Unnamed::Nobody));
        let by_subject = provider(AccountClaim::Subject).account_name(&Said {
            subject: "1".to_owned(),
            email: Some("åsa@skola.exempel.se".to_owned()),
            email_verified: true,
            acr: None,
        });
        assert_eq!(by_subject, Ok(AccountName::Subject("1".to_owned())));
    }

    proptest! {
        #[test]
        fn nobody_is_named_by_an_address_that_was_not_verified(email in ".{0,40}", subject in ".{0,10}", verified in any::<bool>()) {
            let said = Said { subject, email: Some(email), email_verified: verified, acr: None };
            if let Ok(AccountName::Email(named)) = provider(AccountClaim::Email).account_name(&said) {
                prop_assert!(verified && named.ends_with("@skola.exempel.se"));
            }
        }

        #[test]
        fn no_login_is_worth_more_than_was_decided(acr in "(loa[1-4])?") {
            let of = provider(AccountClaim::Email);
            let level = of.level_of(Some(&acr));
            prop_assert_eq!(level == Level::High, acr == "loa3");
            prop_assert_eq!(of.level_of(None), Level::Substantial);
        }

        #[test]
        fn protection_and_a_second_factor_close_what_is_open(protected in any::<bool>(), factor in any::<bool>(), opened in any::<bool>(), high in any::<bool>()) {
            let level = if high { Level::High } else { Level::Substantial };
            let of = IdentityProvider { protected_persons: opened, ..provider(AccountClaim::Email) };
            prop_assert_eq!(of.lets_in(level, protected, factor), (opened || !protected) && (high || !factor));
            let of = IdentityProvider { enabled: false, ..of };
            prop_assert!(!of.lets_in(level, protected, factor));
        }
    }
}
