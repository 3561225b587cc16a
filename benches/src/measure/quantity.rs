//! Which number of a sample is reported.

use std::time::Duration;

use super::sample::Sample;

/// Which number of a sample is reported, for each operation or in a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// Operations in a second.
    PerSecond,
    /// Microseconds of time.
    #[cfg_attr(
        not(feature = "peers"),
        allow(dead_code, reason = "no workload without connections")
    )]
    Micros,
    /// Milliseconds of time.
    Millis,
    /// Microseconds of processor time.
    ProcessorMicros,
    /// Connections.
    Connections,
    /// KiB of memory.
    #[cfg(feature = "peers")]
    Kibibytes,
}

impl Quantity {
    /// The name of the number, where `operation` is what is counted.
    pub(crate) fn label(self, operation: &str) -> String {
        match self {
            Self::PerSecond => format!("{operation}s in a second"),
            Self::Micros => format!("µs a {operation}"),
            Self::Millis => format!("ms a {operation}"),
            Self::ProcessorMicros => format!("processor µs a {operation}"),
            Self::Connections => format!("connections a {operation}"),
            #[cfg(feature = "peers")]
            Self::Kibibytes => format!("KiB a {operation}"),
        }
    }

    /// The number; `None` where the system does not report it.
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of a bench are far below 2^52"
    )]
    pub(crate) fn of(self, sample: &Sample) -> Option<f64> {
        let operations = sample.operations as f64;
        let each = |time: Duration| time.as_secs_f64() / operations;
        Some(match self {
            Self::PerSecond => each(sample.wall).recip(),
            Self::Micros => each(sample.wall) * 1e6,
            Self::Millis => each(sample.wall) * 1e3,
            Self::ProcessorMicros => each(sample.processor?) * 1e6,
            Self::Connections => sample.connections as f64 / operations,
            #[cfg(feature = "peers")]
            Self::Kibibytes => sample.resident_bytes? as f64 / 1024.0 / operations,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quantity_is_for_one_operation() {
        let sample = Sample {
            operations: 4,
            wall: Duration::from_millis(2),
            processor: Some(Duration::from_micros(100)),
            connections: 8,
            resumed: 0,
            resident_bytes: Some(40_960),
        };
        for (quantity, label, value) in [
            (Quantity::PerSecond, "GETs in a second", 2000.0),
            (Quantity::Micros, "µs a GET", 500.0),
            (Quantity::Millis, "ms a GET", 0.5),
            (Quantity::ProcessorMicros, "processor µs a GET", 25.0),
            (Quantity::Connections, "connections a GET", 2.0),
            #[cfg(feature = "peers")]
            (Quantity::Kibibytes, "KiB a GET", 10.0),
        ] {
            assert_eq!(quantity.label("GET"), label);
            let of = quantity.of(&sample).unwrap();
            assert!((of - value).abs() < 1e-6, "{label}: {of}");
        }
    }

    #[test]
    fn processor_time_that_is_not_known_is_no_number() {
        assert_eq!(Quantity::ProcessorMicros.of(&Sample::default()), None);
    }
}
