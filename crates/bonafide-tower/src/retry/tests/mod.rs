mod budget;
mod discard;
mod errors;
#[cfg(feature = "redirect")]
mod hops;
mod keys;
mod layer;
mod nested;
mod properties;
mod retry_after;
mod rule;
mod scripted;
mod spending;
