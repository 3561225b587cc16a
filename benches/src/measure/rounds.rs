//! Rounds in which the contenders take turns, so that a drift of the machine meets them all.

use super::sample::Sample;
use crate::Failure;

/// One of those that are compared in a workload.
pub(crate) trait Contender {
    /// How the report calls it.
    fn name(&self) -> &'static str;

    /// Does what a round asks for once, and takes the time.
    fn round(&mut self) -> Result<Sample, Failure>;
}

/// The samples of each contender, round by round. In each round another one is the first. Where
/// there is more than one round, another one goes before them that is not counted.
pub(crate) fn take_turns(
    contenders: &mut [Box<dyn Contender + '_>],
    rounds: usize,
) -> Result<Vec<Vec<Sample>>, Failure> {
    let count = contenders.len();
    let mut samples = vec![Vec::with_capacity(rounds); count];
    let unlisted = usize::from(rounds > 1);
    for round in 0..rounds + unlisted {
        let (before, after) = contenders.split_at_mut(round % count.max(1));
        let of_before = 0..before.len();
        let of_after = before.len()..count;
        let turns = of_after.zip(after).chain(of_before.zip(before));
        for (number, contender) in turns {
            let sample = contender
                .round()
                .map_err(|failure| format!("{}: {failure}", contender.name()))?;
            if let (true, Some(samples)) = (round >= unlisted, samples.get_mut(number)) {
                samples.push(sample);
            }
        }
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    struct Noting<'a> {
        name: &'static str,
        turns: &'a RefCell<Vec<&'static str>>,
    }

    impl Contender for Noting<'_> {
        fn name(&self) -> &'static str {
            self.name
        }

        fn round(&mut self) -> Result<Sample, Failure> {
            let mut turns = self.turns.borrow_mut();
            turns.push(self.name);
            Ok(Sample {
                operations: turns.len(),
                ..Sample::default()
            })
        }
    }

    fn run(rounds: usize) -> (Vec<&'static str>, Vec<Vec<usize>>) {
        let turns = RefCell::default();
        let mut contenders: Vec<Box<dyn Contender + '_>> = ["a", "b"]
            .into_iter()
            .map(|name| {
                Box::new(Noting {
                    name,
                    turns: &turns,
                }) as Box<dyn Contender + '_>
            })
            .collect();
        let samples = take_turns(&mut contenders, rounds).unwrap();
        drop(contenders);
        let numbers = samples
            .iter()
            .map(|samples| samples.iter().map(|sample| sample.operations).collect())
            .collect();
        (turns.into_inner(), numbers)
    }

    #[test]
    fn the_first_turn_goes_round_and_the_first_round_is_not_counted() {
        let (turns, numbers) = run(2);
        assert_eq!(turns, ["a", "b", "b", "a", "a", "b"]);
        assert_eq!(numbers, [vec![4, 5], vec![3, 6]]);
    }

    #[test]
    fn a_single_round_is_counted() {
        let (turns, numbers) = run(1);
        assert_eq!(turns, ["a", "b"]);
        assert_eq!(numbers, [vec![1], vec![2]]);
    }
}
