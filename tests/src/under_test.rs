//! The program under test: the same as `skolhus`, built with the tests.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    skolhus_api::program::main(include_str!("../../openapi/skolhus.json"))
}
