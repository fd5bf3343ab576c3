//! The tables of `identity`.

use diesel::table;

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    accounts (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        person_id -> Nullable<Guid>,
        email -> Text,
        email_key -> Text,
        disabled_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    role_assignments (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        account_id -> Guid,
        role -> Text,
        school_unit_id -> Nullable<Guid>,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    credentials (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        account_id -> Guid,
        kind -> Text,
        secret -> Text,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    sessions (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        account_id -> Guid,
        level -> Text,
        started_at -> Instant,
        expires_at -> Instant,
        ended_at -> Nullable<Instant>,
        ended_because -> Nullable<Text>,
        device -> Nullable<Text>,
        client_kind -> Text,
        handed_over_from_id -> Nullable<Guid>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    web_handovers (code_hash) {
        code_hash -> Text,
        organiser_id -> Guid,
        account_id -> Guid,
        session_id -> Guid,
        sealed -> Text,
        expires_at -> Instant,
        used_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    app_accesses (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        account_id -> Guid,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    second_factors (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        account_id -> Guid,
        invitation -> Nullable<Text>,
        invitation_expires_at -> Nullable<Instant>,
        secret -> Nullable<Text>,
        in_force_since -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::Guid;
    second_factor_steps (organiser_id, second_factor_id) {
        organiser_id -> Guid,
        second_factor_id -> Guid,
        last_step -> BigInt,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    recovery_codes (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        account_id -> Guid,
        secret -> Text,
        used_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    refresh_tokens (token_hash) {
        token_hash -> Text,
        organiser_id -> Guid,
        session_id -> Guid,
        issued_at -> Instant,
        expires_at -> Instant,
        used_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    alarms (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        kind -> Text,
        account_id -> Nullable<Guid>,
        client_id -> Nullable<Guid>,
        occurrences -> Integer,
        settled_by_id -> Nullable<Guid>,
        settled_at -> Nullable<Instant>,
        note -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant, JsonDoc};
    clients (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        name -> Text,
        secret -> Text,
        scopes -> JsonDoc,
        school_units -> JsonDoc,
        expires_at -> Nullable<Instant>,
        disabled_at -> Nullable<Instant>,
        name_sort_key -> Text,
        name_search_key -> Text,
        fields -> JsonDoc,
        school_types -> JsonDoc,
        allowed_networks -> JsonDoc,
        keys_only -> Bool,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant, JsonDoc};
    client_keys (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        client_id -> Guid,
        kid -> Text,
        algorithm -> Text,
        public_key -> JsonDoc,
        expires_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    certificate_authorities (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        origin -> Text,
        name -> Text,
        certificate -> Text,
        sealed_key -> Text,
        valid_from -> Instant,
        expires_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant, JsonDoc};
    client_certificates (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        client_id -> Guid,
        authority_id -> Guid,
        renews_id -> Nullable<Guid>,
        serial -> Text,
        fingerprint -> Text,
        key_kind -> Text,
        certificate -> Text,
        valid_from -> Instant,
        expires_at -> Instant,
        allowed_networks -> JsonDoc,
        noticed_days -> Nullable<Integer>,
        revoked_at -> Nullable<Instant>,
        revocation_reason -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::Instant;
    used_assertions (assertion_hash) {
        assertion_hash -> Text,
        expires_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    signing_keys (id) {
        id -> Guid,
        purpose -> Text,
        public_key -> Text,
        sealed_key -> Text,
        created_at -> Instant,
        retired_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::Instant;
    throttles (throttle_key) {
        throttle_key -> Text,
        window_started_at -> Instant,
        attempts -> Integer,
        blocked_until -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    bankid_orders (id) {
        id -> Guid,
        secret_hash -> Text,
        state -> Text,
        hint -> Text,
        sealed -> Text,
        started_at -> Instant,
        collected_at -> Nullable<Instant>,
        expires_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    bankid_logins (organiser_id, session_id) {
        organiser_id -> Guid,
        session_id -> Guid,
        account_id -> Guid,
        logged_in_at -> Instant,
        risk -> Nullable<Text>,
        ip_address -> Nullable<Text>,
        device -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    login_settings (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        sms_codes -> Bool,
        sms_codes_for_protected -> Bool,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    sent_codes (id) {
        id -> Guid,
        purpose -> Text,
        organiser_id -> Nullable<Guid>,
        account_id -> Nullable<Guid>,
        secret_hash -> Text,
        code_hash -> Text,
        sealed -> Text,
        tries -> Integer,
        sent_at -> Instant,
        expires_at -> Instant,
        spent_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant, JsonDoc};
    identity_providers (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        name -> Text,
        issuer -> Text,
        client_id -> Text,
        sealed_secret -> Nullable<Text>,
        redirect_addresses -> JsonDoc,
        scopes -> JsonDoc,
        account_claim -> Text,
        email_domains -> JsonDoc,
        level -> Text,
        acr_levels -> JsonDoc,
        protected_persons -> Bool,
        enabled -> Bool,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    external_identities (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        provider_id -> Guid,
        subject -> Text,
        account_id -> Guid,
        level -> Text,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    oidc_logins (id) {
        id -> Guid,
        organiser_id -> Guid,
        provider_id -> Guid,
        account_id -> Nullable<Guid>,
        secret_hash -> Text,
        state -> Text,
        sealed -> Text,
        expires_at -> Instant,
        session_id -> Nullable<Guid>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant, JsonDoc};
    token_issuers (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        name -> Text,
        issuer -> Text,
        jwks_address -> Text,
        audience -> Text,
        access_type -> Nullable<Text>,
        access_location -> Nullable<Text>,
        client_claim -> Text,
        clients -> JsonDoc,
        enabled -> Bool,
    }
}
