mod driving;
mod groups;
mod memberships;
mod parts;
mod reach;
mod register;
mod story;
