//! Keeping house: technical rows that nobody needs any more are forgotten now and then, a bounded
//! number at a time, by one server at a time. What the change log follows is never touched, but for reasons for absence,
//! whose rows stay, without what they said, and are followed in that too.

use chrono::Duration;
use skolhus_domain::access::{Caller, Scope};
use skolhus_persistence::{
    Error, Tx,
    attendance::absence_reason,
    housekeeping, idempotency,
    identity::{
        bankid_login, bankid_order, client_key, oidc_login, sent_code, session, signing_key, throttle,
        web_handover,
    },
    outbox,
};

use crate::{http::state::State, identity::keys::longest_kept};

/// The most rows of a kind in one transaction.
pub const AT_A_TIME: u32 = 500;
/// How long a sent message is kept: 30 days.
const SENT_KEPT: Duration = Duration::days(30);
/// How long a message that was given up is kept, for whoever asks why: 90 days.
const GIVEN_UP_KEPT: Duration = Duration::days(90);
/// How long a refresh token is kept after it expired: 30 days. One that is used again until then
/// tells of a theft.
const EXPIRED_KEPT: Duration = Duration::days(30);
/// How long a login with BankID is kept after its time is over: an hour, so that a late question is answered.
const ORDERS_KEPT: Duration = Duration::hours(1);
/// How long a code that was sent is kept after its time is over: an hour, so that a late try is answered.
const CODES_KEPT: Duration = Duration::hours(1);
/// How long it is kept from where somebody logged in, for whoever looks into a misuse: 90 days.
const ORIGINS_KEPT: Duration = Duration::days(90);

/// How long what a client signed is kept after it expired, for servers whose clocks differ: an hour.
const USED_KEPT: Duration = Duration::hours(1);

/// Forgets some rows of one kind; returns how many.
type Chore = fn(&mut Tx<'_>, &Scope, u32) -> Result<usize, Error>;

const CHORES: [(&str, Chore); 13] = [
    ("answers to repeated requests", |tx, _, most| idempotency::forget_old(tx, most)),
    ("counters of logins", |tx, _, most| throttle::forget_over(tx, most)),
    ("refresh tokens", |tx, scope, most| {
        session::forget_refresh_tokens(tx, scope.now() - EXPIRED_KEPT, most)
    }),
    ("what clients signed", |tx, scope, most| {
        client_key::forget_assertions(tx, scope.now() - USED_KEPT, most)
    }),
    ("logins with BankID on their way", |tx, scope, most| {
        bankid_order::forget(tx, scope.now() - ORDERS_KEPT, most)
    }),
    ("from where logins with BankID came", |tx, scope, most| {
        bankid_login::forget(tx, scope.now() - ORIGINS_KEPT, most)
    }),
    ("logins with identity providers", |tx, scope, most| {
        oidc_login::forget(tx, scope.now() - ORIGINS_KEPT, most)
    }),
    ("codes that were sent", |tx, scope, most| sent_code::forget(tx, scope.now() - CODES_KEPT, most)),
    ("codes from apps to the web", |tx, scope, most| {
        web_handover::forget(tx, scope.now() - CODES_KEPT, most)
    }),
    ("sent messages", |tx, scope, most| outbox::forget_sent(tx, scope.now() - SENT_KEPT, most)),
    ("messages given up", |tx, scope, most| outbox::forget_given_up(tx, scope.now() - GIVEN_UP_KEPT, most)),
    ("reasons for absence", |tx, scope, most| absence_reason::forget_old(tx, scope.now(), most)),
    // Retired keys are few: all at once.
    ("retired keys", |tx, scope, _| signing_key::forget(tx, scope, scope.now() - longest_kept())),
];

/// Forgets at most `most` rows of each kind, each kind in a transaction of its own; true when
/// there may be more. While another server is at it, nothing is done.
///
/// # Errors
/// A failure of the database; what was forgotten before stays so.
pub async fn pass(state: &State, most: u32) -> Result<bool, Error> {
    let mut more = false;
    for (what, chore) in CHORES {
        let caller =
            Caller::system("housekeeping", Caller::every_organiser(), state.fresh_uuid(), state.clock.now());
        let forgotten = state
            .database
            .write(
                &caller,
                move |tx, scope| {
                    if housekeeping::is_our_turn(tx)? { chore(tx, scope, most) } else { Ok(0) }
                },
            )
            .await?;
        if forgotten > 0 {
            tracing::debug!(what, forgotten, "forgot what is no longer needed");
        }
        more |= forgotten >= most as usize;
    }
    Ok(more)
}
