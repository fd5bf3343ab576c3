//! What was missed: closed registers from which nothing followed for those at home, because an enrolment, a date of birth
//! or a relation was entered later, or the lesson was moved. It is looked for until the day after.

use skolhus_domain::{
    access::Caller,
    id::{LessonId, OrganiserId},
    instant::school_day,
};
use skolhus_persistence::{
    Error,
    attendance::{home, register},
};

use super::see_to;
use crate::http::state::State;

/// The most lessons looked for at a time.
const AT_A_TIME: u32 = 200;

/// Sees to what was missed of today and yesterday, each lesson in a transaction of its own; one server at a time. Returns
/// how many lessons it looked at.
///
/// # Errors
/// A failure of the database; what was seen to before stays so.
pub async fn pass(state: &State) -> Result<usize, Error> {
    let caller =
        |organiser| Caller::system("same-day duty", organiser, state.fresh_uuid(), state.clock.now());
    let today = school_day(state.clock.now());
    let mut seen_to = 0;
    for day in [Some(today), today.pred_opt()].into_iter().flatten() {
        let mut after: Option<(OrganiserId, LessonId)> = None;
        loop {
            let missed = state
                .database
                .read(&caller(Caller::every_organiser()), move |connection, _| {
                    home::missed(connection, day, after, AT_A_TIME)
                })
                .await?;
            let Some(last) = missed.last().copied() else { break };
            for (organiser, lesson) in missed {
                let done = state
                    .database
                    .write(&caller(organiser), move |tx, scope| {
                        if !home::is_our_turn(tx)? {
                            return Ok::<_, Error>(false);
                        }
                        register::lock(tx, lesson)?;
                        if home::is_closed(tx.connection(), scope, lesson)? {
                            see_to(tx, scope, lesson)?;
                        }
                        Ok(true)
                    })
                    .await?;
                if !done {
                    return Ok(seen_to);
                }
                seen_to += 1;
            }
            after = Some(last);
        }
    }
    Ok(seen_to)
}
