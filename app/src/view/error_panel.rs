//! An error: what does not work, why, what to do, and an id to quote.

use leptos::prelude::*;

use crate::engine::protocol::EngineError;
use crate::view::browser;
use crate::view::remedy::{Action, Doing, remedy};

/// The panel.
#[component]
pub(crate) fn ErrorPanel(
    /// What happened.
    error: EngineError,
    /// Meanwhile.
    doing: Doing,
    /// Asks the same again.
    retry: Callback<()>,
) -> impl IntoView {
    let remedy = remedy(&error, doing);
    let action = match remedy.action {
        Action::Reload => Some("Reload"),
        Action::Retry => Some("Try again"),
        Action::Rephrase => None,
    };
    let act = move |_| match remedy.action {
        Action::Reload => browser::reload(),
        Action::Retry => retry.run(()),
        Action::Rephrase => {}
    };
    // Words that cannot be searched by and what the visitor stopped are no fault; they get no id.
    let is_fault = remedy.action != Action::Rephrase && error != EngineError::Cancelled;
    view! {
        <section class="error" class:fault=is_fault role="alert" data-testid="error">
            <h2>{remedy.title}</h2>
            <p>{remedy.cause}" "{remedy.advice}</p>
            {action.map(|name| view! {
                <button type="button" class="solid" data-testid="error-action" on:click=act>{name}</button>
            })}
            {is_fault.then(|| view! {
                <p class="muted">"Error id "<code class="copyable">{remedy.id}</code>", to quote in a report."</p>
            })}
        </section>
    }
}
