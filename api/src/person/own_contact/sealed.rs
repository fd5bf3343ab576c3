//! A change as it waits for its code.

use serde::{Deserialize, Serialize};
use skolhus_domain::person::{OwnContact, OwnContactChange, PhoneKind, PhoneNumber};

/// The change, to be sealed.
#[derive(Serialize, Deserialize)]
pub(super) struct Waiting {
    number: String,
    kind: String,
    replaces: Option<String>,
    is_preferred: bool,
}

impl Waiting {
    pub(super) fn of(
        (number, kind): (&PhoneNumber, PhoneKind),
        replaces: Option<&PhoneNumber>,
        is_preferred: bool,
    ) -> Self {
        Self {
            number: number.as_str().to_owned(),
            kind: kind.code().to_owned(),
            replaces: replaces.map(|number| number.key().to_owned()),
            is_preferred,
        }
    }

    pub(super) fn change(self) -> Option<OwnContactChange> {
        let Self { number, kind, replaces, is_preferred } = self;
        let number = PhoneNumber::new(&number).ok()?;
        let wanted = OwnContact::Phone(number, PhoneKind::from_code(&kind).ok()?);
        Some(OwnContactChange { wanted, replaces, is_preferred })
    }
}
