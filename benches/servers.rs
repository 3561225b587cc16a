//! The servers alone, for a measuring program that was built without them.

use std::process::ExitCode;

fn main() -> ExitCode {
    bonafide_benches::serve()
}
