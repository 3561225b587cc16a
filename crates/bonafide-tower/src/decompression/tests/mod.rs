mod body;
mod bombs;
mod encoding;
mod faults;
mod layer;
mod properties;
mod reading;
mod rule;
