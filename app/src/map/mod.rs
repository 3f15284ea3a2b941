//! The map's rules, without a browser: what there is to draw, where the view is, what lies under a
//! pointer, which labels fit, and how a point looks.
//!
//! [`Sheet`] is what the worker sends; [`Camera`] and [`Frame`] turn its coordinates into pixels. The
//! rest asks those two: [`grid`] who is near, [`labels`] what can be written, [`paint`] with which size
//! and color. The page's `view::map` draws it.

pub mod camera;
pub mod flight;
pub mod grid;
pub mod labels;
pub mod outline;
pub mod paint;
pub mod place;
mod sheet;
pub mod topics;
mod world;

pub use camera::{Camera, Frame};
pub use sheet::{NO_PLACE, NO_TOPIC, NO_YEAR, OTHER_GROUP, Sheet, group_at, group_number};
pub use world::{World, near_zoom};
