//! One message: MIME tree, charsets, header; attached messages as mails of their own.

use std::borrow::Cow;
use std::collections::HashSet;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{
    Address, DateTime, Encoding, HeaderName, Message, MessageParser, MessagePart, MimeHeaders, PartType,
};

use super::document::{MAX_MESSAGE, MAX_TEXT, Mail};
use super::hidden::{hide, is_hidden, shown_again};
use super::raw::Raw;
use super::{html, plain};
use crate::Error;

/// Levels of messages attached to attached messages that are read.
///
/// Tuned (count): chosen by eye.
const MAX_DEPTH: usize = 16;
/// Most multiparts of a message, and so their deepest nesting.
///
/// Tuned (count): chosen by eye; the parser's time grows with their square.
const MAX_MULTIPARTS: usize = 1000;
/// Most boundaries (runs of dashes, as they might be) of a multipart message.
///
/// Tuned (count): chosen by eye; the parser looks at each for every multipart.
const MAX_BOUNDARIES: usize = 100_000;

type Read = Vec<Result<Mail, Error>>;

/// Reads a message and those attached to it; `at` is its name in errors. Never empty: a message without text is an
/// error.
pub(super) fn read(raw: &Raw, at: &str) -> Read {
    let mut out = Vec::new();
    // Macintoshes once ended lines with a carriage return alone.
    let bytes: Cow<'_, [u8]> = if memchr::memchr(b'\n', &raw.bytes).is_none() && raw.bytes.contains(&b'\r') {
        raw.bytes.iter().map(|&b| if b == b'\r' { b'\n' } else { b }).collect()
    } else {
        (&raw.bytes).into()
    };
    attached(&bytes, raw.cut_from, at, "", &mut out);
    out
}

/// `numbers` are those of the attached messages on the way here: `1.1.2`.
fn attached(bytes: &[u8], cut_from: Option<u64>, file: &str, numbers: &str, out: &mut Read) {
    let at = if numbers.is_empty() { file.to_owned() } else { format!("{file}, attached message {numbers}") };
    let depth = numbers.split('.').filter(|n| !n.is_empty()).count();
    if depth > MAX_DEPTH {
        out.push(Err(Error::input(at, format!("attached messages nest deeper than the limit of {MAX_DEPTH}"))));
        return;
    }
    if let Err(reason) = check_parts(bytes) {
        out.push(Err(Error::input(at, reason)));
        return;
    }
    // Attached messages are hidden from the parser and read here.
    let bytes = hide(bytes);
    let Some(message) = MessageParser::default().parse(&*bytes).filter(has_header) else {
        out.push(Err(Error::input(at, "not a message: it has no header")));
        return;
    };
    let messages = messages(&message);
    out.push(mail(&message, &messages, cut_from.is_some()).map_err(|reason| {
        let reason = cut_from.map_or_else(
            || reason.clone(),
            |length| format!("{reason} within the first {MAX_MESSAGE} bytes of its {length}"),
        );
        Error::input(at, reason)
    }));
    for (n, k) in messages.into_iter().enumerate() {
        let part = &message.parts[k];
        let body = match &part.body {
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => bytes,
            // A part of a digest, or one whose encoding is damaged.
            _ => raw_body(&message, part),
        };
        let dot = if numbers.is_empty() { "" } else { "." };
        attached(body, None, file, &format!("{numbers}{dot}{}", n + 1), out);
    }
}

/// Refuses messages whose parts would take the parser long to tell apart.
fn check_parts(bytes: &[u8]) -> Result<(), String> {
    const FIELD: &[u8] = b"content-type:";
    let starts_with = |text: &[u8], what: &[u8]| text.get(..what.len()).is_some_and(|t| t.eq_ignore_ascii_case(what));
    let is_multipart = |&line: &usize| {
        starts_with(&bytes[line..], FIELD) && starts_with(bytes[line + FIELD.len()..].trim_ascii_start(), b"multipart/")
    };
    let lines = std::iter::once(0).chain(memchr::memchr_iter(b'\n', bytes).map(|end| end + 1));
    let multiparts = lines.filter(is_multipart).count();
    if multiparts > MAX_MULTIPARTS {
        return Err(format!("it has {multiparts} multiparts, the limit is {MAX_MULTIPARTS}"));
    }
    // Every part begins with two dashes and the boundary.
    let mut end = 0;
    let runs = memchr::memmem::find_iter(bytes, b"--").filter(|&at| std::mem::replace(&mut end, at + 2) != at).count();
    if multiparts > 0 && runs > MAX_BOUNDARIES {
        return Err(format!("it has some {runs} boundaries of parts, the limit is {MAX_BOUNDARIES}"));
    }
    Ok(())
}

fn has_header(message: &Message<'_>) -> bool {
    use HeaderName as H;
    message.parts.first().is_some_and(|root| {
        root.headers.iter().any(|h| {
            matches!(
                h.name,
                H::From
                    | H::To
                    | H::Cc
                    | H::Subject
                    | H::Date
                    | H::MessageId
                    | H::Received
                    | H::ReturnPath
                    | H::Sender
                    | H::ReplyTo
                    | H::ContentType
                    | H::MimeVersion
            )
        })
    })
}

fn is_type(part: &MessagePart<'_>, kind: &str, is_subtype: impl Fn(&str) -> bool) -> bool {
    part.content_type().is_some_and(|t| t.ctype().eq_ignore_ascii_case(kind) && t.subtype().is_some_and(is_subtype))
}

fn is_html(part: &MessagePart<'_>) -> bool {
    is_type(part, "text", |s| s.eq_ignore_ascii_case("html"))
}

/// The parts that are messages: by their type, or by default in a digest (RFC 2046, section 5.1.5).
fn messages(message: &Message<'_>) -> Vec<usize> {
    let digest = |p: &&MessagePart<'_>| is_type(p, "multipart", |s| is_hidden(s, "digest"));
    let in_digests: HashSet<u32> = message.parts.iter().filter(digest).flat_map(inside).copied().collect();
    let is_message = |k: &usize| match message.parts[*k].content_type() {
        Some(_) => is_type(&message.parts[*k], "message", |s| is_hidden(s, "rfc822") || is_hidden(s, "global")),
        None => in_digests.contains(&(*k as u32)),
    };
    (0..message.parts.len()).filter(is_message).collect()
}

/// The parts of a multipart.
fn inside<'p>(part: &'p MessagePart<'_>) -> &'p [u32] {
    if let PartType::Multipart(parts) = &part.body { parts } else { &[] }
}

fn raw_body<'m>(message: &'m Message<'_>, part: &MessagePart<'_>) -> &'m [u8] {
    message.raw_message.get(part.offset_body as usize..part.offset_end as usize).unwrap_or_default()
}

/// The message's own text and header, or the reason why it has none.
fn mail(message: &Message<'_>, messages: &[usize], cut: bool) -> Result<Mail, String> {
    let (mut body, mut marks) = (String::new(), Vec::new());
    for k in 0..3 {
        for part in
            shown(message, k).into_iter().filter(|k| messages.binary_search(k).is_err()).map(|k| &message.parts[k])
        {
            if cut && part.offset_end as usize >= message.raw_message.len() {
                return Err("its text does not end".into());
            }
            let text = match &part.body {
                PartType::Html(text) | PartType::Text(text) if is_html(part) => {
                    let shown = html::to_text(&shown_again(decoded(message, part, text, true)));
                    marks.extend(shown.quoted.iter().map(|q| q.start + body.len()..q.end + body.len()));
                    shown.text
                }
                PartType::Text(text) => {
                    let parameter = |name| part.content_type().and_then(|t| t.attribute(name)).unwrap_or_default();
                    let flowed = parameter("format").eq_ignore_ascii_case("flowed");
                    let joined = parameter("delsp").eq_ignore_ascii_case("yes");
                    let text = shown_again(decoded(message, part, text, false));
                    if flowed { plain::unflow(&text, joined) } else { text.into_owned() }
                }
                _ => continue,
            };
            body.reserve(text.len() + 1);
            body.push_str(&plain::visible(&text));
            body.push('\n');
            if body.len() > MAX_TEXT {
                return Err(format!("its text is {} bytes long, the limit is {MAX_TEXT}", body.len()));
            }
        }
        if body.split_whitespace().next().is_some() {
            break;
        }
        body.clear();
        marks.clear();
    }
    if body.split_whitespace().next().is_none() {
        let kind = message.parts.first().and_then(|p| p.content_type());
        let kind = kind.map_or("text/plain".into(), |t| format!("{}/{}", t.ctype(), t.subtype().unwrap_or("?")));
        return Err(format!("it has no text (it is of type {})", shown_again(kind.into())));
    }
    let quoted = super::quoted::to_words(&body, &marks);
    let as_sent = |text: String| shown_again(text.into()).into_owned();
    Ok(Mail {
        id: as_sent(message.message_id().unwrap_or_default().trim().to_owned()),
        from: as_sent(people([message.from()])),
        to: as_sent(people([message.to(), message.cc()])),
        date: message.date().map(shown_date).unwrap_or_default(),
        subject: as_sent(message.subject().unwrap_or_default().to_owned()),
        body,
        quoted,
    })
}

/// The parts that a client shows, in order: of alternatives the HTML; at the second attempt (some senders' HTML is
/// empty, or one picture) the plain text; at the third whatever is text.
fn shown(message: &Message<'_>, attempt: usize) -> Vec<usize> {
    let is_plain = |p: &MessagePart<'_>| is_type(p, "text", |s| s.eq_ignore_ascii_case("plain"));
    let is_shown_type = |p: &MessagePart<'_>| p.content_type().is_none() || is_plain(p) || is_html(p);
    let attachment = |p: &MessagePart<'_>| p.content_disposition().is_some_and(mail_parser::ContentType::is_attachment);
    let alternatives: HashSet<u32> = message
        .parts
        .iter()
        .filter(|p| is_type(p, "multipart", |s| s.eq_ignore_ascii_case("alternative")))
        .flat_map(inside)
        .copied()
        .collect();
    let listed = if attempt == 0 { &message.html_body } else { &message.text_body };
    let listed: HashSet<u32> = listed.iter().copied().collect();
    let wanted = |k: &usize| {
        let (number, part) = (*k as u32, &message.parts[*k]);
        // The parser does not list text whose encoding is damaged.
        let damaged = || part.is_encoding_problem && is_shown_type(part) && !alternatives.contains(&number);
        let is_text = || matches!(part.body, PartType::Text(_) | PartType::Html(_));
        listed.contains(&number) || !attachment(part) && (damaged() || attempt == 2 && is_text())
    };
    (0..message.parts.len()).filter(wanted).collect()
}

/// The text of a part; where the parser failed or the charset is a lie, decoded anew as clients do.
fn decoded<'m>(message: &'m Message<'_>, part: &MessagePart<'_>, text: &'m str, html: bool) -> Cow<'m, str> {
    let replaced = memchr::memmem::find(text.as_bytes(), "\u{fffd}".as_bytes()).is_some();
    if !part.is_encoding_problem && !replaced {
        return Cow::Borrowed(text);
    }
    let raw = raw_body(message, part);
    let encoding = part.content_transfer_encoding().unwrap_or_default().trim();
    let bytes: Cow<'_, [u8]> = if encoding.eq_ignore_ascii_case("base64") {
        Cow::Owned(decode_some_base64(raw))
    } else if encoding.eq_ignore_ascii_case("quoted-printable") || part.encoding == Encoding::QuotedPrintable {
        quoted_printable_decode(raw).map_or(Cow::Borrowed(raw), Cow::Owned)
    } else {
        Cow::Borrowed(raw)
    };
    let named = part.content_type().and_then(|t| t.attribute("charset")).map(str::to_owned);
    let named = named.or_else(|| if html { html::charset(&bytes) } else { None });
    if let Ok(text) = std::str::from_utf8(&bytes) {
        return Cow::Owned(text.to_owned());
    }
    let is_utf8 = |name: &str| name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("utf8");
    let decoder = named.filter(|n| !is_utf8(n)).and_then(|n| charset_decoder(n.as_bytes()));
    match decoder.or_else(|| charset_decoder(b"windows-1252")) {
        Some(decode) => Cow::Owned(decode(&bytes)),
        None => String::from_utf8_lossy(&bytes).into_owned().into(),
    }
}

/// As much of base64 as can be decoded: up to the first character that is none.
fn decode_some_base64(raw: &[u8]) -> Vec<u8> {
    let is_digit = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let digits: Vec<u8> =
        raw.iter().take_while(|b| is_digit(b) || b.is_ascii_whitespace()).filter(|b| is_digit(b)).copied().collect();
    base64_decode(&digits).unwrap_or_default()
}

/// `Name <address>, …`
fn people<'m, const N: usize>(lists: [Option<&'m Address<'m>>; N]) -> String {
    let one = |person: &mail_parser::Addr<'_>| match (person.name(), person.address()) {
        (Some(name), Some(address)) if name != address => Some(format!("{name} <{address}>")),
        (_, Some(address)) => Some(address.to_owned()),
        (name, None) => name.map(str::to_owned),
    };
    lists.into_iter().flatten().flat_map(|list| list.iter().filter_map(one)).collect::<Vec<_>>().join(", ")
}

/// `Tue, 18 Apr 2023 13:37`, in the sender's time zone.
fn shown_date(date: &DateTime) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Some(month) = MONTHS.get(usize::from(date.month).wrapping_sub(1)).filter(|_| date.is_valid()) else {
        return String::new();
    };
    let day = DAYS.get(usize::from(date.day_of_week())).copied().unwrap_or_default();
    format!("{day}, {} {month} {} {:02}:{:02}", date.day, date.year, date.hour, date.minute)
}
