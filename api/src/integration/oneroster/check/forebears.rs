//! What stands above itself, or under something refused.

use std::collections::{HashMap, HashSet};

use skolhus_domain::refusal::Rule;

use super::super::source::RosterFile;
use super::findings::{Findings, Spot};
use super::kept::{Index, Key, State};

impl Findings<'_> {
    /// Refuses what is its own forebear, and what stands under something refused.
    pub(super) fn walk_up<E>(
        &mut self,
        file: RosterFile,
        index: &Index<E>,
        parent: impl Fn(&E) -> Option<Key>,
    ) {
        // Whether all the way up is sound, for each key walked so far.
        let mut sound: HashMap<Key, bool> = HashMap::new();
        let mut order: Vec<(u32, Key)> = index
            .iter()
            .filter(|(_, kept)| kept.state == State::Active)
            .map(|(key, kept)| (kept.line, *key))
            .collect();
        order.sort_unstable();
        for (_, start) in order {
            let mut path: Vec<Key> = Vec::new();
            let mut on_path = HashSet::new();
            let mut at = Some(start);
            let mut top_is_sound = true;
            let mut circle = None;
            while let Some(key) = at {
                if let Some(known) = sound.get(&key) {
                    top_is_sound = *known;
                    break;
                }
                if !on_path.insert(key) {
                    circle = Some(key);
                    top_is_sound = false;
                    break;
                }
                path.push(key);
                at = index.get(&key).and_then(|kept| parent(&kept.extra));
            }
            let in_circle: HashSet<Key> = match circle {
                None => HashSet::new(),
                Some(first) => path.iter().copied().skip_while(|key| *key != first).collect(),
            };
            for key in path.iter().rev() {
                let Some(kept) = index.get(key) else { continue };
                let spot = Spot { file, line: u64::from(kept.line) };
                let own = kept.state != State::Refused && !self.is_refused(file, kept.line);
                if in_circle.contains(key) {
                    self.problem(spot, "parentSourcedId", Rule::Conflict, "stands above itself");
                } else if own && !top_is_sound {
                    let detail = "what it belongs to is refused itself";
                    self.problem(spot, "parentSourcedId", Rule::UnknownReference, detail);
                }
                top_is_sound &= own && !in_circle.contains(key);
                sound.insert(*key, top_is_sound);
            }
        }
    }
}
