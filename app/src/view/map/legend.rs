//! What the colors say, and the choice of what they say.

use std::sync::Arc;

use leptos::prelude::*;

use crate::map::paint::ColorBy;
use crate::map::{OTHER_GROUP, Sheet, World, group_at};
use crate::state::{Page, Step};
use crate::view::wording::count;

/// The legend.
#[component]
pub(super) fn Legend(world: Arc<World>) -> impl IntoView {
    let page = expect_context::<Page>();
    let color = Memo::new(move |_| page.shown.with(|query| query.map.color));
    let choose = move |by: ColorBy| page.edit(Step::Replace, |query| query.map.color = by);
    let choice = move |by: ColorBy, name: &'static str, testid: &'static str| {
        view! {
            <label>
                <input
                    type="radio"
                    name="map-color"
                    data-testid=testid
                    prop:checked=move || color.get() == by
                    on:change=move |_| choose(by)
                />
                <span>{name}</span>
            </label>
        }
    };
    let groups = groups(&world.sheet);
    let years = world.sheet.years();
    view! {
        <div class="map-legend" data-testid="map-legend">
            {years.map(|_| view! {
                <fieldset class="lists">
                    <legend class="hidden">"Colors"</legend>
                    {choice(ColorBy::Group, "Field", "color-group")}
                    {choice(ColorBy::Year, "Year", "color-year")}
                </fieldset>
            })}
            {move || {
                if let (ColorBy::Year, Some((first, last))) = (color.get(), years) {
                    return view! {
                        <p class="ages"><span>{first}</span><span class="ramp"></span><span>{last}</span></p>
                    }.into_any();
                }
                let entry = |&(slug, name, n): &(&'static str, &'static str, usize)| view! {
                    <li class=format!("g-{slug}")><span class="dot"></span>{name}" "<span class="count">{count(n)}</span></li>
                };
                view! { <ul>{groups.iter().map(entry).collect_view()}</ul> }.into_any()
            }}
        </div>
    }
}

/// The groups that the map has, with their papers, the largest first.
fn groups(sheet: &Sheet) -> Vec<(&'static str, &'static str, usize)> {
    let mut counts = [0; OTHER_GROUP as usize + 1];
    for &group in &sheet.group {
        counts[usize::from(group.min(OTHER_GROUP))] += 1;
    }
    let mut groups: Vec<_> = (counts.into_iter().enumerate())
        .filter(|(_, n)| *n > 0)
        .map(|(at, n)| {
            let slug = group_at(at as u8).map_or("none", |group| group.slug());
            let name = match slug {
                "physics" => "Physics",
                "math" => "Mathematics",
                "cs" => "Computer science",
                "stat" => "Statistics",
                "eess" => "Electrical engineering",
                "q-bio" => "Quantitative biology",
                "q-fin" => "Quantitative finance",
                "econ" => "Economics",
                _ => "Other",
            };
            (slug, name, n)
        })
        .collect();
    groups.sort_by_key(|(_, _, n)| std::cmp::Reverse(*n));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_legend_names_only_what_is_there_the_largest_first() {
        let sheet = Sheet {
            group: vec![2, 2, 0, OTHER_GROUP, 2],
            ..Sheet::default()
        };
        let names: Vec<_> = groups(&sheet)
            .into_iter()
            .map(|(_, name, n)| (name, n))
            .collect();
        assert_eq!(
            names,
            [("Computer science", 3), ("Physics", 1), ("Other", 1)]
        );
    }
}
