//! Rule `circles`: the top-level modules of a crate do not use each other in a circle.
//!
//! What counts is what the code does, whatever `[modules]` allows. A circle here is the whole set
//! of modules that all reach each other, so that two circles with a module in common are one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::super::finding::Finding;
use super::{Crate, Step, TABLE};
use crate::source::Tree;

const RULE: &str = "circles";

/// By module: the siblings that it uses, each with the first place where it does.
type Graph<'a> = BTreeMap<&'a str, BTreeMap<&'a str, (&'a str, usize)>>;

/// Looks for circles in every crate under `crates/`.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in crates(tree) {
        let package = Crate::find(tree, name);
        let steps = package.steps();
        let graph = graph(&steps);
        let circles = circles(&graph);
        findings.extend(circles.iter().map(|circle| report(&graph, circle)));
    }
    findings
}

fn crates(tree: &Tree) -> BTreeSet<&str> {
    tree.rust
        .iter()
        .filter_map(|file| file.module_path()?.0.strip_prefix("crates/"))
        .collect()
}

fn graph<'a>(steps: &'a [Step<'a>]) -> Graph<'a> {
    let mut graph = Graph::new();
    for step in steps {
        graph
            .entry(step.from)
            .or_default()
            .entry(step.to.as_str())
            .or_insert((step.path, step.line));
    }
    graph
}

/// The sets of two and more modules that all reach each other, in the order of their names.
fn circles<'a>(graph: &Graph<'a>) -> Vec<BTreeSet<&'a str>> {
    let mut circles: Vec<BTreeSet<&str>> = Vec::new();
    for module in graph.keys() {
        if circles.iter().any(|circle| circle.contains(module)) {
            continue;
        }
        let circle: BTreeSet<&str> = way(graph, module, module)
            .iter()
            .flat_map(|_| graph.keys())
            .copied()
            .filter(|other| way(graph, module, other).is_some())
            .filter(|other| way(graph, other, module).is_some())
            .collect();
        if !circle.is_empty() {
            circles.push(circle);
        }
    }
    circles
}

/// The shortest way of one step or more, both ends included.
fn way<'a>(graph: &Graph<'a>, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
    let mut ways = VecDeque::from([vec![from]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        let next = way.last().and_then(|last| graph.get(last));
        for module in next.into_iter().flat_map(BTreeMap::keys) {
            let mut longer = way.clone();
            longer.push(module);
            if *module == to {
                return Some(longer);
            }
            if seen.insert(*module) {
                ways.push_back(longer);
            }
        }
    }
    None
}

/// Points at the first step of the shortest way round.
fn report(graph: &Graph<'_>, circle: &BTreeSet<&str>) -> Finding {
    let shortest = circle
        .iter()
        .filter_map(|module| way(graph, module, module))
        .min_by_key(Vec::len)
        .unwrap_or_default();
    let first = match shortest.as_slice() {
        [from, to, ..] => graph.get(from).and_then(|used| used.get(to)),
        _ => None,
    };
    let (path, line) = first.copied().unwrap_or((TABLE, 0));
    let all: Vec<&str> = circle.iter().copied().collect();
    let message = format!(
        "the modules `{}` use each other in a circle: {}",
        all.join("`, `"),
        shortest.join(" -> ")
    );
    Finding::error(RULE, path, line, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CIRCLE: &[(&str, &str)] = &[
        ("crates/x/src/a/mod.rs", ""),
        ("crates/x/src/a/deep.rs", "\nuse crate::b::B;"),
        ("crates/x/src/b.rs", "use crate::c::C;"),
        ("crates/x/src/c.rs", "use super::a; use super::leaf;"),
        ("crates/x/src/leaf.rs", ""),
        ("crates/x/src/root.rs", "use crate::a::A;"),
    ];

    fn verdict(files: &[(&str, &str)]) -> Vec<String> {
        check(&Tree::of(files))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn modules_that_use_each_other_one_way_are_accepted() {
        let files = [
            ("crates/x/src/a.rs", "use crate::b::B; use crate::c::C;"),
            (
                "crates/x/src/b.rs",
                "use crate::c::C; #[cfg(test)] mod tests { use crate::a::A; }",
            ),
            ("crates/x/src/c.rs", "use crate::c::inner;"),
            ("crates/y/src/c.rs", "use crate::a::A;"),
            ("crates/y/src/a.rs", ""),
        ];
        assert_eq!(verdict(&files), Vec::<String>::new());
    }

    #[test]
    fn a_circle_is_refused_with_the_way_round_and_without_what_only_touches_it() {
        assert_eq!(
            verdict(CIRCLE),
            [
                "error[circles] crates/x/src/a/deep.rs:2: the modules `a`, `b`, `c` use each \
                 other in a circle: a -> b -> c -> a"
            ]
        );
    }

    #[test]
    fn two_circles_that_share_nothing_are_two_findings() {
        let files = [
            ("crates/x/src/a.rs", "use crate::b::B;"),
            ("crates/x/src/b.rs", "use crate::a::A; use crate::c::C;"),
            ("crates/x/src/c.rs", "use crate::d::D;"),
            ("crates/x/src/d.rs", "use crate::c::C;"),
        ];
        assert_eq!(
            verdict(&files),
            [
                "error[circles] crates/x/src/a.rs:1: the modules `a`, `b` use each other in a \
                 circle: a -> b -> a",
                "error[circles] crates/x/src/c.rs:1: the modules `c`, `d` use each other in a \
                 circle: c -> d -> c",
            ]
        );
    }
}
