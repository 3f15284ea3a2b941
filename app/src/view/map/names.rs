//! The labels: elements over the canvas, moved by the view, measured once.

use std::collections::{HashMap, HashSet};

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlElement;

use crate::map::labels::{self, Rank};
use crate::map::{Camera, Frame, World, group_at};

/// A label's element and its width.
struct Name {
    element: HtmlElement,
    width: f64,
}

/// The elements of one map.
pub(super) struct Names {
    host: HtmlElement,
    made: HashMap<(usize, Rank), Name>,
    shown: HashSet<(usize, Rank)>,
}

impl Names {
    /// None is there yet; they go into `host`.
    pub(super) fn new(host: HtmlElement) -> Self {
        Self {
            host,
            made: HashMap::new(),
            shown: HashSet::new(),
        }
    }

    /// Forgets every width, as after a font has come.
    pub(super) fn measure_again(&mut self) {
        self.host.set_text_content(None);
        self.made.clear();
        self.shown.clear();
    }

    /// Shows the labels that fit this view, where it has them.
    pub(super) fn place(&mut self, world: &World, camera: Camera, frame: &Frame) {
        let (made, host) = (&mut self.made, &self.host);
        let width = |topic: usize, rank: Rank| {
            let known = made.entry((topic, rank));
            known
                .or_insert_with(|| make(host, world, topic, rank))
                .width
        };
        let written = labels::place(&world.topics, camera, frame, width);
        let mut shown = HashSet::new();
        for label in &written {
            let key = (label.topic, label.rank);
            let Some(name) = self.made.get(&key) else {
                continue;
            };
            let (left, top) = (
                label.x - name.width / 2.0,
                label.y - label.rank.height() / 2.0,
            );
            let place = format!("translate({left:.1}px,{top:.1}px)");
            // Through the object model, which the page's policy allows.
            let _ = name.element.style().set_property("transform", &place);
            if !self.shown.contains(&key) {
                let _ = name.element.class_list().add_1("shown");
            }
            shown.insert(key);
        }
        for key in self.shown.difference(&shown) {
            if let Some(name) = self.made.get(key) {
                let _ = name.element.class_list().remove_1("shown");
            }
        }
        self.shown = shown;
    }
}

fn make(host: &HtmlElement, world: &World, topic: usize, rank: Rank) -> Name {
    let label = &world.topics[topic];
    let element: HtmlElement = document()
        .create_element("span")
        .expect("every document can make a span")
        .unchecked_into();
    let group = group_at(label.group).map_or("none", |group| group.slug());
    let rank = match rank {
        Rank::Main => "main",
        Rank::Finer => "finer",
    };
    element.set_class_name(&format!("map-label {rank} g-{group}"));
    element.set_text_content(Some(&label.text));
    let _ = element.set_attribute("data-testid", "map-label");
    let _ = element.set_attribute("data-level", &label.level.to_string());
    let _ = host.append_child(&element);
    Name {
        width: f64::from(element.offset_width()),
        element,
    }
}
