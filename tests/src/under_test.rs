//! The program under test: the same as `skolhus`, built with the tests.

fn main() -> std::process::ExitCode {
    skolhus_api::program::main(include_str!("../../openapi/skolhus.json"))
}
