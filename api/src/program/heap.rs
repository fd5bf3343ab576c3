//! How the program's memory is given out.

/// Has all threads share two arenas. glibc otherwise makes up to eight for each processor, and what one thread
/// has given back serves no other: after a large import, whose work moves between threads, the server held twice
/// the memory that it used. Other C libraries have one heap and need nothing.
#[allow(
    unsafe_code,
    reason = "mallopt is no more than a setting of C's allocator; no other thread is there yet"
)]
pub(super) fn share() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: called first of all, by the only thread; the call takes two numbers and keeps no pointer.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 2);
    }
}
