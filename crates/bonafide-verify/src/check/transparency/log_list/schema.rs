//! The v3 JSON format of log lists, reduced to the members used here. Other members are ignored, as
//! the schema allows.

use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct List {
    pub(super) log_list_timestamp: String,
    pub(super) operators: Vec<Operator>,
}

#[derive(Deserialize)]
pub(super) struct Operator {
    pub(super) name: String,
    #[serde(default)]
    pub(super) logs: Vec<Log>,
    /// Logs that serve the static-ct-api; their timestamps have the same form.
    #[serde(default)]
    pub(super) tiled_logs: Vec<Log>,
}

#[derive(Deserialize)]
pub(super) struct Log {
    pub(super) description: Option<String>,
    pub(super) log_id: String,
    pub(super) key: String,
    pub(super) state: Option<State>,
    pub(super) temporal_interval: Option<Interval>,
    #[serde(default)]
    pub(super) previous_operators: Vec<PreviousOperator>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Pending(Since),
    Qualified(Since),
    Usable(Since),
    ReadOnly(Since),
    Retired(Since),
    Rejected(Since),
}

#[derive(Deserialize)]
pub(super) struct Since {
    pub(super) timestamp: String,
}

#[derive(Deserialize)]
pub(super) struct Interval {
    pub(super) start_inclusive: String,
    pub(super) end_exclusive: String,
}

#[derive(Deserialize)]
pub(super) struct PreviousOperator {
    pub(super) name: String,
    pub(super) end_time: String,
}
