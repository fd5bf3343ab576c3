//! Who changed what, and webhooks (ändringslogg).

mod address;
mod change_document;
mod create_webhook_subscription;
mod delivery;
mod get_webhook_subscription;
pub mod housekeeping;
mod list_changes;
mod list_deleted_entities;
mod list_own_accesses;
mod list_ward_accesses;
mod list_webhook_deliveries;
mod list_webhook_subscriptions;
mod person_access;
mod person_change;
pub mod proof;
mod renew_webhook_subscription;
mod rotate_webhook_secret;
mod sealer;
mod search_person_changes;
mod send_test_message;
mod sender;
mod update_webhook_subscription;
mod webhook_subscription;
mod withdraw_webhook_subscription;
pub mod worker;

pub use address::Policy;
pub(crate) use address::PublicResolver;
pub use delivery::signature;
pub(crate) use person_change::PersonChangeDocument;
pub use sealer::Sealer;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_changes::handle)
        .service(search_person_changes::handle)
        .service(list_own_accesses::handle)
        .service(list_ward_accesses::handle)
        .service(list_deleted_entities::handle)
        .service(list_webhook_subscriptions::handle)
        .service(create_webhook_subscription::handle)
        .service(get_webhook_subscription::handle)
        .service(update_webhook_subscription::handle)
        .service(withdraw_webhook_subscription::handle)
        .service(renew_webhook_subscription::handle)
        .service(rotate_webhook_secret::handle)
        .service(send_test_message::handle)
        .service(list_webhook_deliveries::handle);
}
