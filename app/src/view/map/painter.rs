//! What draws the points: WebGL 2, or a picture where a browser has none. Draws only when told to.

use leptos::prelude::*;
use leptos::wasm_bindgen::{Clamped, JsCast};
use leptos::web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use super::gl::GlPainter;
use crate::map::paint::{self, COLORS, Rgb};
use crate::map::{Camera, Frame, Sheet};

/// Colors and standings to draw in.
pub(super) struct Scene {
    /// Every color.
    pub(super) palette: [Rgb; COLORS],
    /// The page's own.
    pub(super) paper: Rgb,
    /// A number of the palette a paper.
    pub(super) colors: Vec<u8>,
    /// A [`paint::Standing`] a paper.
    pub(super) standing: Vec<u8>,
}

/// Which of the two it is.
enum Means {
    Gl(GlPainter),
    Picture(CanvasRenderingContext2d),
}

/// The painter of one canvas.
pub(super) struct Painter {
    canvas: HtmlCanvasElement,
    means: Means,
    scene: Scene,
}

impl Painter {
    /// Takes the canvas; `None` where the browser draws on none at all.
    pub(super) fn new(canvas: HtmlCanvasElement, sheet: &Sheet) -> Option<Self> {
        let means = match GlPainter::new(&canvas, sheet) {
            Some(gl) => Means::Gl(gl),
            None => Means::Picture(canvas.get_context("2d").ok()??.dyn_into().ok()?),
        };
        let name = match means {
            Means::Gl(_) => "webgl2",
            Means::Picture(_) => "picture",
        };
        // For tests and for reports of what does not look right.
        let _ = canvas.set_attribute("data-painter", name);
        Some(Self {
            canvas,
            means,
            scene: Scene {
                palette: [[0.5; 3]; COLORS],
                paper: [1.0; 3],
                colors: vec![0; sheet.len()],
                standing: vec![0; sheet.len()],
            },
        })
    }

    /// Takes the theme's colors.
    pub(super) fn set_palette(&mut self, palette: &[Rgb; COLORS], paper: Rgb) {
        (self.scene.palette, self.scene.paper) = (*palette, paper);
    }

    /// Takes every paper's color.
    pub(super) fn set_colors(&mut self, colors: Vec<u8>) {
        if let Means::Gl(gl) = &self.means {
            gl.send_colors(&colors);
        }
        self.scene.colors = colors;
    }

    /// Takes who stands out and who stands back.
    pub(super) fn set_standing(&mut self, standing: Vec<u8>) {
        if let Means::Gl(gl) = &mut self.means {
            gl.send_standing(&standing);
        }
        self.scene.standing = standing;
    }

    /// Draws the view.
    pub(super) fn draw(&self, sheet: &Sheet, camera: Camera, frame: &Frame) {
        // A picture is made a pixel at a time: it has no more of them than it must.
        let ratio = match self.means {
            Means::Gl(_) => window().device_pixel_ratio().clamp(1.0, 3.0),
            Means::Picture(_) => 1.0,
        };
        let (width, height) = ((frame.width * ratio) as u32, (frame.height * ratio) as u32);
        if width == 0 || height == 0 {
            return;
        }
        // Setting a size clears the canvas, even to the same one.
        if (self.canvas.width(), self.canvas.height()) != (width, height) {
            self.canvas.set_width(width);
            self.canvas.set_height(height);
        }
        match &self.means {
            Means::Gl(gl) => gl.draw(&self.scene, camera, frame, ratio),
            Means::Picture(context) => {
                let looks = (&self.scene.colors[..], &self.scene.standing[..]);
                let pixels = paint::picture(sheet, looks, &self.scene.palette, camera, frame);
                let image = ImageData::new_with_u8_clamped_array(Clamped(&pixels), width);
                if let Ok(image) = image {
                    // Only a context that was lost refuses; the next draw tries again.
                    let _ = context.put_image_data(&image, 0.0, 0.0);
                }
            }
        }
    }
}

/// The colors of the theme of the moment: the palette, and the page's own.
pub(super) fn theme_colors() -> ([Rgb; COLORS], Rgb) {
    let style = document()
        .document_element()
        .and_then(|root| window().get_computed_style(&root).ok().flatten());
    let color = |name: &str| {
        let value = style.as_ref()?.get_property_value(name).ok()?;
        paint::parse_color(&value)
    };
    let named = |name: &str| color(name).unwrap_or([0.5; 3]);
    let groups = [
        "--physics",
        "--math",
        "--cs",
        "--stat",
        "--eess",
        "--q-bio",
        "--q-fin",
        "--econ",
        "--control",
    ];
    let ages = ["--age-old", "--age-middle", "--age-new"];
    (
        paint::palette(&groups.map(named), &ages.map(named)),
        named("--page"),
    )
}
