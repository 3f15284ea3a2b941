//! First and last year, over a small histogram of the corpus.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, PointerEvent};

use crate::query::Query;
use crate::state::Page;
use crate::view::wording::counted;

/// Height of the histogram, in the units of its own view box.
const HEIGHT: f64 = 40.0;

/// The two years and the bars.
#[component]
pub(crate) fn Years() -> impl IntoView {
    let page = expect_context::<Page>();
    let brush = Brush(RwSignal::new(None));
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
                    data-testid="histogram"
                    aria-label=label
                    on:pointerdown=move |event| brush.begin(&event, (first, last))
                    on:pointermove=move |event| brush.follow(&event, (first, last))
                    on:pointerup=move |_| brush.end(page, (first, last))
                    on:pointercancel=move |_| brush.0.set(None)
                >
                    {bars.into_iter().map(|bar| view! { <BarView bar=bar brush=brush/> }).collect_view()}
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

/// Years under a pointer that draws over the histogram: where it went down, and where it is.
#[derive(Debug, Clone, Copy)]
struct Brush(RwSignal<Option<(u16, u16)>>);

impl Brush {
    fn begin(self, event: &PointerEvent, (first, last): (u16, u16)) {
        if event.button() != 0 {
            return;
        }
        // Beyond its edges the pointer still chooses the first year or the last.
        // Without capture a pointer that leaves is lost; nothing worse.
        let _ = surface(event).map(|surface| surface.set_pointer_capture(event.pointer_id()));
        let year = year_under(event, first, last);
        self.0.set(year.map(|year| (year, year)));
    }

    fn follow(self, event: &PointerEvent, (first, last): (u16, u16)) {
        if let Some((start, before)) = self.0.get_untracked()
            && let Some(year) = year_under(event, first, last)
            && year != before
        {
            self.0.set(Some((start, year)));
        }
    }

    fn end(self, page: Page, (first, last): (u16, u16)) {
        let Some((from, to)) = self.years_untracked() else {
            return;
        };
        self.0.set(None);
        page.narrow(|query| {
            query.from = (from > first).then_some(from);
            query.to = (to < last).then_some(to);
        });
    }

    /// First and last year, in their order.
    fn years(self) -> Option<(u16, u16)> {
        self.0.get().map(in_order)
    }

    fn years_untracked(self) -> Option<(u16, u16)> {
        self.0.get_untracked().map(in_order)
    }
}

fn in_order((a, b): (u16, u16)) -> (u16, u16) {
    (a.min(b), a.max(b))
}

fn surface(event: &PointerEvent) -> Option<Element> {
    event.current_target()?.dyn_into().ok()
}

fn year_under(event: &PointerEvent, first: u16, last: u16) -> Option<u16> {
    let place = surface(event)?.get_bounding_client_rect();
    Some(year_at(
        f64::from(event.client_x()) - place.left(),
        place.width(),
        first,
        last,
    ))
}

/// The year of the bar at `x` of a histogram that is `width` wide.
fn year_at(x: f64, width: f64, first: u16, last: u16) -> u16 {
    let n = f64::from(last - first) + 1.0;
    let at = (x / width.max(1.0) * n).floor().clamp(0.0, n - 1.0);
    first + at as u16
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
fn BarView(bar: Bar, brush: Brush) -> impl IntoView {
    let page = expect_context::<Page>();
    let year = bar.year;
    let inside = move || {
        if let Some((from, to)) = brush.years() {
            return (from..=to).contains(&year);
        }
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
    #[test]
    fn a_pointer_is_over_the_year_of_its_bar_and_never_beyond() {
        let year = |x| year_at(x, 40.0, 2001, 2004);
        assert_eq!([0.0, 9.9, 10.0, 39.9].map(year), [2001, 2001, 2002, 2004]);
        assert_eq!([-5.0, 40.0, 1e9].map(year), [2001, 2004, 2004]);
        assert_eq!(year_at(3.0, 0.0, 1999, 1999), 1999);
    }
}
