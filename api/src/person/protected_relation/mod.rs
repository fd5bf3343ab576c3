//! Relations that concern somebody protected: entered, changed and confirmed by those who hold the separate
//! permission, by the same rules as all others.

mod confirm_protected_relation;
mod create_protected_relation;
mod open;
mod reject_protected_relation;
mod search_protected_relations;
mod update_protected_relation;
mod withdraw_protected_relation;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(search_protected_relations::handle)
        .service(create_protected_relation::handle)
        .service(update_protected_relation::handle)
        .service(withdraw_protected_relation::handle)
        .service(confirm_protected_relation::handle)
        .service(reject_protected_relation::handle);
}
