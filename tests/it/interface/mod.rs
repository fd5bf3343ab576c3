//! What holds for every operation, read off the document: these tests never need editing
//! when an operation is added.

mod authority;
mod bounds;
mod caller_walk;
mod catalogue;
mod document;
mod lists;
mod manners;
mod object_walk;
mod protected_walk;
