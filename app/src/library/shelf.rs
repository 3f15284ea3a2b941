//! The page's handle to the library: what it shows now, and the way to change it.
//!
//! A change is seen at once and written behind; other tabs are told which paper to read again.

use std::collections::{BTreeMap, HashMap};

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, MessageEvent};

use super::store::Store;
use super::{Change, Entry, changed};

/// Where tabs tell each other what changed: the paper's id, or nothing for all of them.
const CHANNEL: &str = "offprint-library";

/// How long the library lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Not known yet.
    Opening,
    /// On this device, until it is erased.
    OnDevice,
    /// As long as this tab: the browser keeps nothing for the page.
    InTab,
}

/// Work on the device's copy, done in order.
enum Work {
    Change {
        id: String,
        change: Change,
        now_ms: u64,
    },
    Reread(Option<String>),
    Erase,
}

/// The library.
#[derive(Clone, Copy)]
pub struct Library {
    papers: RwSignal<BTreeMap<String, Entry>>,
    kept: RwSignal<Kept>,
    work: StoredValue<UnboundedSender<Work>>,
    /// Changes of a paper that are not written yet: what the device says of it is old.
    waiting: StoredValue<HashMap<String, usize>>,
}

impl Library {
    /// Opens the library of this device.
    ///
    /// Call once, under a reactive owner that lives as long as the page.
    pub fn open() -> Self {
        let (sender, receiver) = unbounded();
        let library = Self {
            papers: RwSignal::new(BTreeMap::new()),
            kept: RwSignal::new(Kept::Opening),
            work: StoredValue::new(sender),
            waiting: StoredValue::new(HashMap::new()),
        };
        spawn_local(library.keep(receiver));
        library
    }

    /// All papers, by id.
    pub fn papers(self) -> ReadSignal<BTreeMap<String, Entry>> {
        self.papers.read_only()
    }

    /// How long the library lasts.
    pub fn kept(self) -> ReadSignal<Kept> {
        self.kept.read_only()
    }

    /// Changes a paper.
    pub fn change(self, id: &str, change: Change) {
        self.change_all(vec![(id.to_owned(), change)]);
    }

    /// Joins in the papers of a backup.
    pub fn merge(self, entries: Vec<Entry>) {
        let changes = entries
            .into_iter()
            .map(|entry| (entry.id.clone(), Change::Merge(entry)));
        self.change_all(changes.collect());
    }

    fn change_all(self, changes: Vec<(String, Change)>) {
        let now_ms = js_sys::Date::now() as u64;
        self.papers.update(|papers| {
            for (id, change) in &changes {
                let after = changed(papers.remove(id), change, now_ms);
                papers.extend(after.map(|entry| (id.clone(), entry)));
            }
        });
        for (id, change) in changes {
            self.waiting.update_value(|waiting| {
                *waiting.entry(id.clone()).or_default() += 1;
            });
            self.send(Work::Change { id, change, now_ms });
        }
    }

    /// Erases the library, on this device and in every tab.
    pub fn erase(self) {
        self.papers.set(BTreeMap::new());
        self.send(Work::Erase);
    }

    fn send(self, work: Work) {
        // The other end lives as long as the page.
        self.work
            .with_value(|sender| drop(sender.unbounded_send(work)));
    }

    /// Does the work, one after the other.
    async fn keep(self, mut work: UnboundedReceiver<Work>) {
        let Ok(store) = Store::open().await else {
            self.kept.set(Kept::InTab);
            return;
        };
        let channel = BroadcastChannel::new(CHANNEL).ok();
        if let Some(channel) = &channel {
            self.listen(channel);
        }
        // Before it is said that there is a library, it is there.
        self.reread_all(&store).await;
        while let Some(work) = work.next().await {
            let told = match work {
                Work::Change { id, change, now_ms } => {
                    let outcome = store.change(&id, &change, now_ms).await;
                    let newest = self.arrived(&id);
                    match outcome {
                        Ok(entry) if newest => self.show(&id, entry),
                        Ok(_) => {}
                        // A full disk, or storage that was taken away meanwhile.
                        Err(_) => self.kept.set(Kept::InTab),
                    }
                    Some(JsValue::from_str(&id))
                }
                Work::Erase => {
                    if store.erase().await.is_err() {
                        self.kept.set(Kept::InTab);
                    }
                    Some(JsValue::NULL)
                }
                Work::Reread(Some(id)) => {
                    self.reread(&store, &id).await;
                    None
                }
                Work::Reread(None) => {
                    self.reread_all(&store).await;
                    None
                }
            };
            if let (Some(channel), Some(told)) = (&channel, told) {
                // A refusal costs the other tab its freshness, nothing else.
                let _ = channel.post_message(&told);
            }
        }
    }

    fn listen(self, channel: &BroadcastChannel) {
        let told = move |event: MessageEvent| self.send(Work::Reread(event.data().as_string()));
        let listener = Closure::<dyn Fn(MessageEvent)>::new(told).into_js_value();
        channel.set_onmessage(Some(listener.unchecked_ref()));
    }

    /// Counts a change as arrived; says whether it was the paper's last one.
    fn arrived(self, id: &str) -> bool {
        self.waiting
            .try_update_value(|waiting| {
                let n = waiting.remove(id).unwrap_or(1) - 1;
                if n > 0 {
                    waiting.insert(id.to_owned(), n);
                }
                n == 0
            })
            .unwrap_or(false)
    }

    fn is_waiting(self, id: &str) -> bool {
        self.waiting.with_value(|waiting| waiting.contains_key(id))
    }

    /// Shows one paper as the device has it.
    async fn reread(self, store: &Store, id: &str) {
        if let Ok(entry) = store.read(id).await
            && !self.is_waiting(id)
        {
            self.show(id, entry);
        }
    }

    /// Shows every paper as the device has it.
    async fn reread_all(self, store: &Store) {
        let Ok(entries) = store.all().await else {
            self.kept.set(Kept::InTab);
            return;
        };
        self.papers.update(|papers| {
            // What is on its way to the device is newer than what is there.
            papers.retain(|id, _| self.is_waiting(id));
            for entry in entries {
                if !self.is_waiting(&entry.id) {
                    papers.insert(entry.id.clone(), entry);
                }
            }
        });
        self.kept.set(Kept::OnDevice);
    }

    fn show(self, id: &str, entry: Option<Entry>) {
        let same = self
            .papers
            .with_untracked(|papers| papers.get(id) == entry.as_ref());
        if same {
            return;
        }
        self.papers.update(|papers| {
            papers.remove(id);
            papers.extend(entry.map(|entry| (id.to_owned(), entry)));
        });
    }
}
