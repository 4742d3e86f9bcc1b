//! Plain text as clients show it.

/// Joins the lines of `format=flowed` text (RFC 3676): a line that ends in a space goes on in the next one if both are
/// quoted as deep. With `joined` (`DelSp=yes`) that space itself is no part of the text. Quote marks stand once before
/// each paragraph.
pub(super) fn unflow(text: &str, joined: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // Depth of the paragraph that is open.
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let depth = line.bytes().take_while(|&b| b == b'>').count();
        let line = &line[depth..];
        let line = line.strip_prefix(' ').unwrap_or(line);
        let signature = line == "-- ";
        if open.take().is_some_and(|d| d != depth || signature) && !out.is_empty() {
            out.push('\n');
        }
        if depth > 0 && (out.is_empty() || out.ends_with('\n')) {
            out.extend(std::iter::repeat_n('>', depth));
            out.push(' ');
        }
        match line.strip_suffix(' ') {
            Some(begin) if !signature => {
                out.push_str(if joined { begin } else { line });
                open = Some(depth);
            }
            _ => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

/// Text without characters that nobody sees: control characters, soft hyphens, marks of direction, joiners and spaces
/// of no width.
pub(super) fn visible(text: &str) -> std::borrow::Cow<'_, str> {
    let unseen = |c: char| match c {
        '\t' | '\n' | '\r' | '\u{c}' => false,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' => true,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{feff}' => true,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        _ => false,
    };
    // Most text has only letters of ASCII: that is seen without looking at characters.
    let plain = |b: &u8| (b' '..0x7f).contains(b) || matches!(b, b'\t' | b'\n' | b'\r');
    if text.as_bytes().chunks(64).all(|chunk| chunk.iter().fold(true, |all, b| all & plain(b))) {
        return text.into();
    }
    if text.contains(unseen) { text.replace(unseen, "").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flowed_paragraphs_are_joined_at_their_depth() {
        let text = "A long \nparagraph.\n> quoted \n> on\n>> deeper \nback\n  stuffed \nline\n-- \nGwen \nAshdown\n";
        let expected = "A long paragraph.\n> quoted on\n>> deeper \nback\n stuffed line\n-- \nGwen Ashdown\n";
        assert_eq!(unflow(text, false), expected);
        assert_eq!(unflow("Donau \ndampf \nschiff\n", true), "Donaudampfschiff\n");
    }

    #[test]
    fn what_nobody_sees_is_gone() {
        assert_eq!(visible("soft\u{ad}hy\u{200b}phen\u{0}ated \u{200c} \u{a0}\u{200e}."), "softhyphenated  \u{a0}.");
        assert!(matches!(visible("plain\ttext\r\n"), std::borrow::Cow::Borrowed(_)));
    }
}
