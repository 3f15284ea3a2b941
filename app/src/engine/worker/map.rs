//! The map: fetched and opened when it is asked for, and what else is asked about it.

use std::rc::Rc;

use shared::Map;

use super::short::Outcome;
use super::{Open, Worker};
use crate::engine::build::Build;
use crate::engine::download::Stop;
use crate::engine::protocol::{Answer, EngineError, MapAnswer, MapQuestion, Reply};

impl Open {
    /// The map, from this device where it is kept.
    pub(super) async fn map(&self, stop: &Stop) -> Result<Rc<Map>, EngineError> {
        if let Some(map) = &*self.map.borrow() {
            return Ok(Rc::clone(map));
        }
        let entry = self.manifest.map.as_ref().ok_or(EngineError::NoMap)?;
        let open = |bytes| {
            let build = self.build.borrow();
            build.open_map(entry, &self.manifest.index, bytes)
        };
        let mut opened = open(self.chunks.fetch(&self.site, entry, stop).await?);
        // One of this device is not hashed again: what became of it shows here.
        if opened.is_err() {
            self.site.kept.delete(&entry.file).await;
            opened = open(self.chunks.fetch(&self.site, entry, stop).await?);
        }
        let map = Rc::new(opened?);
        *self.map.borrow_mut() = Some(Rc::clone(&map));
        Ok(map)
    }
}

impl Worker {
    /// Opens the map and answers what needs it; the answer of [`MapQuestion::Open`] comes with columns.
    pub(super) async fn run_with_map(
        &self,
        number: u64,
        open: &Open,
        question: MapQuestion,
        stop: &Stop,
    ) -> Result<Option<Reply>, EngineError> {
        let map = open.map(stop).await?;
        if stop.get() {
            return Err(EngineError::Cancelled);
        }
        if let MapQuestion::Place {
            title,
            abstract_text,
        } = question
        {
            let place = |build: &mut Build| build.place(&map, &title, &abstract_text);
            let (place, near) = open.with_pieces(stop, place).await?;
            if stop.get() {
                return Err(EngineError::Cancelled);
            }
            return Ok(Some(Reply::Map(MapAnswer::Placed { place, near })));
        }
        let (landscape, sheet) = open.build.borrow().sheet(&map);
        let answer = Reply::Map(MapAnswer::Opened(landscape));
        let (done, corpus) = (Answer::Done(answer), self.corpus());
        self.post
            .with_bytes(number, &corpus, &done, &sheet.to_bytes());
        Ok(None)
    }
}

/// Answers what needs papers only.
pub(super) fn answer(build: &mut Build, question: MapQuestion) -> Outcome {
    let answer = match question {
        MapQuestion::Numbers { ids } => Ok(MapAnswer::Numbers(build.numbers(&ids))),
        MapQuestion::Papers { numbers } => build.papers_at(&numbers).map(MapAnswer::Papers),
        MapQuestion::Passing { filter } => {
            let (flags, n) = build.passing(&filter);
            return Outcome::WithBytes(Reply::Map(MapAnswer::Passing { n }), flags);
        }
        MapQuestion::Look { paper, near } => build
            .look(paper, near)
            .map(|(paper, near)| MapAnswer::Looked { paper, near }),
        other => unreachable!("{other:?} needs the map"),
    };
    Outcome::Answer(answer.map(Reply::Map))
}
