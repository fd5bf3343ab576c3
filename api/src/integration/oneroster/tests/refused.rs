//! Sets that are none.

use super::*;

fn refusal(files: &BTreeMap<String, String>) -> String {
    Roster::open(folder(files).path()).unwrap_err().to_string()
}

#[test]
fn a_manifest_must_be_there_be_sound_and_tell_the_truth() {
    let mut files = sound();
    files.remove("manifest.csv");
    assert_eq!(refusal(&files), "there is no manifest.csv, neither at the top nor one folder down");
    let mut files = sound();
    files.remove("roles.csv");
    assert_eq!(refusal(&files), "the manifest declares roles.csv, but it is not in the set");
    for (from, to, problem) in [
        ("1.2\n", "1.1\n", "oneroster.version must be 1.2; other versions are not read"),
        ("manifest.version,1.0\n", "", "manifest.csv must say manifest.version"),
        ("orgs,bulk", "orgs,all", "manifest.csv line 4: file.orgs must be absent, bulk or delta"),
        ("propertyName", "name", "manifest.csv line 1: the header must be propertyName,value"),
        (
            "file.orgs,bulk",
            "file.orgs",
            "manifest.csv line 4: a line must have a property name and a value between commas, in UTF-8",
        ),
        ("file.orgs,bulk", "file.roles,bulk", "manifest.csv line 9: this property stands there twice"),
        (
            "file.orgs,bulk",
            "\"file.orgs,bulk",
            "manifest.csv line 4: a quoted field is not closed on its line",
        ),
    ] {
        assert_eq!(refusal(&with("manifest.csv", from, to)), problem);
    }
}

#[test]
fn files_that_are_not_read_are_named() {
    let mut files =
        with("manifest.csv", "file.results,absent", "file.results,bulk\nfile.userProfiles,absent");
    for name in ["results.csv", "userProfiles.csv", "anteckningar.txt"] {
        files.insert(name.to_owned(), String::new());
    }
    let checked = checked(&files);
    assert!(checked.passes());
    let named: Vec<_> = places(&checked.warnings).into_iter().map(|(file, ..)| file).collect();
    assert_eq!(named, ["results.csv", "userProfiles.csv"]);
}

#[test]
fn a_zip_that_leads_outside_or_swells_is_refused() {
    let manifest = sound().remove("manifest.csv").unwrap();
    for name in ["../users.csv", "/etc/users.csv", "a\\..\\users.csv", "c:users.csv", "x/../../users.csv"] {
        let zip = zip_of([
            ("manifest.csv".to_owned(), manifest.as_bytes()),
            (name.to_owned(), b"sourcedId".as_slice()),
        ]);
        let problem = Roster::open(zip.path()).unwrap_err();
        assert!(matches!(problem, SourceProblem::UnsafeEntry { entry: 2, .. }), "{name}: {problem}");
    }
    let swollen = vec![b','; 8 << 20];
    let zip = zip_of([
        ("manifest.csv".to_owned(), manifest.as_bytes()),
        ("users.csv".to_owned(), swollen.as_slice()),
    ]);
    let problem = Roster::open(zip.path()).unwrap_err();
    assert!(matches!(problem, SourceProblem::TooLarge(_)), "{problem}");
    let many = zip_of((0..300).map(|number| (format!("{number}.txt"), b"".as_slice())));
    assert!(matches!(Roster::open(many.path()), Err(SourceProblem::TooLarge(_))));
    let two = zip_of([
        ("a/manifest.csv".to_owned(), manifest.as_bytes()),
        ("b/manifest.csv".to_owned(), manifest.as_bytes()),
    ]);
    assert!(matches!(Roster::open(two.path()), Err(SourceProblem::SeveralManifests)));
    let deep = zip_of([("a/b/manifest.csv".to_owned(), manifest.as_bytes())]);
    assert!(matches!(Roster::open(deep.path()), Err(SourceProblem::NoManifest)));
}

#[test]
fn an_entry_that_understates_its_size_does_not_fill_memory() {
    let files = sound();
    let mut padded = files["users.csv"].clone().into_bytes();
    padded.extend(vec![b'\n'; 400_000]);
    let zip = zip_of(files.iter().map(|(name, text)| {
        (name.clone(), if name == "users.csv" { padded.as_slice() } else { text.as_bytes() })
    }));
    // Both headers of the entry state a tenth of the truth.
    let mut bytes = fs::read(zip.path()).unwrap();
    let truth = u32::try_from(padded.len()).unwrap().to_le_bytes();
    let lie = 40_000u32.to_le_bytes();
    let mut lies = 0;
    for position in 0..bytes.len() - 4 {
        if bytes[position..position + 4] == truth {
            bytes[position..position + 4].copy_from_slice(&lie);
            lies += 1;
        }
    }
    assert!(lies >= 1);
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    let outcome = Roster::open(file.path()).map(|roster| check(&roster, &NothingKnown));
    assert!(!matches!(outcome, Ok(Ok(_))), "the lie went through");
}

#[test]
fn limits_hold_for_lines_rows_and_files() {
    let folder = folder(&sound());
    let open = |limits| Roster::open_within(folder.path(), limits);
    let small = Limits { file_bytes: 50, ..Limits::default() };
    assert!(matches!(open(small), Err(SourceProblem::TooLarge(_))));
    let few = open(Limits { rows: 2, ..Limits::default() }).unwrap();
    assert!(matches!(
        check(&few, &NothingKnown),
        Err(CheckError::Source(SourceProblem::TooLarge("too many rows in one file")))
    ));
    let short = open(Limits { line_bytes: 60, ..Limits::default() }).unwrap();
    let found = check(&short, &NothingKnown).unwrap();
    assert!(places(&found.problems).contains(&("orgs.csv".to_owned(), 1, String::new(), Rule::Format)));
}

#[cfg(unix)]
#[test]
fn a_link_in_a_folder_is_refused() {
    let folder = folder(&sound());
    fs::rename(folder.path().join("users.csv"), folder.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("elsewhere", folder.path().join("users.csv")).unwrap();
    assert!(matches!(Roster::open(folder.path()), Err(SourceProblem::UnsafeEntry { .. })));
}
