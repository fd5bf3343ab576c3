//! The program.

/// Requests come and go on all threads, each with many small pieces of memory and a few large ones; C's own allocator gathers
/// the small ones anew whenever a large one is given back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    skolhus_api::program::main(include_str!("../../openapi/skolhus.json"))
}
