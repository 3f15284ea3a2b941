//! The library on this device: one record a paper in `IndexedDB`.
//!
//! Every change reads its paper's record and writes it in one transaction. Browsers run those of all tabs
//! one after the other, so none undoes what another has just written.

use idb::builder::{DatabaseBuilder, ObjectStoreBuilder};
use idb::{Database, Error, KeyPath, ObjectStore, Transaction, TransactionMode};
use js_sys::JSON;
use wasm_bindgen::JsValue;

use super::{Change, Entry, changed};

/// Name of the database. All pages of one origin share it: a paper is the same in any corpus.
const NAME: &str = "offprint-library";
/// Counts layouts of the database, not of the records.
const LAYOUT: u32 = 1;
const PAPERS: &str = "papers";

/// The open database.
pub(super) struct Store(Database);

impl Store {
    /// Opens it, or makes it.
    pub(super) async fn open() -> Result<Self, Error> {
        let papers = ObjectStoreBuilder::new(PAPERS).key_path(Some(KeyPath::new_single("id")));
        let database = DatabaseBuilder::new(NAME)
            .version(LAYOUT)
            .add_object_store(papers)
            .build()
            .await?;
        Ok(Self(database))
    }

    /// Every paper. Records that this page does not understand stay where they are.
    pub(super) async fn all(&self) -> Result<Vec<Entry>, Error> {
        let (papers, _transaction) = self.papers(TransactionMode::ReadOnly)?;
        let records = papers.get_all(None, None)?.await?;
        Ok(records.iter().filter_map(from_js).collect())
    }

    /// One paper.
    pub(super) async fn read(&self, id: &str) -> Result<Option<Entry>, Error> {
        let (papers, _transaction) = self.papers(TransactionMode::ReadOnly)?;
        let record = papers.get(JsValue::from_str(id))?.await?;
        Ok(record.as_ref().and_then(from_js))
    }

    /// Changes one paper, and gives what became of it.
    pub(super) async fn change(
        &self,
        id: &str,
        change: &Change,
        now_ms: u64,
    ) -> Result<Option<Entry>, Error> {
        let (papers, transaction) = self.papers(TransactionMode::ReadWrite)?;
        let key = JsValue::from_str(id);
        let before = papers.get(key.clone())?.await?;
        let after = changed(before.as_ref().and_then(from_js), change, now_ms);
        match &after {
            Some(entry) => drop(papers.put(&to_js(entry), None)?.await?),
            None => papers.delete(key)?.await?,
        }
        transaction.commit()?.await?;
        Ok(after)
    }

    /// Erases every paper.
    pub(super) async fn erase(&self) -> Result<(), Error> {
        let (papers, transaction) = self.papers(TransactionMode::ReadWrite)?;
        papers.clear()?.await?;
        transaction.commit()?.await?;
        Ok(())
    }

    fn papers(&self, mode: TransactionMode) -> Result<(ObjectStore, Transaction), Error> {
        let transaction = self.0.transaction(&[PAPERS], mode)?;
        Ok((transaction.object_store(PAPERS)?, transaction))
    }
}

fn to_js(entry: &Entry) -> JsValue {
    let text = serde_json::to_string(entry).expect("an entry has no unwritable value");
    JSON::parse(&text).expect("a browser reads its own format")
}

fn from_js(record: &JsValue) -> Option<Entry> {
    let text = JSON::stringify(record).ok()?.as_string()?;
    serde_json::from_str(&text).ok()
}
