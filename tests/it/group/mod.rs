mod driving;
mod groups;
mod memberships;
mod parts;
mod reach;
pub(crate) mod register;
mod story;
