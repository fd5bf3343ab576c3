//! What is true in a school.
