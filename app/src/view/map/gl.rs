//! The points, drawn by WebGL 2: one vertex a paper, positions sent once.

use js_sys::{Float32Array, Object, Reflect, Uint8Array, Uint16Array, Uint32Array};
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::{
    HtmlCanvasElement, WebGl2RenderingContext as Gl, WebGlBuffer, WebGlProgram, WebGlShader,
    WebGlUniformLocation, WebGlVertexArrayObject,
};

use super::painter::Scene;
use crate::map::paint::{COLORS, Look, Rgb, Standing};
use crate::map::{Camera, Frame, Sheet};

/// Papers without a place are moved out of sight; so are those that another pass draws.
const VERTEX: &str = "#version 300 es
precision highp float;
layout(location = 0) in vec2 place;
layout(location = 1) in float color;
layout(location = 2) in float standing;
uniform vec2 center;
uniform vec2 scale;
uniform float size;
uniform vec3 weights;
uniform vec3 palette[26];
out vec4 tint;
out float diameter;
void main() {
  if (place.x > 65534.5) {
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    gl_PointSize = 1.0;
    return;
  }
  bool marked = standing > 1.5;
  diameter = marked ? size * 1.6 + 2.0 : size;
  float weight = standing < 0.5 ? weights.x : (marked ? weights.z : weights.y);
  tint = vec4(palette[int(color + 0.5)], weight);
  gl_Position = vec4((place - center) * scale, 0.0, 1.0);
  gl_PointSize = diameter + 1.0;
}";

/// A disk with a soft edge; one that stands out has a rim in the color of the page.
const FRAGMENT: &str = "#version 300 es
precision mediump float;
in vec4 tint;
in float diameter;
uniform vec3 paper;
uniform float rim;
out vec4 color;
void main() {
  float far = length(gl_PointCoord * 2.0 - 1.0) * (diameter + 1.0) * 0.5;
  float radius = diameter * 0.5;
  float cover = 1.0 - smoothstep(radius - 0.5, radius + 0.5, far);
  vec3 inside = mix(tint.rgb, paper, rim * smoothstep(radius - 2.0, radius - 1.0, far));
  float alpha = tint.a * cover;
  color = vec4(inside * alpha, alpha);
}";

/// WebGL with the map in its memory.
pub(super) struct GlPainter {
    gl: Gl,
    program: WebGlProgram,
    vertices: WebGlVertexArrayObject,
    places: WebGlBuffer,
    colors: WebGlBuffer,
    standing: WebGlBuffer,
    marked: WebGlBuffer,
    n: i32,
    n_marked: i32,
}

impl GlPainter {
    /// Takes the canvas; `None` where this browser has no WebGL 2, or no memory for it.
    pub(super) fn new(canvas: &HtmlCanvasElement, sheet: &Sheet) -> Option<Self> {
        let options = Object::new();
        for (name, value) in [("antialias", false), ("depth", false), ("alpha", true)] {
            Reflect::set(
                &options,
                &JsValue::from_str(name),
                &JsValue::from_bool(value),
            )
            .ok()?;
        }
        let gl = canvas.get_context_with_context_options("webgl2", &options);
        let gl: Gl = gl.ok()??.dyn_into().ok()?;
        let program = program(&gl)?;
        let painter = Self {
            vertices: gl.create_vertex_array()?,
            places: gl.create_buffer()?,
            colors: gl.create_buffer()?,
            standing: gl.create_buffer()?,
            marked: gl.create_buffer()?,
            n: sheet.len() as i32,
            n_marked: 0,
            program,
            gl,
        };
        painter.send_places(sheet);
        Some(painter)
    }

    fn send_places(&self, sheet: &Sheet) {
        let gl = &self.gl;
        let places: Vec<u16> = (sheet.x.iter().zip(&sheet.y))
            .flat_map(|(&x, &y)| [x, y])
            .collect();
        gl.bind_vertex_array(Some(&self.vertices));
        gl.bind_buffer(Gl::ARRAY_BUFFER, Some(&self.places));
        let places = Uint16Array::from(&places[..]);
        gl.buffer_data_with_array_buffer_view(Gl::ARRAY_BUFFER, &places, Gl::STATIC_DRAW);
        gl.vertex_attrib_pointer_with_i32(0, 2, Gl::UNSIGNED_SHORT, false, 4, 0);
        gl.enable_vertex_attrib_array(0);
        for (at, buffer) in [(1, &self.colors), (2, &self.standing)] {
            gl.bind_buffer(Gl::ARRAY_BUFFER, Some(buffer));
            gl.buffer_data_with_i32(Gl::ARRAY_BUFFER, self.n, Gl::DYNAMIC_DRAW);
            gl.vertex_attrib_pointer_with_i32(at, 1, Gl::UNSIGNED_BYTE, false, 1, 0);
            gl.enable_vertex_attrib_array(at);
        }
        gl.bind_buffer(Gl::ELEMENT_ARRAY_BUFFER, Some(&self.marked));
    }

    /// Sends every paper's color.
    pub(super) fn send_colors(&self, colors: &[u8]) {
        self.send(&self.colors, colors);
    }

    /// Sends who stands out and who stands back.
    pub(super) fn send_standing(&mut self, standing: &[u8]) {
        self.send(&self.standing, standing);
        let marked: Vec<u32> = (standing.iter().enumerate())
            .filter(|(_, stands)| **stands == Standing::Marked as u8)
            .map(|(paper, _)| paper as u32)
            .collect();
        self.n_marked = marked.len() as i32;
        let gl = &self.gl;
        gl.bind_vertex_array(Some(&self.vertices));
        let marked = Uint32Array::from(&marked[..]);
        let target = Gl::ELEMENT_ARRAY_BUFFER;
        gl.buffer_data_with_array_buffer_view(target, &marked, Gl::DYNAMIC_DRAW);
    }

    fn send(&self, buffer: &WebGlBuffer, bytes: &[u8]) {
        let gl = &self.gl;
        gl.bind_buffer(Gl::ARRAY_BUFFER, Some(buffer));
        let bytes = Uint8Array::from(bytes);
        gl.buffer_data_with_array_buffer_view(Gl::ARRAY_BUFFER, &bytes, Gl::DYNAMIC_DRAW);
    }

    /// Draws the view onto a canvas of `ratio` device pixels a pixel.
    pub(super) fn draw(&self, scene: &Scene, camera: Camera, frame: &Frame, ratio: f64) {
        let gl = &self.gl;
        gl.viewport(
            0,
            0,
            (frame.width * ratio) as i32,
            (frame.height * ratio) as i32,
        );
        gl.clear_color(0.0, 0.0, 0.0, 0.0);
        gl.clear(Gl::COLOR_BUFFER_BIT);
        gl.enable(Gl::BLEND);
        gl.blend_func(Gl::ONE, Gl::ONE_MINUS_SRC_ALPHA);
        gl.use_program(Some(&self.program));
        let look = Look::at(self.n as usize, camera, frame);
        let scale = frame.scale(camera.zoom);
        let across = |pixels: f64| (2.0 * scale / pixels) as f32;
        gl.uniform2f(self.at("center").as_ref(), camera.x as f32, camera.y as f32);
        gl.uniform2f(
            self.at("scale").as_ref(),
            across(frame.width),
            -across(frame.height),
        );
        gl.uniform1f(self.at("size").as_ref(), (look.size * ratio) as f32);
        let weights = look.weights().map(|weight| weight as f32);
        gl.uniform3fv_with_f32_array(self.at("weights").as_ref(), &weights);
        self.send_palette(&scene.palette, scene.paper);
        gl.bind_vertex_array(Some(&self.vertices));
        gl.uniform1f(self.at("rim").as_ref(), 0.0);
        gl.draw_arrays(Gl::POINTS, 0, self.n);
        if self.n_marked > 0 {
            gl.uniform1f(self.at("rim").as_ref(), 1.0);
            gl.draw_elements_with_i32(Gl::POINTS, self.n_marked, Gl::UNSIGNED_INT, 0);
        }
    }

    fn send_palette(&self, palette: &[Rgb; COLORS], paper: Rgb) {
        let gl = &self.gl;
        let palette = Float32Array::from(&palette.concat()[..]);
        gl.uniform3fv_with_f32_array(self.at("palette").as_ref(), &palette.to_vec());
        gl.uniform3fv_with_f32_array(self.at("paper").as_ref(), &paper);
    }

    fn at(&self, name: &str) -> Option<WebGlUniformLocation> {
        self.gl.get_uniform_location(&self.program, name)
    }
}

fn program(gl: &Gl) -> Option<WebGlProgram> {
    let program = gl.create_program()?;
    for (kind, source) in [(Gl::VERTEX_SHADER, VERTEX), (Gl::FRAGMENT_SHADER, FRAGMENT)] {
        gl.attach_shader(&program, &shader(gl, kind, source)?);
    }
    gl.link_program(&program);
    let linked = gl.get_program_parameter(&program, Gl::LINK_STATUS);
    linked.as_bool().unwrap_or(false).then_some(program)
}

fn shader(gl: &Gl, kind: u32, source: &str) -> Option<WebGlShader> {
    let shader = gl.create_shader(kind)?;
    gl.shader_source(&shader, source);
    gl.compile_shader(&shader);
    let compiled = gl.get_shader_parameter(&shader, Gl::COMPILE_STATUS);
    compiled.as_bool().unwrap_or(false).then_some(shader)
}
