//! The little of CSS that decides whether and how text is seen.

use std::collections::HashMap;

/// What declarations say; `None` where they say nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) display: Option<Display>,
    pub(super) invisible: Option<bool>,
    /// Whether the font has size 0; a relative size leaves it as it is.
    pub(super) sizeless: Option<bool>,
    pub(super) pre: Option<bool>,
    pub(super) case: Option<Case>,
    /// Space at its sides.
    pub(super) padded: bool,
    transparent: Option<bool>,
    /// Height or width of 0.
    flat: Option<bool>,
    clipped: Option<bool>,
}

/// How an element stands among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Display {
    None,
    Inline,
    InlineBlock,
    Block,
}

/// `text-transform`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Upper,
    Lower,
    Capital,
    AsIs,
}

impl Style {
    /// Of a list of declarations.
    pub(super) fn parse(declarations: &str) -> Self {
        let mut style = Self::default();
        for declaration in declarations.split(';') {
            if let Some((name, value)) = declaration.split_once(':') {
                let value = value.trim().to_ascii_lowercase();
                let value = value.split_once('!').map_or(value.as_str(), |(v, _)| v.trim());
                style.declare(&name.trim().to_ascii_lowercase(), value);
            }
        }
        style
    }

    fn declare(&mut self, name: &str, value: &str) {
        match name {
            "display" => {
                self.display = match value {
                    "none" => Some(Display::None),
                    "inline" | "contents" => Some(Display::Inline),
                    "inline-block" | "inline-table" | "inline-flex" | "inline-grid" => Some(Display::InlineBlock),
                    "block" | "table" | "flex" | "grid" | "list-item" | "table-row" => Some(Display::Block),
                    _ => self.display,
                }
            }
            "visibility" => self.invisible = Some(matches!(value, "hidden" | "collapse")),
            "opacity" => self.transparent = Some(is_zero(value)),
            "font-size" => {
                if is_zero(value) {
                    self.sizeless = Some(true);
                } else if !value.ends_with('%')
                    && (value.ends_with("rem") || !value.ends_with("em"))
                    && value != "inherit"
                {
                    self.sizeless = Some(false);
                }
            }
            "font"
                if value.split(' ').any(|v| v.split('/').next().is_some_and(|s| s.starts_with('0') && is_zero(s))) =>
            {
                self.sizeless = Some(true);
            }
            "white-space" => self.pre = Some(matches!(value, "pre" | "pre-wrap" | "pre-line" | "break-spaces")),
            "text-transform" => {
                self.case = match value {
                    "uppercase" => Some(Case::Upper),
                    "lowercase" => Some(Case::Lower),
                    "capitalize" => Some(Case::Capital),
                    "none" => Some(Case::AsIs),
                    _ => self.case,
                }
            }
            "height" | "max-height" | "width" | "max-width" => {
                self.flat = Some(is_zero(value) || self.flat == Some(true) && !name.starts_with("max"));
            }
            "overflow" | "overflow-x" | "overflow-y" => self.clipped = Some(matches!(value, "hidden" | "clip")),
            "padding" | "padding-left" | "padding-right" | "margin" | "margin-left" | "margin-right" => {
                self.padded |= !value.split(' ').all(|v| is_zero(v) || v == "auto");
            }
            _ => {}
        }
    }

    /// Declarations that come later win.
    pub(super) fn add(&mut self, later: &Self) {
        self.display = later.display.or(self.display);
        self.invisible = later.invisible.or(self.invisible);
        self.sizeless = later.sizeless.or(self.sizeless);
        self.pre = later.pre.or(self.pre);
        self.case = later.case.or(self.case);
        self.padded |= later.padded;
        self.transparent = later.transparent.or(self.transparent);
        self.flat = later.flat.or(self.flat);
        self.clipped = later.clipped.or(self.clipped);
    }

    /// Whether all inside is gone, whatever that says of itself.
    pub(super) fn hides(&self) -> bool {
        self.display == Some(Display::None)
            || self.transparent == Some(true)
            || self.flat == Some(true) && self.clipped == Some(true)
    }
}

/// `0`, `0px`, `0.0em`, …
fn is_zero(value: &str) -> bool {
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    number.parse() == Ok(0.0f32)
}

/// Takes the rules of a style sheet whose selectors are one element's name, class or id. Blocks with `@` are passed
/// over: they ask about the window.
pub(super) fn add_rules(sheet: &str, rules: &mut HashMap<Vec<u8>, Style>) {
    let sheet = without_comments(sheet);
    let mut rest = sheet.as_str();
    while let Some(open) = rest.find('{') {
        // Statements such as `@import …;` may stand before.
        let selectors = rest[..open].rsplit(';').next().unwrap_or_default().trim();
        let body = &rest[open + 1..];
        let close = if selectors.starts_with('@') { end_of_block(body) } else { body.find('}') };
        let Some(close) = close else { return };
        if !selectors.starts_with('@') {
            let style = Style::parse(&body[..close]);
            let simple = |s: &&str| !s.is_empty() && s.chars().all(|c| c.is_alphanumeric() || "-_.#".contains(c));
            for selector in selectors.split(',').map(str::trim).filter(simple).filter(|_| style != Style::default()) {
                // Names of elements are written in any case.
                let tag = selector.find(['.', '#']).unwrap_or(selector.len());
                let key = selector[..tag].to_ascii_lowercase() + &selector[tag..];
                rules.entry(key.into_bytes()).or_default().add(&style);
            }
        }
        rest = &body[close + 1..];
    }
}

fn without_comments(sheet: &str) -> String {
    let mut out = String::with_capacity(sheet.len());
    let mut rest = sheet;
    while let Some(begin) = rest.find("/*") {
        out.push_str(&rest[..begin]);
        rest = rest[begin + 2..].find("*/").map_or("", |end| &rest[begin + 2 + end + 2..]);
    }
    out.push_str(rest);
    out.replace("<!--", "").replace("-->", "")
}

/// Where the block ends whose inside begins here.
fn end_of_block(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (k, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(k),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_told_from_what_does_not() {
        for declarations in [
            "display:none",
            "color:red; DISPLAY : None !important",
            "opacity:0.0",
            "max-height:0;overflow:hidden",
            "overflow-y: clip; width: 0px",
        ] {
            assert!(Style::parse(declarations).hides(), "{declarations}");
        }
        for declarations in
            ["", "display:block", "display:none;display:inline", "opacity:.5", "height:0", "overflow:hidden", ":;{"]
        {
            assert!(!Style::parse(declarations).hides(), "{declarations}");
        }
        let sizeless = |declarations| Style::parse(declarations).sizeless;
        assert_eq!(sizeless("font-size:0"), Some(true));
        assert_eq!(sizeless("font: bold 0px/1 Arial"), Some(true));
        assert_eq!(sizeless("font-size:12px"), Some(false));
        assert_eq!(sizeless("font-size:2rem"), Some(false));
        for relative in ["font-size:2em", "font-size:90%", "font-size:inherit"] {
            assert_eq!(sizeless(relative), None, "{relative}");
        }
    }

    #[test]
    fn later_declarations_win_and_silence_changes_nothing() {
        let mut style = Style::parse("display:none; text-transform:uppercase; padding:3px");
        style.add(&Style::parse("display:inline-block; text-transform:none"));
        assert_eq!((style.display, style.case), (Some(Display::InlineBlock), Some(Case::AsIs)));
        style.add(&Style::default());
        assert!(style.padded && style.display == Some(Display::InlineBlock));
    }

    #[test]
    fn simple_rules_are_taken_and_others_passed_over() {
        let mut rules = HashMap::new();
        let sheet = "@import url(x); /* .a{display:none} */ <!-- P, .Note, #top { display:none } --> \
            @media print { .b { display:none } .c { display:none } } \
            td > .d, .e:hover, [x] { display:none } .f { color:red } .g { display:none } .h { display:none";
        add_rules(sheet, &mut rules);
        let mut names: Vec<String> = rules.keys().map(|k| String::from_utf8_lossy(k).into_owned()).collect();
        names.sort();
        assert_eq!(names, ["#top", ".Note", ".g", "p"]);
        assert!(rules.values().all(Style::hides));
        add_rules(".g{display:block}", &mut rules);
        assert!(!rules[&b".g"[..]].hides());
    }
}
