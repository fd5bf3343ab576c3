//! Logging in (inloggning): accounts, passwords, second factors, integrators' clients. What they may do
//! once they are in is [`crate::access`].

mod account;
pub mod bankid;
mod certificate_authority;
mod client;
mod client_certificate;
mod client_key;
mod device;
mod network;
mod one_time_code;
mod password;
mod presented_certificate;
mod second_factor;

pub use account::Account;
pub use certificate_authority::{AUTHORITY_LIFE, AuthorityFacts, AuthorityOrigin, CertificateAuthority};
pub use client::{Client, NewClient, allowed_networks};
pub use client_certificate::{
    CertificateKey, ClientCertificate, Fingerprint, LONGEST_CERTIFICATE_DAYS, MOST_CLIENT_CERTIFICATES,
    NOTICE_DAYS, Revocation, RevocationReason, certificate_life, room_for_client_certificate,
};
pub use client_key::{
    ClientKey, KeyAlgorithm, KeyMaterial, MOST_CLIENT_KEYS, NewClientKey, room_for_client_key,
};
pub use device::{LONGEST_DEVICE, LONGEST_DEVICE_NAME, of_user_agent};
pub use network::{MOST_NETWORKS, Network, may_call_from};
pub use one_time_code::{ONE_TIME_CODE_CHANCE, OneTimeCode};
pub use password::{LONGEST_PASSWORD, Password, SHORTEST_PASSWORD};
pub use presented_certificate::{CertificateRefusal, PresentedCertificate};
pub use second_factor::{
    AuthenticatorCode, INVITATION_DAYS, Invitation, RECOVERY_CODES, STEP_SECONDS, SecondFactor, Stage,
    TimeStep, not_begun, not_the_invitation,
};
