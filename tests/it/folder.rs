//! A catalogue's folder from one commit to the next.

use std::ops::ControlFlow;

use leakprint::catalogue::Catalogue;

use crate::common::{answers, mails};
use crate::invented::{cheap, mail};

#[test]
fn what_is_interrupted_is_taken_up_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let stream = || (0..9000).map(|n| Ok(mail(n, 12)));
    let mut catalogue = Catalogue::edit_or_create(folder.path(), cheap()).unwrap();
    let part = catalogue.enrol(stream(), |_| ControlFlow::Break(())).unwrap();
    assert!(part.documents > 0 && part.documents < 9000, "{part:?}");
    drop(catalogue);
    let mut catalogue = Catalogue::edit_or_create(folder.path(), cheap()).unwrap();
    let rest = catalogue.enrol(stream(), |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((rest.documents, rest.duplicates), (9000 - part.documents, part.documents));
    drop(catalogue);
    let whole = Catalogue::open(folder.path()).unwrap();
    assert_eq!((whole.documents(), whole.ids().unwrap().len()), (9000, 9000));
    whole.verify().unwrap();
}

#[test]
fn a_removed_mail_is_never_named_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut mails = mails();
    mails.extend((0..300).map(|n| mail(n, 180)));
    let mut catalogue = Catalogue::edit_or_create(folder.path(), cheap()).unwrap();
    catalogue.add_mails(&mails).unwrap();
    catalogue.commit().unwrap();
    let picture = std::fs::read("testdata/shots/tusk-settlement--desktop-crop.png").unwrap();
    let named = || -> Vec<Vec<String>> {
        let verdicts = answers(folder.path(), &picture).unwrap();
        verdicts.into_iter().map(|v| v.matches.into_iter().flat_map(|m| m.documents).collect()).collect()
    };
    assert_eq!(named(), vec![vec!["tusk-settlement"]; 2]);
    assert!(catalogue.remove("tusk-settlement").unwrap());
    assert_eq!(named(), vec![vec!["tusk-settlement"]; 2], "not committed yet");
    catalogue.commit().unwrap();
    assert_eq!(named(), vec![Vec::<String>::new(); 2], "a tombstone");
    let large = catalogue.disk_usage();
    catalogue.compact().unwrap();
    assert_eq!(named(), vec![Vec::<String>::new(); 2], "compacted");
    assert!(catalogue.disk_usage() < large, "its codes are gone");
    catalogue.add_mails(&mails).unwrap();
    catalogue.commit().unwrap();
    assert_eq!(named(), vec![vec!["tusk-settlement"]; 2], "back again");
}
