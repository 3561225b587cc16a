//! What the fuzz targets share: how their inputs are written, who signs, and how much time judging
//! may take.

pub mod budget;
pub mod case;
pub mod judging;
mod signatures;
