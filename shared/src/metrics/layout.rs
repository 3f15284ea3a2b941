//! How true a plane is to the space that was laid out on it.

/// Trustworthiness of a layout: how far points that are neighbors on the plane are so in the space.
///
/// `ranks` has, for each of `n_measured` points, its `k` nearest on the plane, and of each of these
/// the place (from 1) among all other points by nearness in the space: `[n_measured, k]`. A neighbor
/// that is beyond the `k`-th there costs as many steps as it is beyond. The result is 0 to 1; points
/// that are scattered at random come to about one half. `None` where `n_points` is at most `2k` or
/// nothing was measured: the figure has no meaning there.
///
/// # Panics
/// Where `ranks` has another length than `n_measured · k`.
///
/// # Sources
/// Venna and Kaski 2001, "Neighborhood preservation in nonlinear projection methods", eq. (1); there
/// all points are measured, here the mean over those that were stands for all.
pub fn trustworthiness(n_points: usize, n_measured: usize, k: usize, ranks: &[u32]) -> Option<f64> {
    assert_eq!(ranks.len(), n_measured * k, "k ranks a measured point");
    if n_measured == 0 || k == 0 || n_points <= 2 * k {
        return None;
    }
    let beyond = |&rank: &u32| u64::from(rank).saturating_sub(k as u64);
    let steps: u64 = ranks.iter().map(beyond).sum();
    let worst = k as f64 * (2.0 * n_points as f64 - 3.0 * k as f64 - 1.0) / 2.0;
    Some(1.0 - steps as f64 / (n_measured as f64 * worst))
}
