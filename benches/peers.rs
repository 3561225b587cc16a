//! bonafide beside its peers; see the README.

use std::process::ExitCode;

fn main() -> ExitCode {
    bonafide_benches::main()
}
