//! Runs that stop of themselves, and how they go on.

use std::fs;

use super::super::*;
use super::place::Place;
use super::{kill_after_two, state};
use crate::config::{Schedule, Warmup};

fn steps(place: &Place, name: &str) -> Vec<u64> {
    checkpoint::steps(&place.at(name).join("checkpoints")).expect("it can be listed")
}

#[test]
fn a_run_that_diverged_goes_on_from_its_checkpoint_with_a_lower_rate() {
    let place = Place::new();
    let config = |name: &str| {
        place.config(name, |config| {
            config.evaluate.every = 0;
            config.optimize.schedule = Schedule::Constant;
        })
    };
    place.go(config("whole")).expect("it trains");
    place.go(config("run")).expect("it trains");
    kill_after_two(&place, "run");
    fs::remove_file(place.at("run/checkpoints/best-000000004.safetensors")).expect("it was kept");

    let too_high = [
        "optimize.learning_rate=1e30",
        "checkpoint.every=1",
        "checkpoint.keep=1",
    ];
    let error = place.resume_with("run", None, &too_high);
    let error = error.expect_err("no number survives that").to_string();
    let command = format!(
        "`trainer train --resume {} optimize.learning_rate=1e-3`",
        place.at("run").display()
    );
    assert!(
        error.contains("the loss of step 4") && error.contains("goes on after step 2"),
        "{error}"
    );
    assert!(error.contains(&command), "{error}");
    // That of step 3 is whole and finite, but nothing follows from it; that of step 2 had been old enough to go.
    assert_eq!(steps(&place, "run"), [2]);
    let again = place.resume("run").expect_err("the rate is as it was");
    assert_eq!(again.to_string(), error);

    let as_before = [
        "optimize.learning_rate=1e-2",
        "checkpoint.every=2",
        "checkpoint.keep=9",
    ];
    let done = place
        .resume_with("run", None, &as_before)
        .expect("it goes on");
    assert_eq!(done.step, 4);
    assert!(place.losses("run").iter().all(|loss| loss.is_finite()));
    assert_eq!(place.losses("run"), place.losses("whole"));
    let last = "checkpoints/step-000000004.safetensors";
    assert!(
        state(&place.at("run").join(last)) == state(&place.at("whole").join(last)),
        "the spoiled steps left something behind"
    );
    let record = RunFolder::read_record(&place.at("run")).expect("it reads");
    let changes: Vec<(u64, Vec<String>)> = (record.resumed.iter())
        .map(|resumed| {
            let changes = resumed.changes.iter().map(ToString::to_string);
            (resumed.step, changes.collect())
        })
        .collect();
    assert_eq!(changes.len(), 3);
    assert_eq!(changes[0].1[2], "optimize.learning_rate 0.01 → 1e+30");
    assert_eq!(changes[1], (2, Vec::new()), "plain resume changes nothing");
    assert_eq!((changes[2].0, changes[2].1.len()), (2, 3));
    let card = fs::read_to_string(place.at("run/README.md")).expect("written");
    assert!(
        card.contains("| changed | optimize.learning_rate 1e+30 → 0.01, after step 2 |"),
        "{card}"
    );
}

#[test]
fn a_run_without_a_good_checkpoint_begins_anew() {
    let place = Place::new();
    let config = place.config("run", |config| {
        config.optimize.learning_rate = 1e30;
        config.optimize.warmup = Warmup::Steps(0);
        config.checkpoint.every = 1;
        config.evaluate.every = 0;
    });
    let error = place.go(config).expect_err("no number survives that");
    let error = error.to_string();
    assert!(error.contains("goes on anew"), "{error}");
    assert_eq!(steps(&place, "run"), [0; 0]);
    let lower = ["optimize.learning_rate=1e-3"];
    let done = place.resume_with("run", None, &lower).expect("it goes on");
    assert_eq!(done.step, 4);
    let rows = RunFolder::read_rows(&place.at("run")).expect("it has measured");
    let steps: Vec<u64> = rows.iter().map(|row| row.step).collect();
    assert_eq!(
        steps,
        [0, 1, 2, 3, 4, 4],
        "the last one is of the evaluation"
    );
    assert!(place.losses("run").iter().all(|loss| loss.is_finite()));
}

#[test]
fn weights_that_are_no_numbers_are_never_kept() {
    for (every, evaluated) in [(1, 0), (0, 1), (0, 0)] {
        let place = Place::new();
        let config = place.config("run", |config| {
            // Finite in 64 bits, infinite in the 32 of the weights.
            config.optimize.learning_rate = 1e300;
            config.optimize.steps = Some(1);
            (config.checkpoint.every, config.evaluate.every) = (every, evaluated);
        });
        let error = place.go(config).expect_err("they are not finite");
        let error = error.to_string();
        assert!(
            error.contains("after step 1 not all weights and moments are finite"),
            "{error}"
        );
        assert_eq!(steps(&place, "run"), [0; 0]);
    }
}

#[test]
fn a_run_goes_back_to_a_step_that_is_kept() {
    let place = Place::new();
    let config = |name: &str| {
        place.config(name, |config| {
            (config.checkpoint.every, config.evaluate.every) = (1, 1);
        })
    };
    let whole = place.go(config("whole")).expect("it trains");
    place.go(config("run")).expect("it trains");
    let folder = place.at("run/checkpoints");
    for step in 1..=4 {
        let kept = Checkpoint::read(&checkpoint::numbered(&folder, step)).expect("it is kept");
        let best = checkpoint::best(&folder, kept.progress.best_step);
        assert!(best.is_file(), "step {step} has lost its best weights");
    }
    place.unfinish("run");
    let error = place
        .resume_with("run", Some(7), &[])
        .expect_err("there is none");
    assert!(
        error.to_string().contains("--from takes 0, 1, 2, 3 or 4"),
        "{error}"
    );
    let best = Checkpoint::read(&checkpoint::numbered(&folder, 2)).expect("it is kept");
    // Kept for being the best alone, it serves as well.
    if best.progress.best_step == 2 {
        fs::remove_file(checkpoint::numbered(&folder, 2)).expect("it was there");
    }
    checkpoint::go_back(&folder, Some(&best)).expect("the disk takes it");
    assert_eq!(
        steps(&place, "run"),
        [1, 2],
        "later ones are of other steps"
    );

    let done = place.resume_with("run", Some(2), &[]).expect("it goes on");
    assert_eq!((done.step, done.best_step), (4, whole.best_step));
    let last = "checkpoints/step-000000004.safetensors";
    assert!(state(&place.at("run").join(last)) == state(&place.at("whole").join(last)));
    place.unfinish("run");
    let done = place
        .resume_with("run", Some(0), &[])
        .expect("it begins anew");
    assert_eq!(done.step, 4);
    assert_eq!(place.losses("run"), place.losses("whole"));
    let error = place.resume_with("run", Some(2), &["seed=3"]);
    assert!(error.is_err(), "it has finished");
}
