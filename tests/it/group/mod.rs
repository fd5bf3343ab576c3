mod driving;
mod groups;
mod memberships;
mod reach;
mod register;
mod story;
