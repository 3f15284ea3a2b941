//! What the map's parts share: the open map, the view, who stands out, and what is under way.

use std::future::Future;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::engine::client::Engine;
use crate::engine::protocol::{EngineError, Hit, MapAnswer, MapQuestion, Reply, Request};
use crate::map::flight::Flight;
use crate::map::outline::Outline;
use crate::map::place::Placed;
use crate::map::{Camera, Frame, Sheet, World};
use crate::view::browser;

/// How far the map is.
#[derive(Debug, Clone)]
pub(crate) enum Opened {
    /// Nobody asked for it.
    No,
    /// It is being fetched and opened.
    UnderWay,
    /// It is here.
    Yes(Arc<World>),
    /// It is not.
    Failed(EngineError),
}

/// A paper with those near to it by meaning.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Looked {
    /// Its number.
    pub(crate) number: u32,
    /// The paper.
    pub(crate) paper: Hit,
    /// Numbers of its neighbors, the nearest first.
    pub(crate) near: Vec<u32>,
}

/// Papers that pass the filters.
#[derive(Debug, Clone)]
pub(crate) struct Passing {
    /// A byte a paper, 1 where it passes.
    pub(crate) flags: Arc<Vec<u8>>,
    /// How many pass.
    pub(crate) n: usize,
}

/// A text that is no paper of the corpus, placed among its neighbors. It is in no address.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draft {
    /// The build that its neighbors' numbers are of.
    pub(crate) build: String,
    /// Its place.
    pub(crate) place: Placed,
    /// Numbers of its neighbors, the nearest first.
    pub(crate) near: Arc<Vec<u32>>,
}

/// The map's state; given to every view through leptos' context, and kept while another tab is shown.
#[derive(Clone, Copy)]
pub(crate) struct Atlas {
    engine: StoredValue<Engine>,
    /// How far the map is.
    pub(crate) opened: RwSignal<Opened>,
    /// Where the view is.
    pub(crate) camera: RwSignal<Camera>,
    /// The window that it is seen through; `None` while no map is shown.
    pub(crate) frame: RwSignal<Option<Frame>>,
    /// Where the view is going.
    pub(crate) flight: RwSignal<Option<Flight>>,
    /// The paper under the pointer.
    pub(crate) hovered: RwSignal<Option<u32>>,
    /// What is known of it.
    pub(crate) looked: RwSignal<Option<Looked>>,
    /// The paper whose card is open.
    pub(crate) open_paper: RwSignal<Option<Looked>>,
    /// Results of the present question, by number.
    pub(crate) results: RwSignal<Option<Arc<Vec<u32>>>>,
    /// Who passes the filters; `None` where there are none.
    pub(crate) passing: RwSignal<Option<Passing>>,
    /// Papers that were chosen together, by number in ascending order.
    pub(crate) chosen: RwSignal<Option<Arc<Vec<u32>>>>,
    /// The line that is being drawn around papers.
    pub(crate) outline: RwSignal<Option<Outline>>,
    /// Whether a drag draws a line instead of moving the map.
    pub(crate) draws: RwSignal<bool>,
    /// The visitor's own text.
    pub(crate) draft: RwSignal<Option<Draft>>,
    /// Whether the address names a paper that the corpus has not.
    pub(crate) unknown_paper: RwSignal<bool>,
}

impl Atlas {
    /// Nothing is open yet.
    pub(crate) fn new(engine: Engine) -> Self {
        Self {
            engine: StoredValue::new(engine),
            opened: RwSignal::new(Opened::No),
            camera: RwSignal::new(Camera::whole([0.0, 0.0, 65_535.0, 65_535.0])),
            frame: RwSignal::new(None),
            flight: RwSignal::new(None),
            hovered: RwSignal::new(None),
            looked: RwSignal::new(None),
            open_paper: RwSignal::new(None),
            results: RwSignal::new(None),
            passing: RwSignal::new(None),
            chosen: RwSignal::new(None),
            outline: RwSignal::new(None),
            draws: RwSignal::new(false),
            draft: RwSignal::new(None),
            unknown_paper: RwSignal::new(false),
        }
    }

    /// The open map.
    pub(crate) fn world(self) -> Option<Arc<World>> {
        self.opened.with(|opened| match opened {
            Opened::Yes(world) => Some(Arc::clone(world)),
            _ => None,
        })
    }

    /// The open map, without following it.
    pub(crate) fn world_now(self) -> Option<Arc<World>> {
        untrack(|| self.world())
    }

    /// Asks the engine something about the map.
    pub(crate) async fn ask(self, question: MapQuestion) -> Result<MapAnswer, EngineError> {
        match self
            .engine
            .get_value()
            .request(Request::Map(question))
            .await?
        {
            Reply::Map(answer) => Ok(answer),
            other => Err(EngineError::Crashed {
                cause: format!("it answered {other:?}"),
            }),
        }
    }

    /// Asks for an answer that comes with bytes.
    pub(crate) fn ask_with_bytes(
        self,
        question: MapQuestion,
    ) -> impl Future<Output = Result<(MapAnswer, Vec<u8>), EngineError>> {
        let asked = self.engine.get_value().ask(Request::Map(question));
        async move {
            let answered = asked.await?;
            match (answered.reply, answered.bytes) {
                (Reply::Map(answer), Some(bytes)) => Ok((answer, bytes.to_vec())),
                _ => Err(nonsense()),
            }
        }
    }

    /// Opens the map of this build, unless that is done or under way.
    pub(crate) fn open(self, build: &str) {
        let done = self.opened.with_untracked(|opened| match opened {
            Opened::UnderWay => true,
            Opened::Yes(world) => world.build == build,
            Opened::No | Opened::Failed(_) => false,
        });
        if done {
            return;
        }
        self.forget();
        self.opened.set(Opened::UnderWay);
        let build = build.to_owned();
        let asked = self.ask_with_bytes(MapQuestion::Open);
        spawn_local(async move {
            let opened = asked.await.and_then(|(answer, bytes)| {
                let (MapAnswer::Opened(landscape), Some(sheet)) = (answer, Sheet::parse(&bytes))
                else {
                    return Err(nonsense());
                };
                let trust = landscape.trustworthiness_at_15;
                Ok(World::new(build, sheet, landscape.topics, trust))
            });
            self.opened.set(match opened {
                Ok(world) => Opened::Yes(Arc::new(world)),
                // Called off with the engine that it was asked of: the next one is asked again.
                Err(EngineError::Cancelled) => Opened::No,
                Err(error) => Opened::Failed(error),
            });
        });
    }

    /// Forgets what was known by numbers of another build.
    fn forget(self) {
        self.hovered.set(None);
        self.looked.set(None);
        self.open_paper.set(None);
        self.results.set(None);
        self.passing.set(None);
        self.chosen.set(None);
        self.outline.set(None);
    }

    /// Moves the view at once.
    pub(crate) fn jump(self, to: Camera) {
        self.flight.set(None);
        self.camera.set(to);
    }

    /// Flies to a view; without motion where the visitor wants none.
    pub(crate) fn fly(self, to: Camera) {
        let from = self.camera.get_untracked();
        if from == to {
            return;
        }
        if browser::wants_no_motion() || self.frame.with_untracked(Option::is_none) {
            return self.jump(to);
        }
        self.flight
            .set(Some(Flight::new(from, to, browser::now_ms())));
    }

    /// Flies to these papers.
    pub(crate) fn fly_to(self, papers: &[u32]) {
        let view = (self.world_now().zip(self.frame.get_untracked()))
            .and_then(|(world, frame)| world.view_of(&frame, papers));
        if let Some(view) = view {
            self.fly(view);
        }
    }

    /// Where the view is, or will be once a flight is over.
    pub(crate) fn bound_for(self) -> Camera {
        let flight = self.flight.get_untracked();
        flight.map_or_else(|| self.camera.get_untracked(), |flight| flight.target())
    }

    /// Shows all of the map.
    pub(crate) fn show_all(self) {
        if let Some(world) = self.world_now() {
            self.fly(Camera::whole(world.bounds));
        }
    }

    /// Zooms by so many doublings around the middle.
    pub(crate) fn zoom(self, by: f64) {
        if let Some(frame) = self.frame.get_untracked() {
            let middle = (frame.width / 2.0, frame.height / 2.0);
            self.fly(self.bound_for().zoomed(&frame, by, middle));
        }
    }

    /// Chooses papers together; none is no choice.
    pub(crate) fn choose(self, papers: Vec<u32>) {
        self.outline.set(None);
        self.chosen
            .set((!papers.is_empty()).then(|| Arc::new(papers)));
    }

    /// Takes back what was drawn and chosen.
    pub(crate) fn clear(self) {
        self.draws.set(false);
        self.outline.set(None);
        self.chosen.set(None);
    }

    /// Whether anything is drawn or chosen.
    pub(crate) fn has_choice(self) -> bool {
        let drawn = self.outline.with_untracked(Option::is_some);
        drawn || self.draws.get_untracked() || self.chosen.with_untracked(Option::is_some)
    }
}

fn nonsense() -> EngineError {
    EngineError::Crashed {
        cause: "it sent no map".to_owned(),
    }
}
