//! bonafide-verify
