//! bonafide
