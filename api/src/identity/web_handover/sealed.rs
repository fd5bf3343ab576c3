//! Where the web is to open, as it is kept: for whom a parent is asking is nobody else's business.

use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::Level,
    id::Id,
    identity::{HandoverTarget, RelativePath},
};
use uuid::Uuid;

use crate::{change::Sealer, http::state::State};

#[derive(Serialize, Deserialize)]
struct Kept {
    person: Option<Uuid>,
    path: String,
    level: u8,
}

/// A code's own seal: what is sealed for one opens for no other.
fn binding(code_hash: &str) -> Vec<u8> {
    format!("web handover\n{code_hash}").into_bytes()
}

/// Seals a target for the code of that hash.
pub(super) fn sealed(state: &State, code_hash: &str, target: &HandoverTarget) -> Option<String> {
    let HandoverTarget { person, path, level } = target;
    let (person, path) = (person.map(Id::uuid), path.as_str().to_owned());
    let text = serde_json::to_string(&Kept { person, path, level: level.number() }).ok()?;
    Sealer::seal(state.keyring.as_ref(), &text, &binding(code_hash))
}

/// Opens it; none when the keys are others by now.
pub(super) fn opened(state: &State, code_hash: &str, sealed: &str) -> Option<HandoverTarget> {
    let text = Sealer::open(state.keyring.as_ref(), sealed, &binding(code_hash))?;
    let Kept { person, path, level } = serde_json::from_str(&text).ok()?;
    Some(HandoverTarget {
        person: person.map(Id::from_uuid),
        path: RelativePath::new(&path).ok()?,
        level: Level::from_number(level)?,
    })
}
