//! The capability `report`: what a school reports to those who fund it.

pub mod grant;
