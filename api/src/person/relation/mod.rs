//! Relations: entering, changing, previewing; what waits for a second person.

mod confirm_relation;
mod create_relation;
mod decision_batch;
mod document;
mod get_contact_sheet;
mod get_relation;
mod get_relation_setting;
mod list_relations;
mod preview_decision_batch;
mod preview_relation;
mod reject_relation;
mod save_relation_setting;
mod update_relation;
mod withdraw_relation;

use crate::http::operations::Operations;

pub(in crate::person) use confirm_relation::decider;
pub(in crate::person) use create_relation::{Beside, CreateRelation, Fields, check_new};
pub(in crate::person) use document::{
    ConfirmRelation, ConfirmWaiting, RejectWaiting, RelationDocument, codes, reason_of, rights_of,
    same_version,
};
pub(in crate::person) use preview_relation::{Pair, SpanDocument, documents};
pub(in crate::person) use update_relation::{UpdateRelation, Wanted, check_change};

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_relations::handle)
        .service(create_relation::handle)
        .service(get_relation::handle)
        .service(update_relation::handle)
        .service(withdraw_relation::handle)
        .service(confirm_relation::handle)
        .service(reject_relation::handle)
        .service(decision_batch::handle)
        .service(preview_decision_batch::handle)
        .service(preview_relation::handle)
        .service(get_relation_setting::handle)
        .service(save_relation_setting::handle)
        .service(get_contact_sheet::handle);
}
