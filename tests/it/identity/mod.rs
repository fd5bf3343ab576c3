mod administration;
mod bankid;
mod bankid_log;
mod client_keys;
mod clients;
mod second_factor;
mod sessions;
mod sms;
