//! What a run leaves behind, so that it can be judged, compared, repeated and gone on with.
//!
//! ```text
//! runs/arxiv-minilm-20260102-030405/
//!   run.json                 config, revision, data, machine: what it would take to repeat the run
//!   config.toml              the same config, for `--config`
//!   metrics.jsonl            what was measured at each step, one JSON object a line
//!   events.out.tfevents.…    the same for TensorBoard
//!   checkpoints/             the loop's
//! ```
//!
//! Start at [`RunFolder`].

pub mod cards;
mod compare;
mod curves;
mod events;
mod folder;
mod metrics;
mod page;
mod progress;
mod record;
mod release;

pub use compare::{Comparison, MetricSummary, RunSummary};
pub use events::EventWriter;
pub use folder::RunFolder;
pub use metrics::{Direction, MetricsLog, QUALITY, Row, read_metrics};
pub use page::comparison_page;
pub use progress::{Progress, Tick};
pub use record::{Finished, Resumed, Revision, RunRecord, timestamp};
pub use release::{Evaluated, Fitted, Taken, write_release};
