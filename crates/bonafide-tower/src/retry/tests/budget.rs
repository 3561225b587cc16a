use std::sync::Arc;
use std::thread;

use http::Request;
use proptest::prelude::*;

use crate::retry::{Budget, BudgetKey, Budgets};

#[test]
fn a_budget_starts_full_and_fills_up_by_a_part_of_a_retry_with_each_call() {
    let budgets = Budgets::default();
    let withdrawn = (0..1_000).filter(|_| budgets.withdraw("a")).count();
    assert_eq!(withdrawn, 100);
    for _ in 0..4 {
        budgets.deposit(|| "a");
        assert!(!budgets.withdraw("a"));
    }
    budgets.deposit(|| "a");
    assert!(budgets.withdraw("a"));
    assert!(!budgets.withdraw("a"));
}

#[test]
fn one_key_does_not_spend_what_is_anothers() {
    let budgets = Budgets::new(Budget::new(1, 0));
    assert!(budgets.withdraw("a"));
    assert!(!budgets.withdraw("a"));
    assert!(budgets.withdraw("b"));
}

#[test]
fn a_budget_that_is_full_again_is_not_kept_and_its_key_not_asked_for() {
    let budgets = Budgets::new(Budget::new(2, 50));
    budgets.deposit(|| panic!("no budget is in use"));
    assert!(budgets.withdraw("a"));
    assert_eq!(budgets.in_use(), 1);
    budgets.deposit(|| "a");
    assert_eq!(budgets.in_use(), 1);
    budgets.deposit(|| "a");
    assert_eq!(budgets.in_use(), 0);
    let withdrawn = (0..9).filter(|_| budgets.withdraw("a")).count();
    assert_eq!(withdrawn, 2);
}

#[test]
fn keys_for_which_there_is_no_room_share_one_budget() {
    let budgets = Budgets::with_max_keys(Budget::new(2, 50), 2);
    assert!(budgets.withdraw(0) && budgets.withdraw(1));
    let withdrawn = (2..1_000).filter(|key| budgets.withdraw(*key)).count();
    assert_eq!(withdrawn, 2);
    assert_eq!(budgets.in_use(), 3);
    // Those that have one keep it.
    assert!(budgets.withdraw(0) && !budgets.withdraw(0));
    // Calls of the others fill up what they share.
    budgets.deposit(|| 7);
    budgets.deposit(|| 8);
    assert!(budgets.withdraw(9) && !budgets.withdraw(10));
}

#[test]
fn a_budget_of_nothing_has_nothing() {
    for budget in [Budget::new(0, 0), Budget::new(0, 100)] {
        let budgets = Budgets::new(budget);
        budgets.deposit(|| "a");
        assert!(!budgets.withdraw("a"), "{budget:?}");
    }
}

#[test]
fn many_threads_spend_what_there_is_and_no_more() {
    let budgets = Budgets::new(Budget::new(500, 0));
    let budgets = Arc::new(budgets);
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let budgets = Arc::clone(&budgets);
            thread::spawn(move || (0..200).filter(|_| budgets.withdraw("a")).count())
        })
        .collect();
    let withdrawn: usize = threads.into_iter().map(|it| it.join().unwrap()).sum();
    assert_eq!(withdrawn, 500);
}

#[test]
fn a_request_draws_on_the_budget_of_its_origin_or_of_the_key_that_it_brings() {
    let of = |uri: &str| BudgetKey::of(&Request::get(uri).body(()).unwrap());
    assert_eq!(
        of("https://us:pw@H.example/a?b"),
        of("https://h.example:443/")
    );
    assert_eq!(of("http://h.example/"), of("http://h.example:80/"));
    for other in [
        "https://h.example:8443/",
        "http://h.example:443/",
        "https://i.example/",
        "/",
    ] {
        assert_ne!(of(other), of("https://h.example/"), "{other}");
    }
    assert!(!format!("{:?}", of("https://us:pw@h/")).contains("pw"));
    let key = BudgetKey::new("tenant 7");
    let request = Request::get("https://h/").extension(key.clone());
    assert_eq!(BudgetKey::of(&request.body(()).unwrap()), key);
}

#[test]
fn a_key_of_a_zone_and_an_authority_is_equal_to_no_other() {
    let of = BudgetKey::of_zone;
    let key = of("*.example", "h.example:443");
    assert_eq!(key, of("*.example", "H.EXAMPLE:443"));
    for other in [
        of("*.example", "h.example:8443"),
        of("h.example", "h.example:443"),
        of("", "*.example h.example:443"),
        of("*.example h.example:443", ""),
        BudgetKey::new("h.example:443"),
        BudgetKey::new("*.example h.example:443"),
        BudgetKey::of(&Request::get("https://h.example/").body(()).unwrap()),
    ] {
        assert_ne!(key, other);
    }
}

proptest! {
    #[test]
    fn no_order_of_calls_and_retries_brings_more_than_the_burst_and_its_percentage(
        burst in 0_u32..5,
        percent in 0_u32..150,
        steps in prop::collection::vec(any::<bool>(), 0..200),
    ) {
        let budgets = Budgets::new(Budget::new(burst, percent));
        let (mut calls, mut retries) = (0_u64, 0_u64);
        for is_call in steps {
            if is_call {
                budgets.deposit(|| ());
                calls += 1;
            } else if budgets.withdraw(()) {
                retries += 1;
            }
            let most = u64::from(burst) * 100 + u64::from(percent) * calls;
            prop_assert!(retries * 100 <= most);
        }
    }
}
