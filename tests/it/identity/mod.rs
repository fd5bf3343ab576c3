mod administration;
mod bankid;
mod bankid_log;
mod certificates;
mod client_keys;
mod clients;
mod second_factor;
mod sessions;
