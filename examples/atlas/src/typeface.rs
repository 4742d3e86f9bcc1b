//! The typefaces: where they are, what they may be used for, how large they are drawn.

use std::path::PathBuf;

use ab_glyph::{Font, FontRef, GlyphId, PxScale, point};
use anyhow::{Context, Result, bail, ensure};
use owned_ttf_parser::name_id;

/// Where Debian and others keep the typefaces.
pub const FOLDERS: [&str; 3] = [
    "/usr/share/fonts/truetype/liberation2",
    "/usr/share/fonts/truetype/liberation",
    "/usr/share/fonts/liberation-fonts",
];

/// The faces in the order of the atlas: sans, serif, mono.
const FILES: [&str; 3] = ["LiberationSans-Regular.ttf", "LiberationSerif-Regular.ttf", "LiberationMono-Regular.ttf"];

/// The files' bytes, in the order of the atlas. Files under another licence than the SIL Open Font License do not
/// count: Liberation 1 is under the GPL.
pub fn find(folders: &[PathBuf]) -> Result<Vec<Vec<u8>>> {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for file in FILES {
        let usable = folders.iter().find_map(|folder| {
            let bytes = std::fs::read(folder.join(file)).ok()?;
            let open = name(&bytes, name_id::LICENSE).is_ok_and(|licence| licence.contains("Open Font License"));
            open.then_some(bytes)
        });
        match usable {
            Some(bytes) => found.push(bytes),
            None => missing.push(file),
        }
    }
    if !missing.is_empty() {
        bail!(
            "missing under the SIL Open Font License (Liberation 2 or newer): {}\n\
             install them: apt-get install fonts-liberation2 (where there is none: fonts-liberation, if it is 2.0 or newer),\n\
             or name their folder: --fonts FOLDER",
            missing.join(", ")
        );
    }
    Ok(found)
}

/// An entry of the file's name table.
fn name(bytes: &[u8], id: u16) -> Result<String> {
    let face = owned_ttf_parser::Face::parse(bytes, 0)?;
    face.names()
        .into_iter()
        .filter(|n| n.name_id == id)
        .find_map(|n| n.to_string())
        .with_context(|| format!("the file's name table lacks entry {id}"))
}

/// A typeface, read.
pub struct Typeface<'a> {
    /// Its full name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What its file says about its licence.
    pub licence: String,
    /// Its outlines.
    pub font: FontRef<'a>,
    /// x-height ÷ what `ab_glyph` calls the height.
    x_height: f32,
}

impl<'a> Typeface<'a> {
    /// Reads a file.
    pub fn read(bytes: &'a Vec<u8>) -> Result<Self> {
        let font = FontRef::try_from_slice(bytes)?;
        let bounds = font.outline(font.glyph_id('x')).context("the typeface has no x")?.bounds;
        let x_height = bounds.max.y.abs().max(bounds.min.y.abs()) / font.height_unscaled();
        ensure!((0.2..0.8).contains(&x_height), "the x is {x_height} of the height");
        let [name, version, licence] =
            [name_id::FULL_NAME, name_id::VERSION, name_id::LICENSE].map(|id| name(bytes, id).unwrap_or_default());
        Ok(Self { name, version, licence, font, x_height })
    }

    /// The scale at which an x is `across` columns wide (if it were square) and `down` pixels high.
    pub fn scale(&self, across: f32, down: f32) -> PxScale {
        PxScale { x: across / self.x_height, y: down / self.x_height }
    }

    /// The glyph of a character.
    pub fn glyph(&self, c: char) -> Option<GlyphId> {
        let id = self.font.glyph_id(c);
        (id.0 != 0).then_some(id)
    }

    /// Draws a glyph with its pen at `x`, its baseline at 0: calls `ink` with each pixel's column, row and cover (0 to
    /// 1).
    pub fn draw(&self, id: GlyphId, scale: PxScale, x: f32, mut ink: impl FnMut(i32, i32, f32)) {
        let Some(outline) = self.font.outline_glyph(id.with_scale_and_position(scale, point(x, 0.0))) else {
            return;
        };
        let bounds = outline.px_bounds();
        let (left, top) = (bounds.min.x as i32, bounds.min.y as i32);
        outline.draw(|column, row, cover| ink(left + column as i32, top + row as i32, cover.clamp(0.0, 1.0)));
    }
}
