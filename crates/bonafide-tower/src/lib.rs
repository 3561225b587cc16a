//! bonafide-tower
