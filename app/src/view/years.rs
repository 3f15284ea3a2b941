//! First and last year, over a small histogram of the corpus.

use leptos::prelude::*;

use crate::query::Query;
use crate::state::Page;
use crate::view::wording::counted;

/// Height of the histogram, in the units of its own view box.
const HEIGHT: f64 = 40.0;

/// The two years and the bars.
#[component]
pub(crate) fn Years() -> impl IntoView {
    let page = expect_context::<Page>();
    move || {
        let info = page.corpus.get()?;
        let (first, last) = info.years?;
        let bars = bars(&info.year_counts, first, last);
        let label = format!(
            "Papers by year, {first} to {last}; most in one year: {}",
            info.year_counts.iter().map(|(_, n)| *n).max().unwrap_or(0),
        );
        let recent = last.saturating_sub(4).max(first);
        Some(view! {
            <fieldset class="years">
                <legend>"Years"</legend>
                <svg
                    class="histogram"
                    viewBox=format!("0 0 {} {HEIGHT}", usize::from(last - first) + 1)
                    preserveAspectRatio="none"
                    role="img"
                    aria-label=label
                >
                    {bars.into_iter().map(|bar| view! { <BarView bar=bar/> }).collect_view()}
                </svg>
                <div class="range">
                    <YearInput name="From" testid="filter-year-from" bounds=(first, last) fallback=first
                        read=|query| query.from write=|query, year| query.from = year/>
                    <YearInput name="To" testid="filter-year-to" bounds=(first, last) fallback=last
                        read=|query| query.to write=|query, year| query.to = year/>
                </div>
                {(recent > first).then(|| view! {
                    <button
                        type="button"
                        class="plain"
                        on:click=move |_| page.narrow(|query| {
                            query.from = Some(recent);
                            query.to = None;
                        })
                    >
                        "Last 5 years"
                    </button>
                })}
            </fieldset>
        })
    }
}

/// One year's bar.
#[derive(Debug, Clone, PartialEq)]
struct Bar {
    year: u16,
    count: usize,
    left: f64,
    height: f64,
}

/// Bars of one unit's width, the highest as high as the box; a year with papers is never invisible.
fn bars(counts: &[(u16, usize)], first: u16, last: u16) -> Vec<Bar> {
    let most = counts
        .iter()
        .map(|(_, count)| *count)
        .max()
        .unwrap_or(1)
        .max(1);
    counts
        .iter()
        .filter(|(year, count)| (first..=last).contains(year) && *count > 0)
        .map(|&(year, count)| Bar {
            year,
            count,
            left: f64::from(year - first),
            height: (count as f64 / most as f64 * HEIGHT).max(1.0),
        })
        .collect()
}

#[component]
fn BarView(bar: Bar) -> impl IntoView {
    let page = expect_context::<Page>();
    let year = bar.year;
    let inside = move || {
        page.shown.with(|query| {
            query.from.is_none_or(|from| from <= year) && query.to.is_none_or(|to| year <= to)
        })
    };
    view! {
        <rect class:inside=inside x=bar.left + 0.1 width="0.8" y=HEIGHT - bar.height height=bar.height>
            <title>{format!("{year}: {}", counted(bar.count, "paper"))}</title>
        </rect>
    }
}

#[component]
fn YearInput(
    name: &'static str,
    testid: &'static str,
    bounds: (u16, u16),
    fallback: u16,
    read: fn(&Query) -> Option<u16>,
    write: fn(&mut Query, Option<u16>),
) -> impl IntoView {
    let page = expect_context::<Page>();
    let value = move || {
        page.shown
            .with(|query| read(query).map(|year| year.to_string()).unwrap_or_default())
    };
    let change = move |input: web_sys::HtmlInputElement| {
        let year = input.value();
        let year = year
            .trim()
            .parse::<u16>()
            .ok()
            .filter(|year| *year != fallback);
        page.narrow(|query| write(query, year));
        // Where the filter does not change, nothing else takes what is no year out of sight.
        input.set_value(&value());
    };
    view! {
        <label>
            <span>{name}</span>
            <input
                type="number"
                inputmode="numeric"
                data-testid=testid
                min=bounds.0.to_string()
                max=bounds.1.to_string()
                placeholder=fallback.to_string()
                prop:value=value
                on:change:target=move |event| change(event.target())
            />
        </label>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_year_with_papers_is_invisible() {
        let bars = bars(&[(1998, 1), (1999, 0), (2001, 4000)], 1998, 2001);
        assert_eq!(bars.len(), 2, "an empty year needs no bar");
        assert_eq!((bars[0].left, bars[0].height), (0.0, 1.0));
        assert_eq!((bars[1].left, bars[1].height), (3.0, HEIGHT));
    }
}
