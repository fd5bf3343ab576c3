mod administration;
mod sessions;
