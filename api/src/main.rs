//! The program.

fn main() -> std::process::ExitCode {
    skolhus_api::program::main(include_str!("../../openapi/skolhus.json"))
}
