//! Calendar feeds (kalenderprenumerationer): addresses at which calendar programs read lessons without logging in.

mod create_feed;
mod document;
mod get_feed;
mod list_feeds;
mod read_calendar;
mod withdraw_feed;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_feeds::handle)
        .service(create_feed::handle)
        .service(get_feed::handle)
        .service(withdraw_feed::handle)
        .service(read_calendar::handle);
}
