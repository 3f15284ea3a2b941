//! The filters: years, then the archive → category tree with counts.

use leptos::html::Input;
use leptos::prelude::*;

use crate::engine::protocol::Listed;
use crate::state::Page;
use crate::view::category::group_class;
use crate::view::tree::{self, Branch, Chosen, Leaf};
use crate::view::wording::count;
use crate::view::years::Years;

/// The panel; a column on a wide screen, behind a button on a narrow one.
#[component]
pub(crate) fn Filters() -> impl IntoView {
    let page = expect_context::<Page>();
    let n_active = move || {
        page.shown
            .with(|query| super::chips::conditions(query).len())
    };
    let name = move || match n_active() {
        0 => "Filters".to_owned(),
        n => format!("Filters ({n})"),
    };
    let listed = Memo::new(move |_| page.shown.with(|query| query.listed));
    let primary_only = move |_| {
        page.narrow(|query| {
            query.listed = match query.listed {
                Listed::Anywhere => Listed::Primary,
                Listed::Primary => Listed::Anywhere,
            };
        });
    };
    let branches = Memo::new(move |_| {
        page.corpus.with(|info| {
            let info = info.as_ref()?;
            Some(match listed.get() {
                Listed::Anywhere => tree::grow(&info.category_counts, &info.archive_counts),
                Listed::Primary => tree::grow(&info.primary_counts, &info.primary_archive_counts),
            })
        })
    });
    view! {
        <button
            type="button"
            class="solid filters-button"
            aria-controls="filters"
            aria-expanded=move || page.panels().filters_open.get().to_string()
            on:click=move |_| page.panels().filters_open.update(|open| *open = !*open)
        >
            {name}
        </button>
        <section
            id="filters"
            class="filters"
            class:open=move || page.panels().filters_open.get()
            tabindex="-1"
            aria-label="Filters"
        >
            {move || branches.get().map(|branches| view! {
                <Years/>
                <fieldset>
                    <legend>"Categories"</legend>
                    <label class="row switch" title="Leave out papers that are only cross-listed there">
                        <input
                            type="checkbox"
                            data-testid="primary-only"
                            prop:checked=move || listed.get() == Listed::Primary
                            on:change=primary_only
                        />
                        <span class="name">"Primary category only"</span>
                    </label>
                    {groups(&branches)}
                </fieldset>
            })}
        </section>
    }
}

/// Branches under a label where a group has several archives.
fn groups(branches: &[Branch]) -> Vec<AnyView> {
    let mut views = Vec::new();
    for group in branches.chunk_by(|a, b| a.group == b.group) {
        if group.len() > 1 {
            let name = group[0].group.map_or("Other", |_| "Physics");
            views.push(view! { <p class="label">{name}</p> }.into_any());
        }
        for branch in group {
            views.push(view! { <BranchView branch=branch.clone()/> }.into_any());
        }
    }
    views
}

#[component]
fn BranchView(branch: Branch) -> impl IntoView {
    let page = expect_context::<Page>();
    let chosen = {
        let branch = branch.clone();
        Memo::new(move |_| page.categories.with(|codes| branch.chosen(codes)))
    };
    let toggle = {
        let branch = branch.clone();
        move |_| page.narrow(|query| branch.toggle(&mut query.categories))
    };
    let checkbox = NodeRef::<Input>::new();
    Effect::new(move |_| {
        if let Some(checkbox) = checkbox.get() {
            checkbox.set_indeterminate(chosen.get() == Chosen::Some);
        }
    });
    let row = view! {
        <label class=format!("row {}", group_class(&branch.archive))>
            <input
                type="checkbox"
                data-testid="filter-category"
                value=branch.archive.clone()
                node_ref=checkbox
                prop:checked=move || chosen.get() == Chosen::All
                on:change=toggle
            />
            <span class="name">{branch.name.clone()}</span>
            {branch.count.map(|n| view! { <span class="count">{count(n)}</span> })}
        </label>
    };
    if branch.leaves.is_empty() {
        return row.into_any();
    }
    let open = chosen.get_untracked() != Chosen::None;
    let label = format!("Categories of {}", branch.name);
    let leaves: Vec<_> = branch
        .leaves
        .iter()
        .map(|leaf| view! { <LeafView branch=branch.clone() leaf=leaf.clone()/> })
        .collect();
    view! {
        <div class="branch">
            {row}
            <details open=open>
                <summary aria-label=label></summary>
                {leaves}
            </details>
        </div>
    }
    .into_any()
}

#[component]
fn LeafView(branch: Branch, leaf: Leaf) -> impl IntoView {
    let page = expect_context::<Page>();
    let checked = {
        let (archive, code) = (branch.archive.clone(), leaf.code.clone());
        move || {
            page.categories
                .with(|codes| codes.contains(&archive) || codes.contains(&code))
        }
    };
    let toggle = {
        let code = leaf.code.clone();
        move |_| page.narrow(|query| branch.toggle_leaf(&code, &mut query.categories))
    };
    view! {
        <label class=format!("row leaf {}", group_class(&leaf.code))>
            <input
                type="checkbox"
                data-testid="filter-category"
                value=leaf.code.clone()
                prop:checked=checked
                on:change=toggle
            />
            <span class="name">
                <span class="code">{leaf.code.clone()}</span>
                " "
                {leaf.name.clone()}
            </span>
            <span class="count">{count(leaf.count)}</span>
        </label>
    }
}
