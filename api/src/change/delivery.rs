//! One attempt to hand a message to a webhook's receiver.

use chrono::{DateTime, Duration, Utc};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, header, redirect};
use sha2::Sha256;
use skolhus_domain::instant::Randomness;
use skolhus_persistence::outbox::{Claimed, Outcome};

use super::address::{Policy, PublicResolver};

/// The wait after the first failure; each further one doubles it.
const FIRST_WAIT: Duration = Duration::seconds(5);
/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::hours(1);
/// How long a message is tried.
const GIVE_UP_AFTER: Duration = Duration::days(3);

/// The client for all receivers: it follows no redirect and knows no proxy, so the address
/// that was checked is the one that is reached.
pub(crate) fn client(policy: Policy) -> reqwest::Result<Client> {
    Client::builder()
        .user_agent(concat!("skolhus/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .dns_resolver(PublicResolver(policy))
        .connect_timeout(policy.timeout.min(std::time::Duration::from_secs(5)))
        .timeout(policy.timeout)
        .pool_max_idle_per_host(2)
        .build()
}

/// The `Skolhus-Signature` of a body: `t` is the time in seconds since 1970, `v1` the
/// HMAC-SHA256 of `t`, a full stop and the body, under the secret, in hexadecimal.
#[must_use]
pub fn signature(secret: &str, now: DateTime<Utc>, body: &str) -> String {
    let time = now.timestamp();
    // A key of any length will do.
    let code = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_or_else(
        |_| String::new(),
        |mut mac| {
            mac.update(format!("{time}.{body}").as_bytes());
            hex::encode(mac.finalize().into_bytes())
        },
    );
    format!("t={time},v1={code}")
}

/// Where to, and with which secret.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    pub(crate) secret: String,
    /// The secret before, while both are used.
    pub(crate) previous_secret: Option<String>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
}

impl Receiver {
    /// The signature under the secret, and under the one before while that is used too.
    fn sign(&self, now: DateTime<Utc>, body: &str) -> String {
        let mut signed = signature(&self.secret, now, body);
        if let Some(previous) = &self.previous_secret
            && let Some((_, code)) = signature(previous, now, body).split_once(',')
        {
            signed.push(',');
            signed.push_str(code);
        }
        signed
    }
}

/// Tries once. The receiver's answer is never read: its status says all.
pub(crate) async fn attempt(
    client: Client,
    policy: Policy,
    receiver: Receiver,
    message: &Claimed,
    now: DateTime<Utc>,
) -> Result<(), String> {
    let url = policy.check(&receiver.url).map_err(|wrong| format!("the address {wrong}"))?;
    let mut request = client
        .post(url)
        .header(header::CONTENT_TYPE, "application/json")
        .header("Skolhus-Signature", receiver.sign(now, &message.payload))
        .header("Skolhus-Delivery", message.id.to_string());
    if let Some(end) = receiver.expires_at {
        let end = end.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        request = request.header("Skolhus-Subscription-Expires", end);
    }
    let answer = request.body(message.payload.clone()).send().await;
    match answer {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(format!("the receiver answered {}", answer.status().as_u16())),
        Err(error) if error.is_timeout() => Err("the receiver did not answer in time".to_owned()),
        Err(error) if error.is_connect() => Err("the receiver cannot be reached".to_owned()),
        Err(_) => Err("the connection to the receiver failed".to_owned()),
    }
}

/// What follows from a failure: another attempt after a wait that grows, or none.
pub(crate) fn after_failure(
    message: &Claimed,
    error: String,
    now: DateTime<Utc>,
    randomness: &dyn Randomness,
) -> Outcome {
    if now - message.created_at >= GIVE_UP_AFTER {
        return Outcome::GivenUp { error };
    }
    let doublings = message.attempts.saturating_sub(1).min(20);
    let wait = (FIRST_WAIT * (1 << doublings)).min(LONGEST_WAIT);
    // From four fifths to six fifths, so that receivers that failed together are not all
    // tried again together.
    let mut byte = [0];
    randomness.fill(&mut byte);
    let [chance] = byte;
    let fifth = wait / 5;
    let jitter = fifth * 2 * i32::from(chance) / 255 - fifth;
    Outcome::Again { at: now + wait + jitter, error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    struct Fixed(u8);
    impl Randomness for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    #[test]
    fn waits_grow_to_an_hour_and_end_after_three_days() {
        let start = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let message = |attempts| Claimed {
            id: Uuid::nil(),
            organiser: skolhus_domain::id::Id::from_uuid(Uuid::nil()),
            target: Uuid::nil(),
            payload: String::new(),
            attempts,
            created_at: start,
        };
        let wait = |attempts, chance| match after_failure(
            &message(attempts),
            String::new(),
            start,
            &Fixed(chance),
        ) {
            Outcome::Again { at, .. } => (at - start).num_seconds(),
            other => panic!("{other:?}"),
        };
        assert_eq!((wait(1, 0), wait(1, 255)), (4, 6));
        assert_eq!((wait(2, 0), wait(2, 255)), (8, 12));
        assert_eq!((wait(90, 0), wait(90, 255)), (2880, 4320));
        let late = after_failure(&message(80), "x".to_owned(), start + GIVE_UP_AFTER, &Fixed(0));
        assert_eq!(late, Outcome::GivenUp { error: "x".to_owned() });
    }

    #[test]
    fn a_signature_can_be_checked_with_other_tools() {
        // printf '1790000000.{}' | openssl dgst -sha256 -hmac hemlig
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let signed = signature("hemlig", now, "{}");
        assert_eq!(
            signed,
            "t=1790000000,v1=5015c69aacf7ed56421dde6e6572f7951130a55636a61168e77636589867f873"
        );
    }
}
