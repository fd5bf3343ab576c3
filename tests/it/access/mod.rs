//! Who may read whom.

mod readers;
