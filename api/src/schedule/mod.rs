//! The schedule (schema): rooms, lessons, the weekly patterns they come from, their clashes, and calendars of them.

mod calendar_feed;
mod cancel_lesson;
mod change_state;
mod clash_document;
mod create_lesson;
mod create_room;
mod create_series;
mod get_lesson;
mod get_room;
mod get_series;
mod lesson_document;
mod list_clashes;
mod list_lessons;
mod list_rooms;
mod list_series;
mod new_clashes;
mod reinstate_lesson;
mod room;
mod series_document;
mod setting;
mod update_lesson;
mod update_room;
mod update_series;
mod withdraw_lesson;
mod withdraw_room;
mod withdraw_series;

pub use lesson_document::LessonDocument;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_rooms::handle)
        .service(create_room::handle)
        .service(get_room::handle)
        .service(update_room::handle)
        .service(withdraw_room::handle)
        .service(list_lessons::handle)
        .service(create_lesson::handle)
        .service(get_lesson::handle)
        .service(update_lesson::handle)
        .service(withdraw_lesson::handle)
        .service(cancel_lesson::handle)
        .service(reinstate_lesson::handle)
        .service(list_series::handle)
        .service(create_series::handle)
        .service(get_series::handle)
        .service(update_series::handle)
        .service(withdraw_series::handle)
        .service(list_clashes::handle)
        .configure(setting::mount)
        .configure(calendar_feed::mount);
}
