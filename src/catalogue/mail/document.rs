//! A mail's text, and how long it may be.

use serde::{Deserialize, Serialize};

/// A mail's text. Only `body` is needed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Its name in answers: unique in a catalogue. Empty: a hash of the body's words becomes its name.
    #[serde(default)]
    pub id: String,
    /// Sender as shown: `Name <address>`.
    #[serde(default)]
    pub from: String,
    /// Recipients as shown.
    #[serde(default)]
    pub to: String,
    /// Date as written.
    #[serde(default)]
    pub date: String,
    /// Subject.
    #[serde(default)]
    pub subject: String,
    /// The body's text; its words are what a picture is compared with.
    pub body: String,
    /// Words of the body that quote another mail, as half-open ranges, where the text itself does not show it (a
    /// quotation in HTML). Quotations marked in the text (`>`, "Original Message") are found at enrolment.
    #[serde(default)]
    pub quoted: Vec<[u32; 2]>,
}

/// Longest line of a JSON-lines file, in bytes.
///
/// Tuned (bytes): chosen by eye; a text of [`MAX_TEXT`] whose every character is escaped takes 48 MB.
pub const MAX_LINE: u64 = 64 << 20;
/// Longest text of one mail, in bytes: more than a million words. Longer ones are an error.
///
/// Tuned (bytes): chosen by eye.
pub const MAX_TEXT: usize = 8 << 20;
/// Bytes of one message that are looked at; of a longer one only what is cut off is lost, mostly attachments.
///
/// Tuned (bytes): chosen by eye.
pub const MAX_MESSAGE: usize = 32 << 20;
