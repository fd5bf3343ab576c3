mod administration;
mod second_factor;
mod sessions;
