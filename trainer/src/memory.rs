//! Freed memory stays with the process: every step takes the same hundreds of megabytes again.

/// Tells glibc's allocator to give nothing back to the system; other allocators keep their own counsel.
///
/// By default it maps every large tensor anew, and the system zeroes its pages: a sixth of a training
/// step. Call it before threads start.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(
    unsafe_code,
    reason = "mallopt is a function of C; it takes two numbers and touches no memory of ours"
)]
pub fn keep_freed() {
    // SAFETY: mallopt may be called at any time; a setting that it does not know is left alone.
    unsafe {
        // From the heap, which can be kept, and not as maps, which cannot.
        libc::mallopt(libc::M_MMAP_MAX, 0);
        libc::mallopt(libc::M_TRIM_THRESHOLD, libc::c_int::MAX);
        libc::mallopt(libc::M_TOP_PAD, 256 << 20);
    }
}

/// Tells glibc's allocator to give nothing back to the system; other allocators keep their own counsel.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn keep_freed() {}
