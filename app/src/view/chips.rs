//! The filters in force, one removable chip each.

use leptos::prelude::*;

use crate::engine::protocol::Listed;
use crate::query::Query;
use crate::state::Page;
use crate::view::wording;

/// One condition of the filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    /// A category or archive.
    Category(String),
    /// Only primary categories count.
    Primary,
    /// Years, open at an end that is `None`.
    Years(Option<u16>, Option<u16>),
}

impl Condition {
    /// What the chip says.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Category(code) => code.clone(),
            Self::Primary => "primary category only".to_owned(),
            Self::Years(Some(from), Some(to)) => wording::years(*from, *to),
            Self::Years(Some(from), None) => format!("from {from}"),
            Self::Years(None, Some(to)) => format!("to {to}"),
            Self::Years(None, None) => "all years".to_owned(),
        }
    }

    /// Takes the condition out of a query.
    pub(crate) fn drop_from(&self, query: &mut Query) {
        match self {
            Self::Category(code) => query.categories.retain(|known| known != code),
            Self::Primary => query.listed = Listed::Anywhere,
            Self::Years(..) => {
                query.from = None;
                query.to = None;
            }
        }
    }
}

/// The conditions of a query.
pub(crate) fn conditions(query: &Query) -> Vec<Condition> {
    let mut conditions: Vec<_> = query
        .categories
        .iter()
        .cloned()
        .map(Condition::Category)
        .collect();
    if query.listed == Listed::Primary && !query.categories.is_empty() {
        conditions.push(Condition::Primary);
    }
    if query.from.is_some() || query.to.is_some() {
        conditions.push(Condition::Years(query.from, query.to));
    }
    conditions
}

/// The chips, with "clear all" where there are two or more.
#[component]
pub(crate) fn Chips() -> impl IntoView {
    let page = expect_context::<Page>();
    let chip = move |condition: Condition| {
        let name = condition.name();
        view! {
            <li>
                <button
                    type="button"
                    class="chip"
                    data-testid="chip"
                    aria-label=format!("Remove filter {name}")
                    on:click=move |_| page.narrow(|query| condition.drop_from(query))
                >
                    {name.clone()}
                    <span class="cross" aria-hidden="true">"×"</span>
                </button>
            </li>
        }
    };
    move || {
        let conditions = page.shown.with(conditions);
        let several = conditions.len() > 1;
        (!conditions.is_empty()).then(|| {
            view! {
                <ul class="chips" aria-label="Active filters">
                    {conditions.into_iter().map(chip).collect_view()}
                    {several.then(|| view! {
                        <li>
                            <button
                                type="button"
                                class="plain"
                                data-testid="clear-filters"
                                on:click=move |_| page.narrow(Query::clear_filters)
                            >
                                "Clear all"
                            </button>
                        </li>
                    })}
                </ul>
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropping_every_condition_leaves_an_open_filter() {
        let mut query = Query::parse("q=spin&cat=cs,hep-th&cross=no&from=2001");
        let all = conditions(&query);
        let names: Vec<_> = all.iter().map(Condition::name).collect();
        assert_eq!(
            names,
            ["cs", "hep-th", "primary category only", "from 2001"]
        );
        // Dropped last, since it is no condition without categories.
        for condition in all.iter().rev() {
            condition.drop_from(&mut query);
        }
        assert_eq!(query, Query::parse("q=spin"));
    }
}
