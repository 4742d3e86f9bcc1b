//! What a picture is known to show: the `.json` beside it, as the screenshot generator writes it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use leakprint::geom::Rect;
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Truth {
    image: String,
    pub(crate) regions: Vec<Region>,
    #[serde(default)]
    pub(crate) attacks: Vec<Attack>,
}

#[derive(Deserialize)]
pub(crate) struct Region {
    #[serde(default)]
    pub(crate) email_id: String,
    pub(crate) theme: String,
    pub(crate) font: String,
    #[serde(default)]
    pub(crate) dark: bool,
    pub(crate) words: Vec<TrueWord>,
    /// Scale at which the region's picture was set into another page.
    pub(crate) embed_scale: Option<f32>,
    /// What stood in place of words that were replaced, by their numbers.
    #[serde(default)]
    pub(crate) altered: BTreeMap<String, String>,
    /// Boxes of words that were put in; these are not among `words`.
    #[serde(default)]
    pub(crate) inserted: Vec<[f32; 4]>,
    /// Words that were left out, by their numbers.
    #[serde(default)]
    pub(crate) deleted: BTreeMap<String, String>,
}

#[derive(Deserialize)]
pub(crate) struct Attack {
    pub(crate) name: String,
    #[serde(default)]
    params: Params,
}

#[derive(Deserialize, Default)]
struct Params {
    /// Attacks one after the other.
    #[serde(default)]
    steps: Vec<Attack>,
}

impl Truth {
    /// Names of all attacks, those of chains too.
    pub(crate) fn steps(&self) -> impl Iterator<Item = &str> {
        let all = self.attacks.iter().flat_map(|a| std::iter::once(a).chain(&a.params.steps));
        all.map(|a| a.name.as_str())
    }
}

#[derive(Deserialize)]
pub(crate) struct TrueWord {
    /// Index in the mail's body.
    pub(crate) i: usize,
    pub(crate) w: String,
    pub(crate) line: usize,
    /// Share of it that can be seen.
    pub(crate) vis: f32,
    #[serde(rename = "box")]
    area: [f32; 4],
    /// Corners, clockwise from the upper left, of words that do not stand upright.
    quad: Option<[f32; 8]>,
    /// Names of local effects that touched the word.
    #[serde(default)]
    pub(crate) fx: Vec<String>,
}

impl TrueWord {
    pub(crate) fn area(&self) -> Rect {
        Rect::new(self.area[0], self.area[1], self.area[2], self.area[3])
    }

    /// Height of the line box, in pixels, along its own side.
    pub(crate) fn height(&self) -> f32 {
        match self.quad {
            Some([x0, y0, .., x3, y3]) => (x3 - x0).hypot(y3 - y0),
            None => self.area().height(),
        }
    }
}

/// Truths of the pictures in some folders, by path.
pub(crate) fn truths(folders: &[PathBuf]) -> Result<Vec<(PathBuf, Truth)>, Box<dyn std::error::Error>> {
    let mut truths = Vec::new();
    for folder in folders {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "json") {
                let truth: Truth = serde_json::from_slice(&std::fs::read(&path)?)?;
                truths.push((path.with_file_name(&truth.image), truth));
            }
        }
    }
    truths.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Ok(truths)
}

/// x-height bands, by the height of a line box: some 2.4 x-heights in most typefaces.
pub(crate) fn band(line_box_px: f32) -> &'static str {
    match line_box_px / 2.4 {
        h if h < 2.3 => "0 <2.3",
        h if h < 3.0 => "2.3-3",
        h if h < 4.5 => "3-4.5",
        h if h < 6.0 => "4.5-6",
        h if h < 12.0 => "6-12",
        _ => ">12",
    }
}
