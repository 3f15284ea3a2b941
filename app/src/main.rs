//! The page: starts the engine, mounts [`app::App`] and takes the static shell away.

use app::engine::client::Engine;
use leptos::prelude::*;

fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(|| {
        let engine = Engine::start(
            app::takes_update(),
            app::asked_engine(),
            app::asks_for_own(),
        );
        provide_context(engine);
        app::api::install(engine);
        app::App()
    });
    // The app has taken over what was typed into it.
    if let Some(shell) = document().get_element_by_id("shell") {
        shell.remove();
    }
}
