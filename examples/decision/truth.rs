//! What a picture is known to show: the `.json` beside it, as the screenshot generator writes it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use leakprint::geom::Rect;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Truth {
    image: String,
    pub(super) regions: Vec<Region>,
}

#[derive(Deserialize)]
pub(super) struct Region {
    pub(super) email_id: String,
    pub(super) font: String,
    pub(super) words: Vec<TrueWord>,
    /// What stood in place of words that were replaced, by their numbers.
    #[serde(default)]
    pub(super) altered: BTreeMap<String, String>,
}

#[derive(Deserialize)]
pub(super) struct TrueWord {
    /// Number in the body.
    pub(super) i: usize,
    pub(super) w: String,
    #[serde(rename = "box")]
    area: [f32; 4],
    /// Share of it that can be seen.
    pub(super) vis: f32,
}

impl TrueWord {
    pub(super) fn area(&self) -> Rect {
        Rect::new(self.area[0], self.area[1], self.area[2], self.area[3])
    }
}

/// Truths of the pictures in some folders, by path.
pub(super) fn truths(folders: &[PathBuf]) -> Result<Vec<(PathBuf, Truth)>, Box<dyn std::error::Error>> {
    let mut truths = Vec::new();
    for folder in folders {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "json") {
                let truth: Truth = serde_json::from_slice(&std::fs::read(&path)?)?;
                truths.push((Path::new(&path).with_file_name(&truth.image), truth));
            }
        }
    }
    truths.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Ok(truths)
}
