//! Which words of a mail quote another one.

#[cfg(feature = "mail")]
use std::ops::Range;

/// Longest line, but for dashes at its ends, that may begin a quotation as `-----Original Message-----` does.
///
/// Tuned (bytes): chosen by eye.
const MAX_TITLE: usize = 120;
/// Lines after a `From:` within a text in which its header goes on.
///
/// Tuned (count): chosen by eye; Outlook puts four fields there.
const HEADER_LINES: usize = 5;
/// Fields of those that make it a header.
///
/// Tuned (count): chosen by eye.
const MIN_HEADER_FIELDS: usize = 2;

/// The words of `text` that lie in `marked` (byte ranges, in order), as half-open ranges of word numbers.
#[cfg(feature = "mail")]
pub(super) fn to_words(text: &str, mut marked: &[Range<usize>]) -> Vec<[u32; 2]> {
    let mut found = Vec::new();
    let until = marked.last().map_or(0, |p| p.end);
    for (k, start) in word_starts(text).enumerate().take_while(|&(_, start)| start < until) {
        while marked.first().is_some_and(|p| p.end <= start) {
            marked = &marked[1..];
        }
        if marked.first().is_some_and(|p| p.contains(&start)) {
            add(&mut found, k as u32);
        }
    }
    found
}

/// Byte offsets of the words.
#[cfg(feature = "mail")]
fn word_starts(text: &str) -> impl Iterator<Item = usize> {
    text.split_whitespace().map(|word| word.as_ptr() as usize - text.as_ptr() as usize)
}

/// Lengthens the last range by a word, or begins one.
fn add(ranges: &mut Vec<[u32; 2]>, word: u32) {
    match ranges.last_mut() {
        Some([_, end]) if *end == word => *end += 1,
        _ => ranges.push([word, word + 1]),
    }
}

/// The words of a body that quote another mail, as half-open ranges: lines that begin with `>`; all after "Original
/// Message", a "Forwarded message" or a header within the text; all after "… wrote:" if no marks follow. `known` are
/// ranges known from elsewhere, in order.
pub(in crate::catalogue) fn quoted_words(body: &str, known: &[[u32; 2]]) -> Vec<[u32; 2]> {
    let mut found = Vec::new();
    let lines = lines(body);
    let marked = |line: &str| line.trim_start().starts_with('>');
    let last_mark = lines.iter().rposition(|l| marked(l));
    let starts = |k: usize| begins_quotation(lines[k]) || header_at(&lines[k..]);
    if known.is_empty() && last_mark.is_none() && !(0..lines.len()).any(|k| starts(k) || attribution(&lines, k)) {
        // Most mails quote nothing: their words need not be counted.
        return found;
    }
    let (mut word, mut rest, mut known) = (0u32, false, known);
    let none_known = known.is_empty();
    for (k, line) in lines.iter().enumerate() {
        rest |= starts(k);
        let quoted = rest || marked(line);
        for _ in line.split_whitespace() {
            while known.first().is_some_and(|&[_, end]| end <= word) {
                known = &known[1..];
            }
            if quoted || known.first().is_some_and(|&[first, _]| first <= word) {
                add(&mut found, word);
            }
            word += 1;
        }
        rest |= attribution(&lines, k) && none_known && last_mark.is_none_or(|last| last < k);
    }
    found
}

/// What [`str::lines`] gives.
fn lines(text: &str) -> Vec<&str> {
    let ends = || memchr::memchr_iter(b'\n', text.as_bytes());
    let (mut lines, mut start) = (Vec::with_capacity(ends().count() + 1), 0);
    for end in ends().chain((!text.ends_with('\n') && !text.is_empty()).then_some(text.len())) {
        let line = &text[start..end];
        lines.push(if end < text.len() { line.strip_suffix('\r').unwrap_or(line) } else { line });
        start = end + 1;
    }
    lines
}

/// `-----Original Message-----` and its kin.
fn begins_quotation(line: &str) -> bool {
    let line = line.trim();
    let inner = line.trim_matches(|c: char| c == '-' || c == '_' || c.is_whitespace());
    const TITLES: [&str; 8] = [
        "original message",
        "forwarded message",
        "original appointment",
        "ursprüngliche nachricht",
        "weitergeleitete nachricht",
        "message d'origine",
        "mensaje original",
        "messaggio originale",
    ];
    line.starts_with("--") && inner.len() < MAX_TITLE && TITLES.iter().any(|t| inner.to_lowercase().starts_with(t))
        || line.starts_with("Begin forwarded message:")
}

/// Whether a header stands here within the text, as Outlook puts it above what is answered: `From:` and, in the next
/// lines, two more fields.
fn header_at(lines: &[&str]) -> bool {
    let field = |line: &&str, names: &[&str]| {
        let line = line.trim_start_matches(['*', ' ', '\t', '>']);
        names.iter().any(|n| line.strip_prefix(n).is_some_and(|rest| rest.trim_start_matches('*').starts_with(':')))
    };
    lines.first().is_some_and(|l| field(l, &["From", "Von", "De", "Da"]))
        && lines
            .iter()
            .skip(1)
            .take(HEADER_LINES)
            .filter(|l| {
                field(
                    l,
                    &[
                        "Sent", "Date", "To", "Cc", "Subject", "Gesendet", "Datum", "An", "Betreff", "Envoyé", "À",
                        "Objet", "Enviado", "Para", "Asunto", "Inviato", "A", "Oggetto",
                    ],
                )
            })
            .count()
            >= MIN_HEADER_FIELDS
}

/// Whether a line, or it and the one before, is `On Monday, Gwen Ashdown wrote:`.
fn attribution(lines: &[&str], k: usize) -> bool {
    const VERBS: [&str; 6] = ["wrote:", "schrieb:", "a écrit :", "a écrit:", "escribió:", "ha scritto:"];
    let line = lines[k].trim();
    let begins = |l: &str| ["On ", "Am ", "Le ", "El ", "Il "].iter().any(|b| l.trim_start().starts_with(b));
    VERBS.iter().any(|v| line.ends_with(v)) && (begins(line) || k > 0 && begins(lines[k - 1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(body: &str) -> String {
        let all: Vec<&str> = body.split_whitespace().collect();
        let of = |[first, end]: &[u32; 2]| all[*first as usize..*end as usize].join(" ");
        quoted_words(body, &[]).iter().map(of).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn quotations_are_found_by_their_marks() {
        assert_eq!(words("No.\n> one two\n  > three\nYes.\n> four"), "> one two > three | > four");
        assert_eq!(
            words("See below.\n\n-----Original Message-----\nFrom: Pål\n\nText"),
            "-----Original Message----- From: Pål Text"
        );
        assert_eq!(
            words("ok\n---------- Forwarded message ---------\nx y"),
            "---------- Forwarded message --------- x y"
        );
        assert_eq!(
            words("Fine.\n\nFrom: Gwen\nSent: Monday\nTo: Pål\nSubject: Blade\n\nText"),
            "From: Gwen Sent: Monday To: Pål Subject: Blade Text"
        );
        assert_eq!(words("Fine.\n\nOn Mon, 4 Mar 2019,\nGwen <g@example.com> wrote:\n\nall of this"), "all of this");
        assert_eq!(words("On Mon Gwen wrote:\n> this\nBut I say no."), "> this");
    }

    proptest::proptest! {
        #[test]
        fn lines_are_those_of_the_standard_library(text in "[a\r\n\u{e4}]{0,12}") {
            proptest::prop_assert_eq!(lines(&text), text.lines().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_mail_that_speaks_of_senders_quotes_nothing() {
        assert_eq!(words("From: here to there\nit is far.\nOn the whole she wrote: nothing.\n-- \nGwen"), "");
        assert_eq!(quoted_words("a b c d", &[[1, 3]]), [[1, 3]]);
    }
}
