//! A walk over the tokens, with a stack of the open elements.

use std::collections::HashMap;
use std::ops::Range;

use html5gum::emitters::callback::CallbackEvent;

use super::names::{is_block, is_formatting, is_void, never_shown};
use super::style::{self, Case, Display, Style};

/// Levels of open elements that are kept; what lies deeper counts as inside of the last one.
///
/// Tuned (count): as deep as Blink keeps trees.
const MAX_DEPTH: usize = 512;

/// The shown text of a message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::catalogue::mail) struct Shown {
    pub(in crate::catalogue::mail) text: String,
    /// Bytes of the text inside of elements that quote another mail, in order.
    pub(in crate::catalogue::mail) quoted: Vec<Range<usize>>,
}

/// An open element.
struct Element {
    name: Vec<u8>,
    inherited: Inherited,
    block: bool,
    /// Inline, with space at its sides.
    apart: bool,
    quotes: bool,
    /// Items of a list so far, if they are numbered.
    number: Option<i64>,
}

/// What an element hands on to those inside of it.
#[derive(Clone, Copy, Debug, Default)]
struct Inherited {
    /// Not to be undone further in.
    gone: bool,
    invisible: bool,
    /// Font size 0.
    sizeless: bool,
    pre: bool,
    case: Option<Case>,
}

impl Inherited {
    fn hidden(self) -> bool {
        self.gone || self.invisible || self.sizeless
    }
}

/// Takes tokens; gives the text that they show.
#[derive(Default)]
pub(super) struct Walker {
    out: Shown,
    stack: Vec<Element>,
    /// Elements opened beyond the deepest level that is kept.
    beyond: usize,
    rules: HashMap<Vec<u8>, Style>,
    tag: Vec<u8>,
    attribute: Vec<u8>,
    attributes: Attributes,
    /// Separator due before the next text.
    due: Due,
    /// Open elements that quote.
    quoting: usize,
    quote_start: usize,
    /// Where the option begins that the last `<select>` shows.
    chosen: Option<usize>,
}

/// Attributes that matter.
#[derive(Default)]
struct Attributes {
    style: Vec<u8>,
    class: Vec<u8>,
    id: Vec<u8>,
    kind: Vec<u8>,
    value: Vec<u8>,
    start: Vec<u8>,
    hidden: bool,
    size: bool,
    selected: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    #[default]
    Nothing,
    Space,
    Line,
    Paragraph,
}

impl Walker {
    pub(super) fn take(&mut self, event: &CallbackEvent<'_>) {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.tag.clear();
                self.tag.extend_from_slice(name);
                self.attributes = Attributes::default();
            }
            CallbackEvent::AttributeName { name } => {
                self.attribute.clear();
                self.attribute.extend_from_slice(name);
                self.attributes.hidden |= *name == b"hidden";
                self.attributes.size |= *name == b"size";
                self.attributes.selected |= *name == b"selected";
            }
            CallbackEvent::AttributeValue { value } => {
                let kept = match self.attribute.as_slice() {
                    b"style" => &mut self.attributes.style,
                    b"class" => &mut self.attributes.class,
                    b"id" => &mut self.attributes.id,
                    b"type" => &mut self.attributes.kind,
                    b"value" => &mut self.attributes.value,
                    b"start" => &mut self.attributes.start,
                    _ => return,
                };
                // Of an attribute given twice the first counts.
                if kept.is_empty() {
                    kept.extend_from_slice(value);
                }
            }
            CallbackEvent::CloseStartTag { .. } => self.open(),
            CallbackEvent::EndTag { name } => self.close(name),
            CallbackEvent::String { value } => self.text(value),
            CallbackEvent::Comment { .. } | CallbackEvent::Doctype { .. } | CallbackEvent::Error(_) => {}
        }
    }

    fn inherited(&self) -> Inherited {
        self.stack.last().map(|e| e.inherited).unwrap_or_default()
    }

    /// A start tag with its attributes.
    fn open(&mut self) {
        let tag = std::mem::take(&mut self.tag);
        self.close_implied(&tag);
        let style = self.style(&tag);
        let mut inherited = self.inherited();
        inherited.gone |= style.hides() || self.attributes.hidden || never_shown(&tag);
        inherited.gone |= tag == b"option" && (inherited.hidden() || !self.chooses());
        inherited.invisible = style.invisible.unwrap_or(inherited.invisible);
        inherited.sizeless = style.sizeless.unwrap_or(inherited.sizeless && !(tag == b"font" && self.attributes.size));
        inherited.pre = style.pre.unwrap_or(inherited.pre || matches!(tag.as_slice(), b"pre" | b"listing" | b"xmp"));
        inherited.case = style.case.or(inherited.case);

        let block = match style.display {
            Some(Display::Block) => true,
            Some(Display::Inline | Display::InlineBlock) => false,
            Some(Display::None) | None => is_block(&tag),
        };
        if !inherited.gone {
            match tag.as_slice() {
                b"br" => self.line_break(),
                b"hr" => self.require(Due::Line),
                b"p" => self.require(Due::Paragraph),
                b"td" | b"th" if !block => self.require(Due::Space),
                b"select" => {
                    self.chosen = None;
                    self.require(Due::Space);
                }
                b"img" | b"button" | b"option" | b"textarea" => self.require(Due::Space),
                _ if block => self.require(Due::Line),
                _ if style.display == Some(Display::InlineBlock) || style.padded => self.require(Due::Space),
                _ => {}
            }
            if tag == b"input" {
                self.input(inherited);
            }
        }
        if is_void(&tag) {
            self.tag = tag;
            return;
        }
        let number = (tag == b"li" && !inherited.hidden()).then(|| self.next_number()).flatten();
        let quotes = self.quotes(&tag) && !inherited.hidden();
        if self.stack.len() == MAX_DEPTH {
            self.beyond += 1;
            self.tag = tag;
            return;
        }
        if quotes {
            if self.quoting == 0 {
                self.flush_due();
                self.quote_start = self.out.text.len();
            }
            self.quoting += 1;
        }
        let list = (tag == b"ol").then(|| std::str::from_utf8(&self.attributes.start).ok()?.trim().parse().ok());
        let number_of_list = list.map(|start| start.unwrap_or(1i64).saturating_sub(1));
        let apart = style.padded
            || style.display == Some(Display::InlineBlock)
            || matches!(tag.as_slice(), b"button" | b"option" | b"select" | b"td" | b"textarea" | b"th");
        self.stack.push(Element { name: tag, inherited, block, apart, quotes, number: number_of_list });
        if let Some(number) = number {
            self.text(format!("{number}. ").as_bytes());
        }
    }

    /// The number of the next item, if the nearest list is numbered.
    fn next_number(&mut self) -> Option<i64> {
        let list =
            self.stack.iter_mut().rev().find(|e| matches!(e.name.as_slice(), b"ol" | b"ul" | b"menu" | b"dir"))?;
        let number = list.number.as_mut()?;
        *number = number.saturating_add(1);
        Some(*number)
    }

    /// What a button or a field shows: its value.
    fn input(&mut self, inherited: Inherited) {
        let silent = [&b"hidden"[..], b"checkbox", b"radio", b"password", b"image", b"file", b"color", b"range"];
        if !inherited.hidden() && !silent.iter().any(|k| self.attributes.kind.eq_ignore_ascii_case(k)) {
            let value = std::mem::take(&mut self.attributes.value);
            self.require(Due::Space);
            self.text(&value);
            self.require(Due::Space);
        }
    }

    /// Whether a list of choices shows the option whose attributes were read: the first one, but for one that is
    /// marked.
    fn chooses(&mut self) -> bool {
        if !self.stack.iter().rev().any(|e| e.name == b"select") {
            return false;
        }
        if let (Some(begin), true) = (self.chosen, self.attributes.selected) {
            self.out.text.truncate(begin);
        } else if self.chosen.is_some() {
            return false;
        }
        self.chosen = Some(self.out.text.len());
        true
    }

    /// Whether the element whose attributes were read quotes another mail.
    fn quotes(&self, tag: &[u8]) -> bool {
        const CLASSES: [&[u8]; 4] = [b"gmail_quote", b"yahoo_quoted", b"protonmail_quote", b"moz-forward-container"];
        tag == b"blockquote" && self.attributes.kind.eq_ignore_ascii_case(b"cite")
            || self.attributes.class.split(u8::is_ascii_whitespace).any(|c| CLASSES.contains(&c))
    }

    fn style(&self, tag: &[u8]) -> Style {
        let mut style = Style::default();
        if !self.rules.is_empty() {
            let mut apply = |prefix: &[u8], name: &[u8]| {
                if let Some(rule) = self.rules.get(&[prefix, name].concat()) {
                    style.add(rule);
                }
            };
            apply(b"", tag);
            for class in self.attributes.class.split(u8::is_ascii_whitespace).filter(|c| !c.is_empty()) {
                apply(b".", class);
                apply(&[tag, b"."].concat(), class);
            }
            if !self.attributes.id.is_empty() {
                apply(b"#", &self.attributes.id);
            }
        }
        if !self.attributes.style.is_empty() {
            style.add(&Style::parse(&String::from_utf8_lossy(&self.attributes.style)));
        }
        style
    }

    /// Closes elements that a start tag ends by itself.
    fn close_implied(&mut self, tag: &[u8]) {
        let (closes, within): (&[&[u8]], &[&[u8]]) = match tag {
            b"li" => (&[b"li"], &[b"ul", b"ol", b"menu", b"table", b"td"]),
            b"dt" | b"dd" => (&[b"dt", b"dd"], &[b"dl", b"table", b"td"]),
            b"td" | b"th" => (&[b"td", b"th"], &[b"tr", b"table"]),
            b"tr" => (&[b"tr"], &[b"table"]),
            b"tbody" | b"thead" | b"tfoot" => (&[b"tr", b"tbody", b"thead", b"tfoot"], &[b"table"]),
            b"option" | b"optgroup" => (&[b"option"], &[b"select", b"table", b"td"]),
            b"body" => (&[b"head"], &[]),
            _ => (&[], &[]),
        };
        if !closes.is_empty() {
            let stop = self.stack.iter().rposition(|e| within.contains(&e.name.as_slice())).map_or(0, |k| k + 1);
            if let Some(k) = self.stack[stop..].iter().position(|e| closes.contains(&e.name.as_slice())) {
                self.pop_to(stop + k);
            }
        }
        // Any block ends an open paragraph.
        if is_block(tag) && self.stack.last().is_some_and(|e| e.name == b"p") {
            self.pop_to(self.stack.len() - 1);
        }
    }

    fn close(&mut self, tag: &[u8]) {
        if tag == b"br" {
            return self.line_break();
        }
        if self.beyond > 0 {
            self.beyond -= 1;
            return;
        }
        // What an end tag without its element may end (WHATWG HTML, section 13.2.6.4.7): of blocks all within the cell;
        // of formatting that was opened outside of a block, only itself; of other inline elements nothing beyond the
        // block.
        let (block, formatting) = (is_block(tag), is_formatting(tag));
        let table =
            matches!(tag, b"table" | b"tr" | b"td" | b"th" | b"tbody" | b"thead" | b"tfoot" | b"body" | b"html");
        let mut beyond_block = false;
        for k in (0..self.stack.len()).rev() {
            let name = self.stack[k].name.as_slice();
            if name == tag && beyond_block {
                self.stack[k].name.clear();
                return;
            }
            if name == tag {
                return self.pop_to(k);
            }
            if !table && matches!(name, b"table" | b"td" | b"th" | b"caption") {
                return;
            }
            if !block && !table && is_block(name) {
                if !formatting {
                    return;
                }
                beyond_block = true;
            }
        }
    }

    /// Closes all elements from number `k` up.
    fn pop_to(&mut self, k: usize) {
        while self.stack.len() > k {
            let Some(element) = self.stack.pop() else { break };
            if !element.inherited.gone {
                match element.name.as_slice() {
                    b"p" => self.require(Due::Paragraph),
                    _ if element.block => self.require(Due::Line),
                    _ if element.apart => self.require(Due::Space),
                    _ => {}
                }
            }
            if element.quotes {
                self.quoting -= 1;
                if self.quoting == 0 {
                    self.out.quoted.push(self.quote_start..self.out.text.len());
                }
            }
        }
    }

    fn require(&mut self, due: Due) {
        self.due = self.due.max(due);
    }

    fn line_break(&mut self) {
        if !self.inherited().gone {
            self.flush_due();
            self.out.text.push('\n');
        }
    }

    fn flush_due(&mut self) {
        let text = &mut self.out.text;
        let due = std::mem::take(&mut self.due);
        if text.is_empty() || due == Due::Nothing {
            return;
        }
        if due == Due::Space {
            if !text.ends_with([' ', '\n']) {
                text.push(' ');
            }
            return;
        }
        while text.ends_with(' ') {
            text.pop();
        }
        let wanted = if due == Due::Paragraph { 2 } else { 1 };
        let lines = text.bytes().rev().take_while(|&b| b == b'\n').take(2).count();
        text.extend(std::iter::repeat_n('\n', wanted - lines.min(wanted)));
    }

    fn text(&mut self, value: &[u8]) {
        let Some(element) = self.stack.last() else {
            return self.shown(value, Inherited::default());
        };
        if element.name == b"style" {
            style::add_rules(&String::from_utf8_lossy(value), &mut self.rules);
        }
        let inherited = element.inherited;
        if !inherited.hidden() {
            self.shown(value, inherited);
        }
    }

    fn shown(&mut self, value: &[u8], inherited: Inherited) {
        let value = String::from_utf8_lossy(value);
        if inherited.pre {
            self.flush_due();
            let value = value.replace("\r\n", "\n");
            self.out.text.push_str(&value);
            return;
        }
        let is_space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}');
        if value.starts_with(is_space) {
            self.require(Due::Space);
        }
        for word in value.split(is_space).filter(|w| !w.is_empty()) {
            self.flush_due();
            match inherited.case {
                Some(Case::Upper) => self.out.text.extend(word.chars().flat_map(char::to_uppercase)),
                Some(Case::Lower) => self.out.text.extend(word.chars().flat_map(char::to_lowercase)),
                Some(Case::Capital) => {
                    let mut letters = word.chars();
                    self.out.text.extend(letters.next().into_iter().flat_map(char::to_uppercase));
                    self.out.text.push_str(letters.as_str());
                }
                Some(Case::AsIs) | None => self.out.text.push_str(word),
            }
            self.due = Due::Space;
        }
        if !value.is_empty() && !value.ends_with(is_space) && self.due == Due::Space {
            self.due = Due::Nothing;
        }
    }

    pub(super) fn finish(mut self) -> Shown {
        self.pop_to(0);
        self.out
    }
}
