//! Copying from the page: of a formula its source, as every program reads it that knows LaTeX.
//!
//! What a browser copies of MathML is its signs without their places: of `$x^2$` an `x2`. Where a selection
//! touches a formula, the whole of it is copied, as text between its delimiters. Everything else is left to
//! the browser.

use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::{
    ClipboardEvent, Element, HtmlInputElement, HtmlTextAreaElement, Node, Range,
};

use crate::view::browser;

/// Watches for copies for the page's life.
pub(crate) fn listen() {
    let copying = window_event_listener(ev::copy, |event| {
        let _ = copy(&event);
    });
    on_cleanup(move || copying.remove());
}

/// Takes a copy over where a formula is in it.
fn copy(event: &ClipboardEvent) -> Result<(), JsValue> {
    let in_a_field = browser::focused().is_some_and(|element| {
        element.is_instance_of::<HtmlInputElement>()
            || element.is_instance_of::<HtmlTextAreaElement>()
    });
    let (Some(selection), Some(clipboard)) = (window().get_selection()?, event.clipboard_data())
    else {
        return Ok(());
    };
    if in_a_field
        || event.default_prevented()
        || selection.is_collapsed()
        || selection.range_count() == 0
    {
        return Ok(());
    }
    let range = selection.get_range_at(0)?.clone_range();
    widen(&range)?;
    let all = document().create_element("div")?;
    let copied = range.clone_contents()?;
    all.append_child(&copied)?;
    let formulas = all.query_selector_all(".formula")?;
    if formulas.length() == 0 {
        return Ok(());
    }
    for at in 0..formulas.length() {
        let formula: Option<Element> = formulas.get(at).and_then(|node| node.dyn_into().ok());
        if let Some(formula) = formula {
            let source = formula.get_attribute("data-source").unwrap_or_default();
            formula.set_text_content(Some(&source));
        }
    }
    let mut text = String::new();
    write(&all, &mut text)?;
    clipboard.set_data("text/plain", text.trim())?;
    clipboard.set_data("text/html", &all.inner_html())?;
    event.prevent_default();
    Ok(())
}

/// Moves the ends of a range out of formulas.
fn widen(range: &Range) -> Result<(), JsValue> {
    if let Some(formula) = formula_around(&range.start_container()?)? {
        range.set_start_before(&formula)?;
    }
    if let Some(formula) = formula_around(&range.end_container()?)? {
        range.set_end_after(&formula)?;
    }
    Ok(())
}

fn formula_around(node: &Node) -> Result<Option<Element>, JsValue> {
    let element = node.dyn_ref::<Element>().cloned();
    match element.or_else(|| node.parent_element()) {
        Some(element) => element.closest(".formula"),
        None => Ok(None),
    }
}

/// The text of a node, each block on lines of its own.
fn write(node: &Node, out: &mut String) -> Result<(), JsValue> {
    let children = node.child_nodes();
    for at in 0..children.length() {
        let Some(child) = children.get(at) else {
            continue;
        };
        if child.node_type() == Node::TEXT_NODE {
            let text = child.text_content().unwrap_or_default();
            for c in text.chars() {
                let is_space = c.is_whitespace() && c != '\u{a0}';
                if !is_space {
                    out.push(c);
                } else if !out.ends_with([' ', '\n']) {
                    out.push(' ');
                }
            }
        } else if let Some(element) = child.dyn_ref::<Element>() {
            if element.matches("button, .hidden, [aria-hidden=true]")? {
                continue;
            }
            let is_block = element.matches("article, div, p, h1, h2, h3, li, ol, ul, section")?;
            let end_line = |out: &mut String| {
                out.truncate(out.trim_end_matches(' ').len());
                if is_block && !out.is_empty() && !out.ends_with('\n') {
                    out.push('\n');
                }
            };
            if is_block {
                end_line(out);
            }
            write(&child, out)?;
            if is_block {
                end_line(out);
            }
        }
    }
    Ok(())
}
