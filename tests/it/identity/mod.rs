mod administration;
mod second_factor;
mod client_keys;
mod clients;
mod sessions;
