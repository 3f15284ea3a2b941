use std::collections::BTreeSet;

use super::*;

/// Vectors around some directions, and none for every 50th paper.
fn vectors(n: usize) -> (Vec<Option<Int8Vector>>, Vec<String>) {
    let mut state = 7_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    };
    let directions: Vec<Vec<f32>> = (0..9).map(|_| (0..16).map(|_| next()).collect()).collect();
    let vectors = (0..n).map(|at| {
        let middle = &directions[at % 9];
        let entries: Vec<f32> = middle.iter().map(|x| x + 0.3 * next()).collect();
        let length = entries.iter().map(|x| x * x).sum::<f32>().sqrt();
        let unit: Vec<f32> = entries.iter().map(|x| x / length).collect();
        (at % 50 != 49).then(|| Int8Vector::quantize(&unit).expect("finite"))
    });
    let names = (0..n).map(|at| format!("p{:05}", (at * 7919) % 100_003));
    (vectors.collect(), names.collect())
}

fn names(of: &[String]) -> Vec<&str> {
    of.iter().map(String::as_str).collect()
}

#[test]
fn every_paper_stands_once_and_pieces_have_their_sizes() {
    let (vectors, ids) = vectors(3000);
    let cut = cut(&vectors, &names(&ids), 16);
    let all: BTreeSet<u32> = cut.order.iter().copied().collect();
    assert_eq!((cut.order.len(), all.len()), (3000, 3000));
    let leaves = cut.clusters.iter().flat_map(|cluster| &cluster.leaves);
    assert!(leaves.clone().all(|&n| (1..=LEAF as u32).contains(&n)));
    assert_eq!(leaves.sum::<u32>(), 3000);
    let largest = (CLUSTER as f64 * LARGEST) as u32;
    let of_cluster = |cluster: &Cluster| cluster.leaves.iter().sum::<u32>();
    assert!(cut.clusters.iter().all(|of| of_cluster(of) <= largest));
    let without = cut.clusters.last().expect("there are some");
    assert_eq!(
        (of_cluster(without), &without.middle[..]),
        (60, &[0.0; 16][..])
    );
    let tail = &cut.order[2940..];
    assert!(tail.iter().all(|&at| vectors[at as usize].is_none()));
}

#[test]
fn papers_of_a_cluster_are_alike() {
    let (vectors, ids) = vectors(3000);
    let cut = cut(&vectors, &names(&ids), 16);
    let (mut at, mut sum) = (0, 0.0);
    for cluster in &cut.clusters[..cut.clusters.len() - 1] {
        let n = cluster.leaves.iter().sum::<u32>() as usize;
        let members = &cut.order[at..at + n];
        at += n;
        let alike = |member: &u32| {
            let vector = vectors[*member as usize].as_ref().expect("it has one");
            shared::math::dot(&vector.dequantize(), &cluster.middle)
        };
        let alike: f32 = members.iter().map(alike).sum();
        assert!(alike / n as f32 > 0.5, "{alike} of {n}");
        sum += alike;
    }
    // Papers of all are alike to 0.2 on average.
    assert!(sum / at as f32 > 0.8, "{sum} of {at}");
}

#[test]
fn the_order_of_the_papers_changes_nothing() {
    let (vectors, ids) = vectors(2000);
    let by_name = |cut: &Cut, ids: &[String]| -> Vec<String> {
        cut.order
            .iter()
            .map(|&at| ids[at as usize].clone())
            .collect()
    };
    let there = cut(&vectors, &names(&ids), 16);
    let (mut back, mut back_ids) = (vectors.clone(), ids.clone());
    back.reverse();
    back_ids.reverse();
    let back = cut(&back, &names(&back_ids), 16);
    assert_eq!(there.clusters, back.clusters);
    assert_eq!(by_name(&there, &ids), by_name(&back, &back_ids));
}

#[test]
fn few_papers_and_none_are_cut_as_well() {
    let (vectors, ids) = vectors(10);
    let few = cut(&vectors, &names(&ids), 16);
    assert_eq!(few.clusters.len(), 1);
    assert_eq!(few.clusters[0].leaves, [10]);
    assert_eq!(
        cut(&[], &[], 16),
        Cut {
            order: vec![],
            clusters: vec![]
        }
    );
    let none = cut(&[None, None], &["b", "a"], 16);
    assert_eq!(none.order, [1, 0]);
}
