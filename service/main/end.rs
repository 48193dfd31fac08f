//! The end of this process: what was said is out, and nothing is tidied up under threads that still run.

use std::io::Write as _;

use crate::telemetry;

/// Ends this process with `code`, at once.
///
/// Not by [`std::process::exit`], nor by coming back from `main`: both let OpenSSL tidy up, while a thread of the pool
/// may be making a connection with it. Then a command that had done everything ended with SIGSEGV.
pub fn end(code: i32) -> ! {
    telemetry::finish();
    // Nobody is left to be told.
    let _ = std::io::stdout().flush();
    signal_hook::low_level::exit(code)
}
