//! The QR code that brings the app to an order: another one each second, which nobody can make without the order's
//! secret, so that a picture of it is soon worth nothing.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What the code says so many whole seconds after BankID took the order. The secret stays here: only what is made with
/// it is shown.
#[must_use]
pub fn qr_code(start_token: &str, start_secret: &str, seconds: i64) -> String {
    // A key of any length will do.
    let code = Hmac::<Sha256>::new_from_slice(start_secret.as_bytes()).map_or_else(
        |_| String::new(),
        |mut mac| {
            mac.update(seconds.to_string().as_bytes());
            hex::encode(mac.finalize().into_bytes())
        },
    );
    format!("bankid.{start_token}.{seconds}.{code}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_the_one_that_the_app_expects() {
        // The example of BankID's own documentation, as its clients keep it.
        let (token, secret) =
            ("67df3917-fa0d-44e5-b327-edcc928297f8", "d28db9a7-4cde-429e-a983-359be676944c");
        assert_eq!(
            qr_code(token, secret, 0),
            "bankid.67df3917-fa0d-44e5-b327-edcc928297f8.0.dc69358e712458a66a7525beef148ae8526b1c71610eff2c16cdffb4cdac9bf8"
        );
        let later = qr_code(token, secret, 7);
        assert!(
            later.starts_with("bankid.67df3917-fa0d-44e5-b327-edcc928297f8.7.") && !later.contains(secret)
        );
    }
}
