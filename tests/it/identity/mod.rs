mod administration;
mod bankid;
mod bankid_log;
mod sessions;
