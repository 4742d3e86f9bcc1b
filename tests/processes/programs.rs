//! The two example programs, as their users run them: arguments, JSON lines, exit statuses, bad input.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Runs an example that `cargo test` has built beside this test.
fn run(example: &str, arguments: &[&str]) -> Output {
    let test: PathBuf = std::env::current_exe().unwrap();
    let program = test.parent().unwrap().parent().unwrap().join("examples").join(example);
    Command::new(program).args(arguments).output().expect("the example is built by `cargo test`")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn json_lines(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|l| serde_json::from_str(l).expect("only JSON on stdout")).collect()
}

fn build(folder: &Path, inputs: &[&str]) -> Output {
    run("build_catalogue", &[&["--out", folder.to_str().unwrap()], inputs].concat())
}

fn identify(folder: &Path, inputs: &[&str]) -> Output {
    run("identify", &[&["--catalogue", folder.to_str().unwrap()], inputs].concat())
}

#[test]
fn build_then_identify() {
    let folder = tempfile::tempdir().unwrap();
    let built = build(folder.path(), &["testdata/mails.jsonl"]);
    assert!(built.status.success(), "{}", text(&built.stderr));
    let summary = &json_lines(&built)[0];
    assert_eq!((&summary["documents"], &summary["words"]), (&14.into(), &2343.into()));
    assert_eq!((&summary["duplicates"], &summary["skipped"]), (&0.into(), &0.into()));
    assert!(summary["seconds"].is_number());

    let again = build(folder.path(), &["testdata/mails.jsonl"]);
    assert_eq!(json_lines(&again)[0]["duplicates"], 14);

    let answered = identify(folder.path(), &["--threads", "2", "testdata/shots", "testdata/bad/text.png"]);
    assert!(answered.status.success(), "{}", text(&answered.stderr));
    let lines = json_lines(&answered);
    assert_eq!(lines.len(), 14, "13 pictures of the folder, then the one named");
    let names: Vec<&str> = lines.iter().map(|l| l["image"].as_str().unwrap()).collect();
    assert!(names[..13].is_sorted() && names[13] == "testdata/bad/text.png", "in input order");
    let line = lines.iter().find(|l| l["image"].as_str().unwrap().contains("budget-q3")).unwrap();
    let keys = |v: &Value| v.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>().join(" ");
    assert_eq!(keys(line), "height image matches millis reason verdict width words_seen");
    assert_eq!((&line["verdict"], &line["reason"]), (&"match".into(), &Value::Null));
    assert_eq!((&line["width"], &line["height"]), (&1280.into(), &768.into()));
    let found = &line["matches"][0];
    assert_eq!(
        keys(found),
        "aligned_words beyond document_coverage document_words documents e_value lacking level query_coverage region score \
         shared words"
    );
    assert_eq!(found["documents"][0], "budget-q3");
    assert_eq!(keys(&found["words"][0]), "agreement altered altered_probability box document_word");
    assert_eq!(keys(&line["millis"]), "align decode fingerprint page search total");

    let removed =
        run("build_catalogue", &["--out", folder.path().to_str().unwrap(), "--remove", "budget-q3", "nobody"]);
    assert!(removed.status.success());
    assert!(text(&removed.stderr).contains("nobody: no such id"));
    let shot = "testdata/shots/budget-q3--webmail-light.png";
    assert_eq!(json_lines(&identify(folder.path(), &[shot]))[0]["verdict"], "no_match");
}

#[test]
fn every_kind_of_input() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = ["testdata/messages", "testdata/bad/notes.txt", "testdata/shots/roof-bees--webmail-light.png"];
    let built = build(folder.path(), &inputs);
    assert!(built.status.success());
    let summary = &json_lines(&built)[0];
    assert_eq!((&summary["documents"], &summary["skipped"]), (&5.into(), &1.into()), "{}", text(&built.stderr));
    assert!(text(&built.stderr).contains("notes.txt"), "what failed is named");
    // The message is found under its own Message-ID.
    let answered = identify(folder.path(), &["testdata/shots/lodz-plant--phone-marked.png"]);
    let line = &json_lines(&answered)[0];
    assert_eq!(line["verdict"], "match");
    assert!(line["matches"][0]["documents"][0].as_str().unwrap().contains('@'), "{line}");
}

#[test]
fn ids_from_files_and_captures_joined() {
    let folder = tempfile::tempdir().unwrap();
    let shots = ["testdata/shots/tunnel-delay--small.jpg", "testdata/shots/bonus-pool--tweet.png"];
    let built = build(
        folder.path(),
        &["--file-ids", "--join", "two-pages", "testdata/messages", shots[0], shots[1], "gone.eml"],
    );
    assert!(built.status.success(), "{}", text(&built.stderr));
    let summary = &json_lines(&built)[0];
    assert_eq!((&summary["documents"], &summary["skipped"]), (&5.into(), &1.into()), "{}", text(&built.stderr));
    assert!(text(&built.stderr).contains("skipped: gone.eml: No such file"), "{}", text(&built.stderr));
    for shot in shots {
        assert_eq!(json_lines(&identify(folder.path(), &[shot]))[0]["matches"][0]["documents"][0], "two-pages");
    }
    let removed = ["--remove", "one.eml", "three.mbox", "three.mbox:2", "three.mbox:3", "two-pages"];
    assert!(text(&build(folder.path(), &removed).stderr).is_empty(), "all these are ids");
}

#[test]
fn bad_pictures_are_answered_with_their_reason() {
    let folder = tempfile::tempdir().unwrap();
    build(folder.path(), &["testdata/mails.jsonl"]);
    let answered = identify(folder.path(), &["testdata/bad", "testdata/bad/missing.png"]);
    assert!(answered.status.success());
    let reasons: Vec<(String, String)> = json_lines(&answered)
        .iter()
        .map(|l| {
            assert_eq!(l["verdict"], "unreadable", "{l}");
            (l["image"].as_str().unwrap().into(), l["reason"].as_str().expect("a reason").into())
        })
        .collect();
    let expected = [
        ("empty.png", "0 bytes"),
        ("huge-header.png", "900000000, the limit is 160000000"),
        ("text.png", "not a picture"),
        ("truncated.png", "Png picture"),
        ("missing.png", "No such file"),
    ];
    assert_eq!(reasons.len(), expected.len());
    for ((image, reason), (name, part)) in reasons.iter().zip(expected) {
        assert!(image.ends_with(name) && reason.contains(part), "{image}: {reason}");
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let said = |output: &Output, part: &str| {
        let stderr = text(&output.stderr);
        assert!(!output.status.success() && output.stdout.is_empty() && stderr.contains(part), "{stderr}");
    };
    said(&identify(&empty, &["testdata/shots"]), "not a leakprint catalogue");
    said(&identify(Path::new("testdata/mails.jsonl"), &["testdata/shots"]), "testdata/mails.jsonl");
    let catalogue = folder.path().join("catalogue");
    build(&catalogue, &["testdata/mails.jsonl"]);
    said(&identify(&catalogue, &[empty.to_str().unwrap()]), "no pictures found");
    said(&identify(&catalogue, &["--max-e", "-1", "testdata/shots"]), "verdict.max_e is -1");
    let nothing = build(&folder.path().join("nothing"), &["testdata/bad/notes.txt"]);
    assert!(!nothing.status.success(), "nothing could be enrolled");
    assert_eq!(json_lines(&nothing)[0]["skipped"], 1);
}
