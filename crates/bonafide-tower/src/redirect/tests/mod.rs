mod layer;
mod policy;
mod properties;
mod rule;
