//! Citations of one paper, to the clipboard, and of a list, to a file.

use leptos::prelude::*;

use crate::cite::{self, Facts, Format};
use crate::view::browser;
use crate::view::menu::{Choice, Menu};
use crate::view::reordering::Reordering;
use crate::view::said::Said;
use crate::view::wording::counted;

/// "Cite" on a card.
#[component]
pub(crate) fn Cite(paper: Facts) -> impl IntoView {
    let said = expect_context::<Said>();
    let name = format!("Cite: {}", paper.title);
    let paper = StoredValue::new(paper);
    let copy = move |format: Format| {
        let text = paper.with_value(|paper| cite::write(format, std::slice::from_ref(paper)));
        said.copy(format.name(), text);
    };
    let choices = move |()| {
        let choice = |format: Format| Choice {
            name: match format {
                Format::BibTex => "Copy BibTeX",
                Format::Ris => "Copy RIS",
                Format::CslJson => "Copy CSL-JSON",
            },
            testid: format!("copy-{}", format.ending()),
            run: Callback::new(move |()| copy(format)),
        };
        Format::ALL.map(choice).to_vec()
    };
    view! {
        <Menu label="Cite".to_owned() name=name testid="cite" choices=Callback::new(choices)/>
        // What the key presses: the menu's own lines are there only while it is open.
        <button type="button" hidden data-key="c" on:click=move |_| copy(Format::BibTex)></button>
    }
}

/// "Export" over a list of papers, which are asked for when a file is made.
#[component]
pub(crate) fn Export(
    /// What the button says.
    #[prop(into)]
    label: Signal<String>,
    /// The file's name without its ending.
    file: &'static str,
    /// The papers.
    papers: Callback<(), Vec<Facts>>,
) -> impl IntoView {
    let said = expect_context::<Said>();
    let save = move |format: Format| {
        let papers = papers.run(());
        let name = format!("{file}.{}", format.ending());
        let text = cite::write(format, &papers);
        match browser::save(&name, format.media_type(), &text) {
            Ok(()) => said.say(format!("{} in {name}", counted(papers.len(), "paper"))),
            Err(_) => said.say(format!("The browser made no file of {name}")),
        }
    };
    let choices = move |()| {
        let choice = |format: Format| Choice {
            name: match format {
                Format::BibTex => "BibTeX file (.bib)",
                Format::Ris => "RIS file (.ris)",
                Format::CslJson => "CSL-JSON file (.json)",
            },
            testid: format!("export-{}", format.ending()),
            run: Callback::new(move |()| save(format)),
        };
        Format::ALL.map(choice).to_vec()
    };
    view! { <Menu label=label testid="export" choices=Callback::new(choices)/> }
}

/// "Export" over the results, in the order in which they are shown.
#[component]
pub(crate) fn ExportResults() -> impl IntoView {
    let shown = expect_context::<Reordering>().shown;
    let hits = move || shown.with_untracked(|hits| hits.iter().map(Facts::from).collect());
    let n_hits = Memo::new(move |_| shown.with(Vec::len));
    let label = Signal::derive(move || format!("Export {}", counted(n_hits.get(), "result")));
    let any = Memo::new(move |_| n_hits.get() > 0);
    move || {
        any.get().then(|| {
            view! { <Export label=label file="offprint-results" papers=Callback::new(move |()| hits())/> }
        })
    }
}
