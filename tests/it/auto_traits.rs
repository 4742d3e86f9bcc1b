//! Public types can be shared between threads, carried over a caught panic, and printed: a field that ends this is a
//! breaking change.

use std::fmt::Debug;
use std::panic::{RefUnwindSafe, UnwindSafe};

use leakprint::catalogue::mail::{Mail, Mails};
use leakprint::catalogue::text::{Face, TextEncoder, TextPatch, TextWord};
use leakprint::catalogue::{Added, Catalogue, CatalogueConfig};
use leakprint::fingerprint::{BitWeights, Codes, DistanceModel, Encoder, Family, Fingerprint, Patch};
use leakprint::geom::{Point, Rect, WordFrame};
use leakprint::page::{Line, Page, PageConfig, Word};
use leakprint::raster::{Raster, RasterConfig};
use leakprint::verdict::{Match, MatchedWord, Outcome, Verdict, VerdictConfig};
use leakprint::{Config, Error, Matcher};

fn shared<T: Send + Sync + Unpin + ?Sized>() {}

fn sent<T: Send>() {}

fn carried<T: UnwindSafe + RefUnwindSafe + ?Sized>() {}

fn printed<T: Debug + ?Sized>() {}

macro_rules! all {
    ($($type:ty),+ $(,)?) => {$(
        shared::<$type>();
        carried::<$type>();
        printed::<$type>();
    )+};
}

#[test]
fn public_types_have_their_auto_traits() {
    all!(Config, CatalogueConfig, Added, Mail, Face, TextPatch, TextWord);
    all!(BitWeights, Codes, DistanceModel, Box<dyn Encoder>, Family, Fingerprint, Patch);
    all!(Point, Rect, WordFrame, Line, Page, PageConfig, Word, Raster, RasterConfig);
    all!(Match, MatchedWord, Outcome, Verdict, VerdictConfig);
    shared::<(Matcher, Catalogue, TextEncoder<'_>)>();
    carried::<(Matcher, Catalogue, TextEncoder<'_>)>();
    sent::<Mails>();
    // An operating system's error may hold anything.
    shared::<Error>();
    printed::<Error>();
}
