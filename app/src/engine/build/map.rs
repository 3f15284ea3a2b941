//! The map's columns, and papers by number. No browser in it.

use shared::manifest::FileEntry;
use shared::{Map, Neighbor, PaperId, taxonomy};

use super::{Build, damaged};
use crate::engine::filter::Passing;
use crate::engine::protocol::{EngineError, Filter, Hit, Landscape};
use crate::map::place::{self, Placed};
use crate::map::topics::Topic;
use crate::map::{NO_TOPIC, NO_YEAR, OTHER_GROUP, Sheet, group_number};

impl Build {
    /// Opens the map of this build, whose index is `index`.
    ///
    /// # Errors
    /// [`EngineError::Damaged`] where the bytes are no map, or one of another index.
    pub(in crate::engine) fn open_map(
        &self,
        entry: &FileEntry,
        index: &FileEntry,
        bytes: Vec<u8>,
    ) -> Result<Map, EngineError> {
        let map = Map::parse(bytes)
            .and_then(|map| map.check_index(index.sha256).map(|()| map))
            .map_err(|error| damaged(entry, &error))?;
        let (n, n_mapped) = (self.papers.len(), map.len());
        if n == n_mapped {
            Ok(map)
        } else {
            let cause = format!("a map of {n_mapped} papers, but there are {n}");
            Err(damaged(entry, &cause))
        }
    }

    /// The map as the page draws it.
    pub(in crate::engine) fn sheet(&self, map: &Map) -> (Landscape, Sheet) {
        let topics = map.labels().iter().map(|label| Topic {
            text: label.text.clone(),
            level: label.level,
            x: label.x,
            y: label.y,
            papers: label.papers,
            parent: label.parent,
            group: label.group.min(OTHER_GROUP),
        });
        let landscape = Landscape {
            topics: topics.collect(),
            trustworthiness_at_15: map.meta().trustworthiness_at_15,
        };
        let mut sheet = Sheet::default();
        // Categories are looked up once a name instead of once a paper.
        let groups: Vec<u8> = (self.papers.category_names().iter())
            .map(|code| group_number(taxonomy::group(code)))
            .collect();
        for (paper, (x, y)) in self.papers.all().zip(map.points()) {
            sheet.x.push(x);
            sheet.y.push(y);
            let topic = map.topic(paper.0 as usize);
            sheet
                .topic
                .push(topic.map_or(NO_TOPIC, |topic| topic as u16));
            sheet.year.push(self.papers.year(paper).unwrap_or(NO_YEAR));
            let primary = self.papers.category_numbers(paper).first();
            let group = primary.map_or(OTHER_GROUP, |&at| groups[usize::from(at)]);
            sheet.group.push(group);
        }
        (landscape, sheet)
    }

    /// Numbers of papers by their ids.
    pub(in crate::engine) fn numbers(&self, ids: &[String]) -> Vec<Option<u32>> {
        let number = |id: &String| self.papers.find(id).map(|paper| paper.0);
        ids.iter().map(number).collect()
    }

    /// Papers by their numbers.
    ///
    /// # Errors
    /// [`EngineError::UnknownPaper`] for a number beyond the last paper.
    pub(in crate::engine) fn papers_at(&self, numbers: &[u32]) -> Result<Vec<Hit>, EngineError> {
        numbers
            .iter()
            .map(|&number| self.paper_at(number))
            .collect()
    }

    /// A byte a paper, 1 where it passes, and how many do.
    pub(in crate::engine) fn passing(&self, filter: &Filter) -> (Vec<u8>, usize) {
        let passing = Passing::of(&self.papers, filter);
        let flags = self
            .papers
            .all()
            .map(|paper| passing.contains(paper).into());
        (flags.collect(), passing.n)
    }

    /// A paper with the numbers of those near to it by meaning, as soon as that is open.
    ///
    /// # Errors
    /// [`EngineError::UnknownPaper`] for a number beyond the last paper.
    pub(in crate::engine) fn look(
        &mut self,
        number: u32,
        near: usize,
    ) -> Result<(Hit, Vec<u32>), EngineError> {
        let paper = self.paper_at(number)?;
        let meaning = self.meaning.as_ref();
        let like = meaning.and_then(|meaning| meaning.vectors.like(&[PaperId(number)], &[]));
        // A paper without a word is near to none.
        let Some(vector) = like else {
            return Ok((paper, Vec::new()));
        };
        let nearest = self.nearest(&vector, near, &Filter::default(), &[PaperId(number)])?;
        let near = nearest.found.iter().map(|neighbor| neighbor.paper.0);
        Ok((paper, near.collect()))
    }

    /// Where a text would lie.
    ///
    /// # Errors
    /// [`EngineError::NoTokens`] where there is no word in it; [`EngineError::NotLoaded`] before there
    /// is a model.
    pub(in crate::engine) fn place(
        &mut self,
        map: &Map,
        title: &str,
        abstract_text: &str,
    ) -> Result<(Option<Placed>, Vec<u32>), EngineError> {
        let meaning = self.meaning.as_mut().ok_or(EngineError::NotLoaded)?;
        let text = (meaning.encoder)
            .embed_document(title, abstract_text)
            .map_err(|shared::EmbedError::NoTokens| EngineError::NoTokens)?;
        self.place_vector(map, &text.vector)
    }

    /// Where a vector would lie: amid its [`place::NEIGHBORS`] nearest that have a place.
    ///
    /// # Errors
    /// [`EngineError::NotLoaded`] before there is a model.
    pub(super) fn place_vector(
        &mut self,
        map: &Map,
        vector: &[f32],
    ) -> Result<(Option<Placed>, Vec<u32>), EngineError> {
        let meaning = self.meaning.as_mut().ok_or(EngineError::NotLoaded)?;
        let placed = Passing::where_(&self.papers, |paper| map.is_placed(paper.0 as usize));
        let query = meaning.query(vector)?;
        let (nearest, _) = meaning.among(&query, place::NEIGHBORS, &placed);
        let neighbors: Vec<_> = (nearest.iter())
            .map(|near| {
                let at = near.paper.0 as usize;
                let (x, y) = (f64::from(map.x(at)), f64::from(map.y(at)));
                (x, y, f64::from(near.similarity))
            })
            .collect();
        let near = nearest.iter().map(|near| near.paper.0).collect();
        Ok((place::place(&neighbors), near))
    }

    fn paper_at(&self, number: u32) -> Result<Hit, EngineError> {
        if number as usize >= self.papers.len() {
            let id = format!("number {number}");
            return Err(EngineError::UnknownPaper { id });
        }
        let found = Neighbor {
            paper: PaperId(number),
            similarity: 0.0,
        };
        Ok(Hit {
            similarity: None,
            ..self.hit(found)
        })
    }
}
