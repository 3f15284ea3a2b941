//! A draft out of a file: title and abstract go where a visitor would paste them.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::web_sys::File;

use crate::papers_file::{Refused, draft};
use crate::query::View;
use crate::state::{Draft, Page};
use crate::view::link::Go;
use crate::view::taking::{TakeFile, bytes_of};
use crate::view::wording::bytes;

/// What came of the last file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Came {
    /// Something was taken; the text says what.
    Taken(String),
    /// Nothing was; the text says why.
    Refused(String),
}

/// Takes a draft out of a file; in `came` stands what came of it.
pub(crate) fn take(page: Page, came: RwSignal<Option<Came>>, file: File) {
    spawn_local(async move {
        let name = file.name();
        let outcome = read(&file).await;
        let said = match outcome {
            Ok(found) => {
                page.draft.set(Draft {
                    title: found.title,
                    abstract_text: found.abstract_text,
                });
                Came::Taken(format!("Taken from {name}: {}.", found.taken))
            }
            Err(why) => Came::Refused(format!("{name} was not read: {why}.")),
        };
        // The view may be gone.
        came.try_set(Some(said));
    });
}

async fn read(file: &File) -> Result<draft::Draft, String> {
    if file.size() > draft::MOST_BYTES as f64 {
        return Err(format!(
            "it has {}, more than a draft; figures are not needed",
            bytes(file.size() as u64)
        ));
    }
    let bytes = bytes_of(file).await.ok_or("the browser cannot read it")?;
    draft::read(&file.name(), bytes).map_err(|error: Refused| error.to_string())
}

/// The button, what came of it, and the way to files of many papers.
#[component]
pub(crate) fn DraftFile(came: RwSignal<Option<Came>>) -> impl IntoView {
    let page = expect_context::<Page>();
    let open = Callback::new(move |file| take(page, came, file));
    view! {
        <div class="draft-file">
            <div class="buttons">
                <TakeFile
                    label="Open a file"
                    accept=".tex,.txt,.md,.bib"
                    testid="draft-file"
                    take=open
                />
            </div>
            <p class="muted">
                "Or drop one here: LaTeX, Markdown, plain text or BibTeX. PDFs are not read: paste their title and abstract."
            </p>
            <div role="status" aria-live="polite">
                {move || came.get().map(|came| {
                    let (text, testid) = match came {
                        Came::Taken(text) => (text, "draft-taken"),
                        Came::Refused(text) => (text, "draft-refused"),
                    };
                    view! { <p class="notice" data-testid=testid>{text}</p> }
                })}
            </div>
            <p>
                "Many papers? "
                <Go to=|query| query.view = View::Batch>"Bring a file of them"</Go>
                "."
            </p>
        </div>
    }
}
