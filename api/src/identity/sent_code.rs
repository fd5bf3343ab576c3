//! Codes that are sent: how they are made, kept and given back, whatever they are for.

use skolhus_domain::{
    id::SentCodeId,
    identity::{CodeTry, SENT_CODE_CHANCE, SentCode},
};
use skolhus_persistence::{Error, Tx, identity::sent_code};
use subtle::ConstantTimeEq;

use crate::{change::Sealer, http::state::State};

/// A code that nobody can foresee.
pub(crate) fn fresh_code(state: &State) -> SentCode {
    let mut chance = [0; SENT_CODE_CHANCE];
    state.randomness.fill(&mut chance);
    SentCode::of_chance(chance)
}

/// What is kept of a code: nobody without the keys finds out its six digits, and it is another for each time a code is sent.
pub(crate) fn hash_of_code(state: &State, id: SentCodeId, code: SentCode) -> String {
    hex::encode(state.keyring.keyed_hash("sent code", format!("{id}\n{}", code.shown()).as_bytes()))
}

/// A code's own seal: what is sealed for one opens for no other.
fn binding(id: SentCodeId) -> Vec<u8> {
    format!("sent code\n{id}").into_bytes()
}

/// Seals what follows from giving a code back.
pub(crate) fn sealed(state: &State, id: SentCodeId, content: &str) -> Option<String> {
    Sealer::seal(state.keyring.as_ref(), content, &binding(id))
}

/// Opens it; none when the keys are others by now.
pub(crate) fn opened(state: &State, id: SentCodeId, sealed: &str) -> Option<String> {
    Sealer::open(state.keyring.as_ref(), sealed, &binding(id))
}

/// Whether a code is the one that was sent.
pub(crate) fn fits(state: &State, sent: &sent_code::SentCode, presented: SentCode) -> bool {
    let hash = hash_of_code(state, sent.id, presented);
    bool::from(hash.as_bytes().ct_eq(sent.code_hash.as_bytes()))
}

/// Tries a code that was found before, and spends it if it fits. What comes of it is an answer and no error, so that the try
/// stays counted.
pub(crate) fn try_code(tx: &mut Tx<'_>, id: SentCodeId, fits: bool) -> Result<CodeTry, Error> {
    let Some(tried) = sent_code::count_try(tx, id)? else { return Ok(CodeTry::Over) };
    let worth = tried.judge(fits, tx.scope().now());
    if worth == CodeTry::Fits {
        sent_code::spend(tx, id)?;
    }
    Ok(worth)
}
