//! Who is who: every document of a catalogue by its ids and by the hash of its text.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Where a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DocumentRef {
    /// In a segment.
    Committed {
        /// Number of the segment's file.
        segment: u32,
        /// The document's number there.
        ordinal: u32,
    },
    /// Among the documents that are not committed yet.
    Pending(u32),
}

/// Which documents there are; only a catalogue that is changed needs to know.
#[derive(Debug, Default)]
pub(super) struct Register {
    by_id: HashMap<Box<str>, DocumentRef>,
    by_content: HashMap<u64, DocumentRef>,
    /// Further documents whose texts have a hash that another text has.
    colliding: HashMap<u64, Vec<DocumentRef>>,
    /// Of ids that several texts asked for, the number that the next text gets: see [`Register::id_beside`].
    next_beside: HashMap<Box<str>, u32>,
}

impl Register {
    /// The document of an id.
    pub(super) fn find(&self, id: &str) -> Option<DocumentRef> {
        self.by_id.get(id).copied()
    }

    /// All ids, in no order.
    pub(super) fn into_ids(self) -> impl Iterator<Item = String> {
        self.by_id.into_keys().map(String::from)
    }

    /// The documents whose text has this hash.
    pub(super) fn with_content(&self, content: u64) -> impl Iterator<Item = DocumentRef> {
        let colliding = self.colliding.get(&content).map_or(&[][..], Vec::as_slice);
        self.by_content.get(&content).into_iter().chain(colliding).copied()
    }

    /// Hashes that several texts have, with the documents of each.
    pub(super) fn collisions(&self) -> impl Iterator<Item = Vec<DocumentRef>> {
        self.colliding.keys().map(|&content| self.with_content(content).collect())
    }

    /// Gives a document an id; returns whether the id was free.
    pub(super) fn insert_id(&mut self, id: &str, document: DocumentRef) -> bool {
        self.by_id.insert(id.into(), document).is_none()
    }

    /// Frees an id.
    pub(super) fn remove_id(&mut self, id: &str) {
        self.by_id.remove(id);
    }

    /// Adds a document by its text.
    pub(super) fn insert_content(&mut self, content: u64, document: DocumentRef) {
        match self.by_content.entry(content) {
            Entry::Vacant(entry) => drop(entry.insert(document)),
            Entry::Occupied(_) => self.colliding.entry(content).or_default().push(document),
        }
    }

    /// Removes a document by its text.
    pub(super) fn remove_content(&mut self, content: u64, document: DocumentRef) {
        let next = self.colliding.get_mut(&content).and_then(|others| match self.by_content.get(&content) {
            Some(&first) if first == document => others.pop(),
            _ => {
                others.retain(|&other| other != document);
                None
            }
        });
        if self.colliding.get(&content).is_some_and(Vec::is_empty) {
            self.colliding.remove(&content);
        }
        match next {
            Some(next) => drop(self.by_content.insert(content, next)),
            None if self.by_content.get(&content) == Some(&document) => drop(self.by_content.remove(&content)),
            None => {}
        }
    }

    /// Says where a document is after a commit.
    pub(super) fn relocate(&mut self, ids: &[&str], content: u64, to: DocumentRef) {
        let from = ids.first().and_then(|&id| self.find(id));
        for &id in ids {
            match self.by_id.get_mut(id) {
                Some(known) => *known = to,
                None => drop(self.by_id.insert(id.into(), to)),
            }
        }
        let others = self.colliding.get_mut(&content).into_iter().flatten();
        match self.by_content.get_mut(&content).into_iter().chain(others).find(|known| Some(**known) == from) {
            Some(known) => *known = to,
            None => self.insert_content(content, to),
        }
    }

    /// The first free one of `id#2`, `id#3` and so on: the id of another text whose mail claims an id that is taken.
    pub(super) fn id_beside(&mut self, id: &str) -> String {
        let mut number = self.next_beside.get(id).copied().unwrap_or(2);
        let beside = loop {
            let beside = format!("{id}#{number}");
            number += 1;
            if !self.by_id.contains_key(beside.as_str()) {
                break beside;
            }
        };
        self.next_beside.insert(id.into(), number);
        beside
    }

    /// Bytes taken up, about.
    pub(super) fn memory_usage(&self) -> usize {
        // An entry's key and value, its control byte, and room that is free.
        let entry = |key: usize| (key + size_of::<DocumentRef>() + 1) * 8 / 7;
        let ids: usize = self.by_id.keys().map(|id| id.len() + entry(size_of::<Box<str>>())).sum();
        let beside: usize = self.next_beside.keys().map(|id| id.len() + entry(size_of::<Box<str>>())).sum();
        let colliding: usize = self.colliding.values().map(|v| v.len() * size_of::<DocumentRef>() + entry(32)).sum();
        ids + beside + colliding + self.by_content.len() * entry(size_of::<u64>())
    }
}

/// Whether `id` is one that [`Register::id_beside`] makes of `claimed`.
pub(super) fn is_beside(id: &str, claimed: &str) -> bool {
    let number = id.strip_prefix(claimed).and_then(|rest| rest.strip_prefix('#'));
    number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(register: &Register, content: u64) -> Vec<DocumentRef> {
        register.with_content(content).collect()
    }

    #[test]
    fn texts_of_one_hash_are_kept_apart() {
        let [a, b, c] = [0, 1, 2].map(DocumentRef::Pending);
        for removed in [a, b, c] {
            let mut register = Register::default();
            [a, b, c].into_iter().for_each(|d| register.insert_content(7, d));
            assert_eq!(pending(&register, 7), [a, b, c]);
            register.remove_content(7, removed);
            let left = pending(&register, 7);
            assert!(left.len() == 2 && !left.contains(&removed), "{left:?}");
            register.remove_content(7, left[1]);
            register.remove_content(7, left[0]);
            assert_eq!((pending(&register, 7), register.collisions().count()), (vec![], 0));
        }
    }

    #[test]
    fn a_commit_moves_one_of_two_texts_of_a_hash() {
        let mut register = Register::default();
        for (k, id) in ["a", "b"].iter().enumerate() {
            register.insert_id(id, DocumentRef::Pending(k as u32));
            register.insert_content(7, DocumentRef::Pending(k as u32));
        }
        let to = DocumentRef::Committed { segment: 4, ordinal: 0 };
        register.relocate(&["b"], 7, to);
        assert_eq!(pending(&register, 7), [DocumentRef::Pending(0), to]);
        assert_eq!((register.find("a"), register.find("b")), (Some(DocumentRef::Pending(0)), Some(to)));
    }

    #[test]
    fn an_id_that_is_taken_is_numbered() {
        let mut register = Register::default();
        for id in ["x", "x#3"] {
            register.insert_id(id, DocumentRef::Pending(0));
        }
        let beside: Vec<String> = (0..3).map(|_| register.id_beside("x")).collect();
        assert_eq!(beside, ["x#2", "x#4", "x#5"]);
        assert!(beside.iter().all(|id| is_beside(id, "x")));
        assert!(["x", "x#", "x#b", "y#2", "x2"].iter().all(|id| !is_beside(id, "x")));
    }
}
