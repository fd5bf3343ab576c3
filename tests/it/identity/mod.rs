mod administration;
mod client_keys;
mod clients;
mod sessions;
