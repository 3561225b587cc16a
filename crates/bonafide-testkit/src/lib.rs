//! bonafide-testkit
