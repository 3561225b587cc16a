//! Runs conformance suites through the verifier.
fn main() {}
