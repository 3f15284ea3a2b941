//! A category tag: its code, its name on demand, its group's color as a mark beside it.

use leptos::prelude::*;
use shared::taxonomy;

use crate::view::tree::category_name;

/// The class that carries a code's group color.
pub(crate) fn group_class(code: &str) -> String {
    taxonomy::group(code).map_or_else(
        || "g-none".to_owned(),
        |group| format!("g-{}", group.slug()),
    )
}

/// A tag.
#[component]
pub(crate) fn Tag(
    /// Category code.
    code: String,
    /// Whether the paper's first category.
    #[prop(default = false)]
    primary: bool,
) -> impl IntoView {
    let class = format!(
        "tag {}{}",
        group_class(&code),
        if primary { " primary" } else { "" }
    );
    let name = category_name(&code).unwrap_or("not in arXiv's taxonomy");
    let title = if primary {
        format!("{name} (primary)")
    } else {
        name.to_owned()
    };
    view! { <abbr class=class title=title>{code}</abbr> }
}
