//! Logging in (inloggning): accounts, passwords, second factors, integrators' clients. What they may do
//! once they are in is [`crate::access`].

mod account;
mod alarm;
pub mod bankid;
mod certificate_authority;
mod client;
mod client_certificate;
mod client_key;
mod client_kind;
mod device;
mod external_identity;
mod handover;
mod identity_provider;
mod login_settings;
mod network;
mod one_time_code;
mod password;
mod presented_certificate;
mod second_factor;
mod sent_code;
mod six_digits;
mod token_issuer;
mod web_address;

pub use account::Account;
pub use alarm::{Alarm, AlarmKind, AlarmSubject, Refusals, Settlement};
pub use certificate_authority::{AUTHORITY_LIFE, AuthorityFacts, AuthorityOrigin, CertificateAuthority};
pub use client::{Client, NewClient, allowed_networks};
pub use client_certificate::{
    CertificateKey, ClientCertificate, Fingerprint, LONGEST_CERTIFICATE_DAYS, MOST_CLIENT_CERTIFICATES,
    NOTICE_DAYS, Revocation, RevocationReason, certificate_life, room_for_client_certificate,
};
pub use client_key::{
    ClientKey, KeyAlgorithm, KeyMaterial, MOST_CLIENT_KEYS, NewClientKey, room_for_client_key,
};
pub use client_kind::ClientKind;
pub use device::{LONGEST_DEVICE, LONGEST_DEVICE_NAME, of_user_agent};
pub use external_identity::ExternalIdentity;
pub use handover::{HANDOVER_SECONDS, HandoverTarget, LONGEST_HANDOVER_PATH, RelativePath, handover_expires};
pub use identity_provider::{
    AccountClaim, AccountName, AcrLevel, IdentityProvider, LONGEST_SUBJECT, MOST_OF_PROVIDER,
    NewIdentityProvider, Said, Unnamed, subject,
};
pub use login_settings::LoginSettings;
pub use network::{MOST_NETWORKS, Network, may_call_from};
pub use one_time_code::{ONE_TIME_CODE_CHANCE, OneTimeCode};
pub use password::{LONGEST_PASSWORD, Password, SHORTEST_PASSWORD};
pub use presented_certificate::{CertificateRefusal, PresentedCertificate};
pub use second_factor::{
    AuthenticatorCode, INVITATION_DAYS, Invitation, RECOVERY_CODES, STEP_SECONDS, SecondFactor, Stage,
    TimeStep, not_begun, not_the_invitation,
};
pub use sent_code::{
    CodePurpose, CodeTry, SENT_CODE_CHANCE, SENT_CODE_MINUTES, SENT_CODE_TRIES, SentCode, TriedCode,
    sent_code_expires,
};
pub use token_issuer::{
    GivenAccess, IssuedAccess, IssuedClient, MOST_CLIENTS_OF_ISSUER, NewTokenIssuer, TokenIssuer,
};
pub use web_address::LONGEST_WEB_ADDRESS;
