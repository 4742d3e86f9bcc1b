//! The two example programs, as their users run them: arguments, JSON lines, exit statuses, bad input.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use leakprint::catalogue::{Catalogue, CatalogueConfig};
use serde_json::{Value, json};

/// An example that `cargo test` has built beside this test.
fn program(example: &str) -> Command {
    let test: PathBuf = std::env::current_exe().unwrap();
    Command::new(test.parent().unwrap().parent().unwrap().join("examples").join(example))
}

fn run<S: AsRef<OsStr>>(example: &str, arguments: &[S]) -> Output {
    program(example)
        .args(arguments)
        .output()
        .expect("examples are built by `cargo test`, or by `--examples` besides `--test processes`")
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
    assert_eq!(keys(line), "height image known_texts limits matches millis reason verdict width words_seen");
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
fn public_texts_and_disabled_documents() {
    let (folder, inputs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mails = std::fs::read_to_string("testdata/mails.jsonl").unwrap();
    let mails = mails.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let body = mails.into_iter().find(|m| m["id"] == "tunnel-delay").unwrap()["body"].as_str().unwrap().to_owned();
    std::fs::write(inputs.path().join("printed.txt"), body).unwrap();
    std::fs::write(inputs.path().join("latin.txt"), b"caf\xe9").unwrap();
    let public = inputs.path().to_str().unwrap();
    let build = |arguments: &[&str]| {
        let built = build(folder.path(), arguments);
        (json_lines(&built).pop().unwrap_or_default(), text(&built.stderr), built.status.code())
    };
    let (summary, told, _) = build(&["testdata/mails.jsonl", "--public", public]);
    assert_eq!(
        (&summary["documents"], &summary["public"], &summary["also_public"]),
        (&15.into(), &1.into(), &1.into())
    );
    assert_eq!((&summary["held"], &summary["held_public"], &summary["skipped"]), (&15.into(), &1.into(), &1.into()));
    assert!(told.contains("latin.txt: it is not UTF-8") && told.contains("both a mail and a public text"), "{told}");
    let answer = |shot: &str| json_lines(&identify(folder.path(), &[&format!("testdata/shots/{shot}")])).remove(0);
    let line = answer("tunnel-delay--small.jpg");
    assert_eq!((&line["verdict"], &line["matches"]), (&"no_match".into(), &json!([])));
    let known = &line["known_texts"][0];
    assert_eq!(
        (&known["kind"], &known["family"], &known["documents"]),
        (&"public".into(), &2.into(), &json!(["printed.txt"]))
    );
    assert_eq!(known["words"][0]["public"], true);
    let (summary, ..) = build(&["--public", public]);
    assert_eq!((&summary["documents"], &summary["duplicates"]), (&0.into(), &1.into()), "the same again");

    let (summary, told, _) = build(&["--disable", "printed.txt", "budget-q3", "nobody"]);
    assert_eq!((&summary["disabled"], &summary["held_disabled"], &summary["held"]), (&2.into(), &2.into(), &15.into()));
    assert!(told.contains("nobody: no such id"), "{told}");
    assert_eq!(answer("tunnel-delay--small.jpg")["verdict"], "match");
    assert_eq!(answer("budget-q3--webmail-light.png")["verdict"], "no_match");
    let (summary, ..) = build(&["--enable", "budget-q3", "--remove", "printed.txt"]);
    assert_eq!((&summary["enabled"], &summary["removed"]), (&1.into(), &1.into()));
    assert_eq!((&summary["held_public"], &summary["held_disabled"]), (&0.into(), &0.into()));
    assert_eq!(answer("budget-q3--webmail-light.png")["verdict"], "match");
    assert_eq!(build(&["--disable", "nobody"]).2, Some(1), "nothing was done");
    // A folder that is no catalogue is not made one for an id's sake.
    let nowhere = inputs.path().join("nowhere");
    let refused = run("build_catalogue", &["--out", nowhere.to_str().unwrap(), "--disable", "x"]);
    assert!(!refused.status.success() && !nowhere.exists());
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
    let answered = identify(folder.path(), &["testdata/bad"]);
    assert!(answered.status.success(), "what is no good picture is answered so");
    assert!(text(&answered.stderr).contains("passed over in folders: 1 txt"), "{}", text(&answered.stderr));
    let answered = identify(folder.path(), &["testdata/bad/missing.png", "testdata/bad"]);
    assert_eq!(answered.status.code(), Some(1), "a picture could not be read");
    assert!(text(&answered.stderr).contains("identify: testdata/bad/missing.png: No such file"), "it is named");
    let reasons: Vec<(String, String)> = json_lines(&answered)
        .iter()
        .map(|l| {
            assert_eq!(l["verdict"], "unreadable", "{l}");
            (l["image"].as_str().unwrap().into(), l["reason"].as_str().expect("a reason").into())
        })
        .collect();
    let expected = [
        ("missing.png", "No such file"),
        ("empty.png", "0 bytes"),
        ("huge-header.png", "900000000, the limit is 160000000"),
        ("text.png", "not a picture"),
        ("truncated.png", "Png picture"),
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

/// Writes JSON lines of mails.
fn mails_file(path: &Path, mails: impl IntoIterator<Item = (String, String)>) {
    let lines = mails.into_iter().map(|(id, body)| json!({ "id": id, "body": body }).to_string() + "\n");
    std::fs::write(path, lines.collect::<String>()).unwrap();
}

#[test]
fn mails_of_one_id_are_both_held() {
    let folder = tempfile::tempdir().unwrap();
    let (catalogue, mails) = (folder.path().join("catalogue"), folder.path().join("mails.jsonl"));
    let texts = ["The merger is signed on Monday.", "Lunch is at one.", "Lunch is at one."];
    mails_file(&mails, texts.map(|t| ("x@y".into(), t.into())));
    let mails = mails.to_str().unwrap();
    let first = build(&catalogue, &[mails, "--verify"]);
    let summary = &json_lines(&first)[0];
    let counts =
        |s: &Value| ["documents", "held", "kept_beside", "duplicates", "replaced"].map(|k| s[k].as_u64().unwrap());
    assert_eq!(counts(summary), [2, 2, 1, 1, 0]);
    assert!(text(&first.stderr).contains("verified: 2 documents"), "{}", text(&first.stderr));
    assert!(text(&first.stderr).contains("1 mails have the id of another text"), "{}", text(&first.stderr));
    let again = build(&catalogue, &[mails]);
    assert_eq!(counts(&json_lines(&again)[0]), [0, 2, 0, 3, 0]);
    mails_file(mails.as_ref(), [("x@y".into(), "Dinner is at eight.".into())]);
    let replaced = build(&catalogue, &["--replace", mails]);
    assert_eq!(counts(&json_lines(&replaced)[0]), [1, 2, 0, 0, 1], "the first text went, the second is x@y#2");
}

#[test]
fn what_needs_a_catalogue_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let typo = folder.path().join("typo");
    for arguments in [&["--remove", "x"][..], &["--verify"], &["--compact"], &["--remove", "x", "testdata/mails.jsonl"]]
    {
        let output = build(&typo, arguments);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{arguments:?}");
        assert!(text(&output.stderr).contains("not a leakprint catalogue: there is no such folder"), "{arguments:?}");
        assert!(!typo.exists(), "{arguments:?}");
    }
}

#[test]
fn verifying_takes_no_lock() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Catalogue::create(folder.path(), CatalogueConfig::default()).unwrap();
    writer.commit().unwrap();
    let verified = build(folder.path(), &["--verify"]);
    assert!(verified.status.success(), "{}", text(&verified.stderr));
    let refused = build(folder.path(), &["--compact"]);
    assert!(!refused.status.success() && text(&refused.stderr).contains("it is being written to"));
    drop(writer);
    std::fs::remove_file(folder.path().join("LOCK")).unwrap();
    assert!(build(folder.path(), &["--verify"]).status.success());
    assert!(!folder.path().join("LOCK").exists(), "nothing was written");
}

#[test]
fn ids_and_inputs_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let (catalogue, mails) = (folder.path().join("catalogue"), folder.path().join("mails.jsonl"));
    mails_file(&mails, ["a", "b", "-c", "--d", "e"].map(|id| (id.into(), format!("The text of {id} alone."))));
    let mails = mails.to_str().unwrap();
    assert!(build(&catalogue, &[mails]).status.success());
    let counts = |output: &Output| {
        let summary = &json_lines(output)[0];
        ["removed", "documents", "duplicates", "held"].map(|k| summary[k].as_u64().unwrap())
    };
    // Ids follow an id; an input behind them is none; ids may begin as options do.
    assert_eq!(counts(&build(&catalogue, &["--remove", "a", "b"])), [2, 0, 0, 3]);
    assert_eq!(counts(&build(&catalogue, &["--remove", "-c", mails])), [1, 3, 2, 5]);
    assert_eq!(counts(&build(&catalogue, &["--remove", "-c", "--remove", "--d", "--compact"])), [2, 0, 0, 3]);
    assert_eq!(counts(&build(&catalogue, &[mails, "--remove", "e"])), [1, 3, 2, 5]);
    assert_eq!(counts(&build(&catalogue, &["--remove=-c", "--", mails])), [1, 1, 4, 5]);
    let neither = build(&catalogue, &["--remove", "a", "nowhere.eml"]);
    assert!(text(&neither.stderr).contains("nowhere.eml: no such id in the catalogue, and no such file"));
}

#[cfg(target_os = "linux")]
#[test]
fn file_names_are_any_bytes() {
    use std::os::unix::ffi::OsStrExt;

    let folder = tempfile::tempdir().unwrap();
    let catalogue = folder.path().join("catalogue");
    let strange = folder.path().join(OsStr::from_bytes(b"shots\xff"));
    std::fs::create_dir(&strange).unwrap();
    for name in [&b"a\xe9.png"[..], b"b.png", b"c\xf0.png"] {
        std::fs::copy("testdata/shots/bonus-pool--tweet.png", strange.join(OsStr::from_bytes(name))).unwrap();
    }
    let built = run("build_catalogue", &["--out".as_ref(), catalogue.as_os_str(), strange.as_os_str()]);
    assert_eq!(json_lines(&built)[0]["duplicates"], 2, "{}", text(&built.stderr));
    let answered = run("identify", &["--catalogue".as_ref(), catalogue.as_os_str(), strange.as_os_str()]);
    assert!(answered.status.success(), "{}", text(&answered.stderr));
    let lines = json_lines(&answered);
    assert_eq!(lines.len(), 3);
    for (line, name) in lines.iter().zip([&b"a\xe9.png"[..], b"b.png", b"c\xf0.png"]) {
        assert_eq!(line["verdict"], "match");
        let path = strange.join(OsStr::from_bytes(name));
        assert_eq!(line["image"], path.to_string_lossy().as_ref());
        assert_eq!(line["image_bytes"], json!(path.as_os_str().as_bytes()));
    }
    let plain = identify(&catalogue, &["testdata/shots/bonus-pool--tweet.png"]);
    assert_eq!(json_lines(&plain)[0].get("image_bytes"), None);
}

#[cfg(unix)]
#[test]
fn nobody_needs_to_read_to_the_end() {
    let folder = tempfile::tempdir().unwrap();
    // What is read is closed before the programs write.
    let unread = |example: &str, arguments: &[&str]| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let errors = writer.try_clone().unwrap();
        let status = program(example).args(arguments).stdout(writer).stderr(errors).status().unwrap();
        assert_eq!(status.code(), Some(0), "{example}");
    };
    let catalogue = folder.path().to_str().unwrap();
    unread("build_catalogue", &["--out", catalogue, "--verify", "testdata/mails.jsonl"]);
    unread("identify", &["--catalogue", catalogue, "testdata/shots/bonus-pool--tweet.png"]);
}

#[test]
fn threads_are_bounded() {
    let refused = identify(Path::new("nowhere"), &["--threads", "100000", "testdata/shots"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("100000 is not in"), "{}", text(&refused.stderr));
}

#[test]
fn folders_are_looked_into_by_content_and_nothing_is_passed_over_silently() {
    let folder = tempfile::tempdir().unwrap();
    let (catalogue, store) = (folder.path().join("catalogue"), folder.path().join("store"));
    std::fs::create_dir(&store).unwrap();
    for (file, name) in [
        ("testdata/shots/bonus-pool--tweet.png", "0f3a"),
        ("testdata/shots/tunnel-delay--small.jpg", "9c41"),
        ("testdata/shots/board-minutes--print-tilted.webp", "b7d2"),
        ("testdata/messages/one.eml", "e5aa"),
        ("testdata/bad/notes.txt", "notes.txt"),
        ("testdata/bad/notes.txt", "old.tar.bz2"),
        ("testdata/bad/notes.txt", "1.emlx"),
        ("testdata/bad/notes.txt", "2.EMLX"),
        ("testdata/bad/notes.txt", "README"),
        ("testdata/bad/notes.txt", "d0c5.f3b9a1c2d4e5f607"),
    ] {
        std::fs::copy(file, store.join(name)).unwrap();
    }
    let store = store.to_str().unwrap();
    let built = build(&catalogue, &[store]);
    let summary = &json_lines(&built)[0];
    assert_eq!((&summary["documents"], &summary["skipped"]), (&4.into(), &0.into()), "{}", text(&built.stderr));
    assert_eq!(summary["passed_over"], json!({ "bz2": 1, "emlx": 2, "no suffix": 1, "other": 1, "txt": 1 }));
    assert!(text(&built.stderr).contains("passed over in folders: 1 bz2, 2 emlx,"), "{}", text(&built.stderr));
    let answered = identify(&catalogue, &[store]);
    assert_eq!(json_lines(&answered).len(), 3);
    assert!(json_lines(&answered).iter().all(|l| l["verdict"] == "match"));
}

#[cfg(unix)]
mod interrupted {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::process::Child;
    use std::time::{Duration, Instant};

    use super::*;

    fn start(catalogue: &Path, input: &Path) -> Child {
        let mut command = program("build_catalogue");
        command.arg("--out").arg(catalogue).arg(input).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let begin = Instant::now();
        while !catalogue.join("LOCK").exists() {
            assert!(begin.elapsed() < Duration::from_secs(60), "it does not begin");
            std::thread::sleep(Duration::from_millis(5));
        }
        child
    }

    fn interrupt(child: &Child) {
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    }

    #[test]
    fn what_is_whole_is_committed() {
        const MAILS: u64 = 3000;
        let folder = tempfile::tempdir().unwrap();
        let (catalogue, mails) = (folder.path().join("catalogue"), folder.path().join("mails.jsonl"));
        let word = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_string();
        let body = |n: u64| (0..5).map(|k| word(5 * n + k)).collect::<Vec<_>>().join(" ");
        mails_file(&mails, (0..MAILS).map(|n| (n.to_string(), body(n))));
        let child = start(&catalogue, &mails);
        interrupt(&child);
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(130), "{}", text(&ended.stderr));
        assert!(text(&ended.stderr).contains("the same command goes on from there"), "{}", text(&ended.stderr));
        let summary = &json_lines(&ended)[0];
        assert_eq!(summary["interrupted"], true);
        let held = summary["held"].as_u64().unwrap();
        assert!(held < MAILS, "it was interrupted too late");
        assert_eq!(Catalogue::open(&catalogue).unwrap().documents() as u64, held);
        let rest = build(&catalogue, &[mails.to_str().unwrap()]);
        let summary = &json_lines(&rest)[0];
        assert_eq!((&summary["duplicates"], &summary["documents"]), (&held.into(), &(MAILS - held).into()));
    }

    #[test]
    fn a_second_time_ends_it_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let (catalogue, pipe) = (folder.path().join("catalogue"), folder.path().join("mails.jsonl"));
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let mut child =
            program("build_catalogue").arg("--out").arg(&catalogue).arg(&pipe).stderr(Stdio::piped()).spawn().unwrap();
        // It waits for the rest of this.
        let mut input = std::fs::File::options().write(true).open(&pipe).unwrap();
        input.write_all(b"{\"id\": \"a\"").unwrap();
        let mut errors = BufReader::new(child.stderr.take().unwrap());
        interrupt(&child);
        let mut line = String::new();
        errors.read_line(&mut line).unwrap();
        assert!(line.contains("interrupt again to end at once"), "{line}");
        interrupt(&child);
        assert_eq!(child.wait().unwrap().code(), Some(130));
        errors.read_to_string(&mut line).unwrap();
        drop(input);
    }
}

#[test]
fn quickstart_explains_itself_and_writes_where_it_is_built() {
    let help = run("quickstart", &["--help"]);
    assert!(help.status.success() && text(&help.stdout).contains("--picture"), "{}", text(&help.stdout));
    let folder = tempfile::tempdir().unwrap();
    let original = program("quickstart");
    let copy = folder.path().join("quickstart");
    std::fs::copy(original.get_program(), &copy).unwrap();
    let output = Command::new(&copy).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(folder.path().join("quickstart.png").exists(), "{}", text(&output.stdout));
}
