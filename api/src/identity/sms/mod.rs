//! Logging in with a code in a text message (sms-kod). Whoever begins says an e-mail address; the code goes to the phone that
//! stands in the register, and to no other. The answer is the same, after the same work, whether the address is known or not.

mod create_session;
mod create_sms_login;
mod recipient;

use skolhus_domain::{id::AccountId, person::PhoneNumber};
use skolhus_persistence::identity::throttle::Counter;

use super::logins::Origin;
use crate::http::{operations::Operations, state::State};

/// Codes for one account within an hour before one must wait.
const FREE_OF_ACCOUNT: i32 = 3;
/// The same to one phone, which may be several accounts'.
const FREE_OF_PHONE: i32 = 5;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations.service(create_sms_login::handle).service(create_session::handle);
}

fn key(state: &State, what: &str) -> String {
    hex::encode(state.keyring.keyed_hash("throttle", what.as_bytes()))
}

/// What the beginnings of logins are counted under: what is said, and from where. Apart from passwords, so that whoever has
/// used the codes up can still log in with one, and the other way round.
fn counters(state: &State, email: &str, origin: &Origin) -> Vec<Counter> {
    of(state, &format!("sms account {email}"), origin)
}

fn of(state: &State, asked: &str, origin: &Origin) -> Vec<Counter> {
    let from = format!("sms origin {}", origin.as_str());
    vec![
        Counter { key: key(state, asked), free: FREE_OF_ACCOUNT },
        Counter { key: key(state, &from), free: state.logins.settings.address_codes },
    ]
}

/// What messages to a phone are counted under, whatever they are sent for.
pub(crate) fn counter_of_phone(state: &State, number: &str) -> Counter {
    Counter { key: key(state, &format!("sms phone {number}")), free: FREE_OF_PHONE }
}

/// What codes that an account asks for to show a phone to be its own are counted under.
pub(crate) fn counters_of_own(
    state: &State,
    account: AccountId,
    number: &str,
    origin: &Origin,
) -> Vec<Counter> {
    let mut counters = of(state, &format!("sms own {account}"), origin);
    counters.push(counter_of_phone(state, number));
    counters
}

/// The first of the numbers that messages go to.
fn first_reached<'n>(state: &State, numbers: &'n [PhoneNumber]) -> Option<&'n str> {
    numbers.iter().find_map(|number| state.messages.reaches(number))
}
