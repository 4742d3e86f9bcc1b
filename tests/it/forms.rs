//! Mails of one form: a picture of one of them is a match of that one, a picture of another one is none.

use leakprint::catalogue::mail::Mail;
use leakprint::verdict::{KnownTextKind, Outcome, Verdict};

use crate::common::{mails, matcher};

/// A library's letter, filled in.
fn letter(name: &str, town: &str, date: &str, code: u32) -> String {
    format!(
        "Dear {name},\n\nThe book that you have asked for is ready for you at our branch in {town}. We keep it at the \
         counter until {date}; afterwards it goes to the next reader on the list. Please bring your card and tell the \
         number {code} to whoever is at the counter. If you cannot come in time, you may ask for another three days \
         once, by telephone or on our page. Books are lent for four weeks, and you can prolong them twice unless \
         somebody waits.\n\nYour city library"
    )
}

/// So many letters; the first is the one of `testdata/forms/member.png`.
fn letters(count: usize) -> Vec<Mail> {
    let names = ["Celia", "Dario", "Edith", "Fabian", "Greta", "Hugo", "Irma"];
    let others = ["Castell", "Dorn", "Falk", "Gruber", "Holm", "Ivers", "Keller", "Moreau", "Novak", "Olsen", "Petrov"];
    let towns = ["Lindau", "Husum", "Wismar", "Bregenz", "Goslar"];
    let months = ["March", "April", "May", "June", "July"];
    let body = |k: usize| match k {
        0 => letter("Ada Brenner", "Lindau", "14 May", 583_016),
        _ => {
            let name = format!("{} {}", names[k % names.len()], others[k % others.len()]);
            let date = format!("{} {}", 1 + k % 28, months[k % months.len()]);
            letter(&name, towns[k % towns.len()], &date, 100_003 + (k as u32 * 7919) % 899_981)
        }
    };
    let mail = |k: usize| Mail { id: format!("letter-{k}"), body: body(k), ..Mail::default() };
    (0..count).map(mail).collect()
}

fn ask(count: usize, picture: &str) -> Verdict {
    let all = [mails(), letters(count)].concat();
    let bytes = std::fs::read(format!("testdata/forms/{picture}.png")).expect("a fixture");
    matcher(&all).identify(&bytes).expect("a good picture")
}

#[test]
fn a_letter_of_a_form_is_found_whether_few_or_many_fill_it_in() {
    for count in [1, 3, 60] {
        let verdict = ask(count, "member");
        assert_eq!(verdict.outcome, Outcome::Match, "{count} letters");
        assert_eq!(verdict.matches[0].documents, ["letter-0"], "{count} letters");
        assert!(verdict.matches[0].words.iter().all(|w| !w.altered), "{count} letters");
    }
}

#[test]
fn another_letter_of_the_form_is_no_match_of_any() {
    for (count, picture) in [(1, "sibling"), (3, "sibling"), (60, "sibling"), (1, "near-sibling"), (60, "near-sibling")]
    {
        let verdict = ask(count, picture);
        assert_eq!((verdict.outcome, verdict.matches.len()), (Outcome::NoMatch, 0), "{picture} and {count} letters");
        let [text] = verdict.known_texts.as_slice() else { panic!("{picture} and {count} letters: one known text") };
        assert_eq!(text.kind, KnownTextKind::Template);
        assert!(text.family as usize * 10 >= count * 9 && text.family as usize <= count, "{}", text.family);
        assert!(text.contradicted_words >= 3, "{picture} and {count} letters: {}", text.contradicted_words);
        assert!(text.passage.aligned_words > 70 && text.passage.documents[0].starts_with("letter-"));
    }
}
