//! Which words of a mail are its particulars: names, numbers, dates, addresses, hosts. One mail alone does not tell
//! them from the words of a form that it fills in; how they are written does.

use crate::index::file::WordKind;

/// The kind of each word of a text, as [`str::split_whitespace`] tells them.
///
/// A word with a digit is a number. A name is capitalised inside of a sentence or all in capitals, or it is an address,
/// a host, a path: letters with a mark between them that prose does not put there. A label (`Date:`) is none.
pub(super) fn word_kinds(text: &str) -> Vec<WordKind> {
    let mut kinds = Vec::with_capacity(text.len() / 6);
    let (mut begins, mut end) = (true, 0);
    for word in text.split_whitespace() {
        let at = word.as_ptr() as usize - text.as_ptr() as usize;
        begins |= text[end..at].bytes().filter(|&b| b == b'\n').count() > 1;
        let kind = kind(word, begins);
        // A mark before the words of a line (`>`, `-`, `*`) changes nothing.
        if word.chars().any(char::is_alphanumeric) {
            begins = ends_sentence(word);
        }
        kinds.push(kind);
        end = at + word.len();
    }
    kinds
}

fn kind(word: &str, begins_sentence: bool) -> WordKind {
    if word.chars().any(char::is_numeric) {
        return WordKind::Number;
    }
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    let capital = bare.chars().next().is_some_and(char::is_uppercase);
    // "I" and "I'm" are no names.
    let pronoun = bare == "I" || bare.starts_with("I'") || bare.starts_with("I\u{2019}");
    // What a form calls its fields is the form's.
    let label = word.ends_with(':');
    let capitals = bare.chars().filter(|c| c.is_alphabetic()).count() > 1 && !bare.chars().any(char::is_lowercase);
    let address = bare.contains(['@', '.', '/', ':', '_', '=', '<', '\\']);
    if address || capital && !pronoun && !label && (!begins_sentence || capitals) {
        WordKind::Name
    } else {
        WordKind::Ordinary
    }
}

/// Whether the next word begins a sentence.
fn ends_sentence(word: &str) -> bool {
    let closed = word.trim_end_matches(['"', '\'', ')', ']', '\u{201d}', '\u{2019}', '*', '_']);
    closed.ends_with(['.', '!', '?', '\u{2026}'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn particulars(text: &str) -> Vec<&str> {
        let kinds = word_kinds(text);
        assert_eq!(kinds.len(), text.split_whitespace().count());
        text.split_whitespace().zip(kinds).filter(|(_, kind)| *kind != WordKind::Ordinary).map(|(w, _)| w).collect()
    }

    #[test]
    fn names_numbers_dates_and_addresses_are_particulars() {
        assert_eq!(
            particulars("Hello Ada Brenner,\n\nYour parcel 7-31B left Lund on 4 May. We thank you.\nThe shop team"),
            ["Ada", "Brenner,", "7-31B", "Lund", "4", "May."]
        );
        assert_eq!(
            particulars("write to (ada@example.com) or see www.example.com/help, and/or call"),
            ["(ada@example.com)", "www.example.com/help,", "and/or"]
        );
        assert_eq!(
            particulars("He said \"Go.\" Then I'm told that I won. Payment BY card: Visa"),
            ["\"Go.\"", "BY", "Visa"]
        );
        assert_eq!(particulars("> Dear Ines\n> the bill of Oslo"), ["Ines", "Oslo"]);
        assert_eq!(
            particulars("see below\nInvoice: B7\nFrom: Ada\nVia: a.example.com:\n"),
            ["B7", "Ada", "a.example.com:"]
        );
        assert!(particulars("").is_empty());
    }
}
