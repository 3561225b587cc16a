mod layer;
mod properties;
mod rule;
