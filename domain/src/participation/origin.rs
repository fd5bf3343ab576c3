//! How a participation came to be.

use crate::code::coded;

coded! {
    /// How a participation came to be, and who keeps its dates.
    Origin("origin of a participation") {
        /// Somebody entered it; its dates are changed by hand.
        Direct = "direct",
        /// The person belongs to a group that drives the offering, or is included in it by an
        /// exception; its dates follow.
        Groups = "groups",
    }
}
