//! Sets on disk, opened, read and checked as an import does.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use proptest::prelude::*;
use skolhus_domain::refusal::Rule;
use tempfile::TempDir;

use super::check::{
    CheckError, Checked, KnownIds, NothingKnown, Severity, Unavailable, check, check_reporting,
};
use super::problem::{Problems, RowProblem};
use super::rows::{
    Class, Content, Demographics, EndDay, Enrollment, Org, Record, Role, SourcedId, User, UserRole,
};
use super::source::{Limits, Mode, Roster, RosterFile, SourceProblem};

#[path = "../../../../tests/fixtures/oneroster/generate.rs"]
mod generate;

fn contoso() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/oneroster/contoso")
}

/// A small sound set: a district, a school, a year, two terms, a course, a class, a teacher, two
/// pupils and a guardian.
fn sound() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut file = |name: &str, text: &str| {
        files.insert(name.to_owned(), text.to_owned());
    };
    file(
        "manifest.csv",
        "propertyName,value\nmanifest.version,1.0\noneroster.version,1.2\nfile.orgs,bulk\n\
         file.academicSessions,bulk\nfile.courses,bulk\nfile.classes,bulk\nfile.users,bulk\nfile.roles,bulk\n\
         file.enrollments,bulk\nfile.demographics,bulk\nfile.results,absent\nsource.systemName,Prov\n",
    );
    file(
        "orgs.csv",
        "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n\
         d,,,Kommunen,district,,\ns,,,Ängsskolan,school,12345678,d\n",
    );
    file(
        "academicSessions.csv",
        "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear\n\
         y,,,2026/2027,schoolYear,2026-08-17,2027-06-11,,2027\n\
         ht,,,HT 2026,term,2026-08-17,2026-12-18,y,2027\nvt,,,VT 2027,term,2027-01-11,2027-06-11,y,2027\n",
    );
    file(
        "courses.csv",
        "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes\n\
         k,,,y,\"Svenska, steg 1\",SVE1,,d,,\n",
    );
    file(
        "classes.csv",
        "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\n\
         c,,,Svenska 7B,\"7, 8\",k,SV7B,scheduled,,s,\"ht,vt\",,,\n",
    );
    file(
        "users.csv",
        "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,agentSourcedIds,password,metadata.hus\n\
         t,,,true,lararen,,Åsa,Öberg,,,\n\
         p1,,,true,elev1,\"{LDAP:e1},{Kort:77:8}\",Måns,Ängsberg,g,hemligt,blå\n\
         p2,,,false,elev2,,Tyra,Källskog,,,\ng,,,true,vh,,Love,Ängsberg,,,\n",
    );
    file(
        "roles.csv",
        "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId\n\
         r1,,,t,primary,teacher,2026-08-17,,s,\nr2,,,p1,primary,student,2026-08-17,2027-06-11,s,\n\
         r3,,,p2,primary,student,2026-08-17,2027-06-11,s,\nr4,,,g,primary,guardian,,,s,\n",
    );
    file(
        "enrollments.csv",
        "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n\
         e1,,,c,s,t,teacher,true,,\ne2,,,c,s,p1,student,,2026-08-17,2027-06-11\n\
         e3,,,c,s,p2,student,,2026-08-17,2026-10-31\n",
    );
    file(
        "demographics.csv",
        "sourcedId,status,dateLastModified,birthDate,sex,asian\np1,,,2013-02-28,,true\n",
    );
    files
}

/// The sound set with one text of one file replaced.
fn with(file: &str, from: &str, to: &str) -> BTreeMap<String, String> {
    let mut files = sound();
    let text = files.get_mut(file).unwrap();
    assert!(text.contains(from), "{from:?} is not in {file}");
    *text = text.replacen(from, to, 1);
    files
}

fn folder(files: &BTreeMap<String, String>) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn zip_of<'a>(entries: impl IntoIterator<Item = (String, &'a [u8])>) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let mut writer = zip::ZipWriter::new(file.as_file_mut());
    for (name, bytes) in entries {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap();
    file
}

fn checked(files: &BTreeMap<String, String>) -> Checked {
    let folder = folder(files);
    check(&Roster::open(folder.path()).unwrap(), &NothingKnown).unwrap()
}

fn places(problems: &Problems) -> Vec<(String, u64, String, Rule)> {
    problems
        .kept()
        .iter()
        .map(|RowProblem { file, line, field, code, detail: _ }| {
            (file.to_string(), *line, field.clone().unwrap_or_default(), code.0)
        })
        .collect()
}

/// The only problem of the sound set with one text replaced.
fn only_problem(file: &str, from: &str, to: &str) -> (u64, String, Rule) {
    let found = places(&checked(&with(file, from, to)).problems);
    let [(of, line, field, rule)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(of, file);
    (*line, field.clone(), *rule)
}

fn rows<T: Record>(roster: &Roster) -> Vec<T> {
    roster
        .rows::<T, _>(|rows| {
            rows.map(|parsed| match parsed.unwrap().row.unwrap().content {
                Content::Active(content) => content,
                Content::ToBeDeleted => panic!("nothing is deleted here"),
            })
            .collect()
        })
        .unwrap()
}

// --- sound sets -------------------------------------------------------------

#[test]
fn contoso_has_its_rows_and_no_problems() {
    let roster = Roster::open(&contoso()).unwrap();
    let checked = check(&roster, &NothingKnown).unwrap();
    assert!(checked.passes(), "{:?}", checked.problems.kept());
    assert_eq!(checked.warnings.total(), 0, "{:?}", checked.warnings.kept());
    let active: Vec<u64> = checked.counts.values().map(|count| count.active).collect();
    assert_eq!(active, [6, 2, 87, 87, 640, 640, 3687, 640]);
    assert_eq!(roster.system_code(), Some("OEA"));
}

#[test]
fn a_sound_set_is_read_field_by_field() {
    let folder = folder(&sound());
    let roster = Roster::open(folder.path()).unwrap();
    let checked = check(&roster, &NothingKnown).unwrap();
    assert!(checked.passes(), "{:?}", checked.problems.kept());
    assert_eq!(checked.warnings.total(), 0, "{:?}", checked.warnings.kept());

    let users = rows::<User>(&roster);
    assert_eq!(users[1].given_name.as_str(), "Måns");
    assert_eq!(users[1].agents, [SourcedId::new("g").unwrap()]);
    let ids: Vec<_> = users[1].user_ids.iter().map(|id| (id.kind.as_str(), id.id.as_str())).collect();
    assert_eq!(ids, [("LDAP", "e1"), ("Kort", "77:8")]);
    assert!(!users[2].enabled);
    let class = rows::<Class>(&roster).remove(0);
    assert_eq!(class.terms.len(), 2);
    assert_eq!(class.grades.iter().map(|grade| grade.as_str()).collect::<Vec<_>>(), ["7", "8"]);
    let roles = rows::<Role>(&roster);
    assert!(roles[3].role.is_agent() && roles[3].role == UserRole::Guardian);
    let enrollments = rows::<Enrollment>(&roster);
    assert_eq!(enrollments[0].primary, Some(true));
    let day = |reading| enrollments[2].dates.period(reading).unwrap().unwrap().to().unwrap().to_string();
    assert_eq!((day(EndDay::Last).as_str(), day(EndDay::DayAfter).as_str()), ("2026-10-31", "2026-10-30"));
    assert_eq!(rows::<Demographics>(&roster)[0].birth_date.unwrap().to_string(), "2013-02-28");
}

#[test]
fn bom_crlf_column_order_and_missing_optional_columns_make_no_difference() {
    let mut files = sound();
    for text in files.values_mut() {
        *text = format!("\u{FEFF}{}", text.replace('\n', "\r\n"));
    }
    files.insert(
        "orgs.csv".to_owned(),
        "\u{FEFF}parentSourcedId,\"type\",name,sourcedId\r\n,district,Kommunen,d\r\nd,school,Ängsskolan,s"
            .to_owned(),
    );
    let checked = checked(&files);
    assert!(checked.passes() && checked.warnings.is_empty(), "{:?}", checked.problems.kept());
}

#[test]
fn a_zip_is_its_folder_and_a_folder_inside_is_tolerated() {
    let files = sound();
    let folder = folder(&files);
    let fingerprint = Roster::open(folder.path()).unwrap().fingerprint().unwrap();
    for prefix in ["", "ht26/"] {
        let zip = zip_of(
            files
                .iter()
                .map(|(name, text)| (format!("{prefix}{name}"), text.as_bytes()))
                .chain([("__MACOSX/ht26/._users.csv".to_owned(), b"?".as_slice())]),
        );
        let roster = Roster::open(zip.path()).unwrap();
        assert_eq!(roster.fingerprint().unwrap(), fingerprint, "{prefix:?}");
        assert!(check(&roster, &NothingKnown).unwrap().passes());
    }
    let outer = TempDir::new().unwrap();
    fs::rename(folder.path(), outer.path().join("ht26")).unwrap();
    assert_eq!(Roster::open(outer.path()).unwrap().fingerprint().unwrap(), fingerprint);
    let changed = self::folder(&with("users.csv", "Måns", "Mons"));
    assert_ne!(Roster::open(changed.path()).unwrap().fingerprint().unwrap(), fingerprint);
}

#[test]
fn reading_goes_on_after_the_line_a_run_had_reached() {
    let roster = Roster::open(&contoso()).unwrap();
    let lines = |after| {
        roster
            .rows::<Enrollment, Vec<u64>>(|rows| {
                rows.skip_through(after).unwrap();
                rows.map(|parsed| parsed.unwrap().line).collect()
            })
            .unwrap()
    };
    assert_eq!(lines(3_685), [3_686, 3_687, 3_688]);
    assert_eq!(lines(0).len(), 3_687);
    assert!(lines(9_999).is_empty());
}

// --- sets that are none -----------------------------------------------------

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

#[test]
fn an_identifier_is_kept_as_it_is() {
    for raw in ["a", "É9, {x}\"", "A\u{30A}", &"x".repeat(255)] {
        assert_eq!(SourcedId::new(raw).unwrap().as_str(), raw);
    }
    for raw in ["", " ", " a", "a ", "a\tb", "\u{202E}a", &"x".repeat(256)] {
        assert!(SourcedId::new(raw).is_err(), "{raw:?}");
    }
}

// --- rows with problems -----------------------------------------------------

#[test]
fn each_broken_field_is_named_with_file_line_and_rule() {
    for (file, from, to, line, field, rule) in [
        ("orgs.csv", "s,,,Ängsskolan", "s,,,", 3, "name", Rule::Required),
        ("orgs.csv", ",school,", ",skola,", 3, "type", Rule::UnknownCode),
        ("orgs.csv", "Kommunen", "Kom\u{0}munen", 2, "name", Rule::ForbiddenCharacter),
        ("orgs.csv", "s,,,Ängs", "s,current,,Ängs", 3, "status", Rule::UnknownCode),
        ("orgs.csv", "s,,,Ängs", "s,,igår,Ängs", 3, "dateLastModified", Rule::Format),
        ("academicSessions.csv", "2026-12-18", "2026-11-31", 3, "endDate", Rule::Format),
        ("academicSessions.csv", "2026-12-18", "2026-12-8", 3, "endDate", Rule::Format),
        ("academicSessions.csv", "2026-12-18", "2026-08-16", 3, "endDate", Rule::PeriodReversed),
        ("academicSessions.csv", "2027-01-11", "1827-01-11", 4, "startDate", Rule::OutOfRange),
        ("academicSessions.csv", "y,2027\nvt", "y,27\nvt", 3, "schoolYear", Rule::Format),
        ("classes.csv", "\"ht,vt\"", "\"ht,,vt\"", 2, "termSourcedIds", Rule::Format),
        ("classes.csv", "\"ht,vt\"", "\"ht,ht\"", 2, "termSourcedIds", Rule::Duplicate),
        ("classes.csv", "\"ht,vt\"", "", 2, "termSourcedIds", Rule::Required),
        ("users.csv", "true,lararen", "yes,lararen", 2, "enabledUser", Rule::UnknownCode),
        ("users.csv", "Åsa", "", 2, "givenName", Rule::Required),
        ("users.csv", "{LDAP:e1}", "{LDAP}", 3, "userIds", Rule::Format),
        ("roles.csv", "t,primary", "t,first", 2, "roleType", Rule::UnknownCode),
        ("roles.csv", "guardian", "Guardian", 5, "role", Rule::UnknownCode),
        ("enrollments.csv", "true", "1", 2, "primary", Rule::UnknownCode),
        ("enrollments.csv", "2026-10-31", "20261031", 4, "endDate", Rule::Format),
        ("demographics.csv", "2013-02-28", "2013-02-29", 2, "birthDate", Rule::Format),
        ("demographics.csv", "2013-02-28,", "2013-02-28,girl", 2, "sex", Rule::UnknownCode),
    ] {
        let found = places(&checked(&with(file, from, to)).problems);
        let first = (file.to_owned(), line, field.to_owned(), rule);
        assert!(found.contains(&first), "{from:?} → {to:?}: {found:?}");
        // What else is found only follows from it.
        assert!(
            found.iter().all(|problem| *problem == first || problem.3 == Rule::UnknownReference),
            "{found:?}"
        );
    }
}

#[test]
fn a_line_that_is_not_csv_is_named_and_the_next_one_is_read() {
    for (from, to) in [
        ("e2,,,c,s,p1", "e2,,,c,s,\"p1"),
        ("e2,,,c,s,p1", "e2,,,c,s,\"p1\"x"),
        ("e2,,,c,s,p1", "e2,,,c,s,p1,"),
        ("e2,,,c,s,p1", "e2,,,c,s"),
    ] {
        assert_eq!(only_problem("enrollments.csv", from, to), (3, String::new(), Rule::Format), "{to:?}");
    }
    let mut bytes = sound()["users.csv"].clone().into_bytes();
    let position = bytes.windows(2).position(|pair| pair == "Å".as_bytes()).unwrap();
    bytes[position + 1] = b'x';
    let folder = folder(&sound());
    fs::write(folder.path().join("users.csv"), bytes).unwrap();
    let found = check(&Roster::open(folder.path()).unwrap(), &NothingKnown).unwrap();
    let first = ("users.csv".to_owned(), 2, "givenName".to_owned(), Rule::Format);
    assert_eq!(places(&found.problems).first(), Some(&first));
}

#[test]
fn a_wrong_header_is_said_first() {
    let checked = checked(&with("classes.csv", "schoolSourcedId", "school"));
    let found = places(&checked.problems);
    assert_eq!(found[0], ("classes.csv".to_owned(), 1, "schoolSourcedId".to_owned(), Rule::Required));
    assert!(
        found[1..]
            .iter()
            .all(|(file, .., rule)| file == "enrollments.csv" && *rule == Rule::UnknownReference)
    );
    assert!(checked.unreadable.contains(&RosterFile::Classes));
    assert!(checked.is_refused(RosterFile::Enrollments, 2));
    let twice = places(&self::checked(&with("orgs.csv", "identifier", "name")).problems);
    assert_eq!(twice[0], ("orgs.csv".to_owned(), 1, "name".to_owned(), Rule::Duplicate));
    assert_eq!(
        places(&self::checked(&with("orgs.csv", "identifier", "code")).warnings)[0].3,
        Rule::UnknownField
    );
    let mut empty = sound();
    empty.insert("demographics.csv".to_owned(), String::new());
    assert_eq!(places(&self::checked(&empty).problems)[0].1, 1);
}

#[test]
fn duplicates_name_the_second_and_tell_of_the_first() {
    let checked = checked(&with("enrollments.csv", "e3,", "e1,"));
    let [problem] = checked.problems.kept() else { panic!("{:?}", checked.problems.kept()) };
    assert_eq!(problem.to_string(), "enrollments.csv line 4, sourcedId: line 2 has the same identifier");
    let users = self::checked(&with("users.csv", "\ng,,,", "\nt,,,"));
    assert!(places(&users.problems).contains(&(
        "users.csv".to_owned(),
        5,
        "sourcedId".to_owned(),
        Rule::Duplicate
    )));
    assert!(
        checked.is_refused(RosterFile::Enrollments, 4) && !checked.is_refused(RosterFile::Enrollments, 2)
    );
}

#[test]
fn references_that_lead_nowhere_are_named() {
    for (file, from, to, line, field) in [
        ("orgs.csv", "12345678,d", "12345678,x", 3, "parentSourcedId"),
        ("academicSessions.csv", "2026-12-18,y", "2026-12-18,x", 3, "parentSourcedId"),
        ("courses.csv", ",d,", ",x,", 2, "orgSourcedId"),
        ("courses.csv", "k,,,y", "k,,,x", 2, "schoolYearSourcedId"),
        ("classes.csv", ",k,", ",x,", 2, "courseSourcedId"),
        ("classes.csv", "ht,vt", "ht,x", 2, "termSourcedIds"),
        ("users.csv", "Ängsberg,g", "Ängsberg,x", 3, "agentSourcedIds"),
        ("roles.csv", "r4,,,g", "r4,,,x", 5, "userSourcedId"),
        ("roles.csv", ",,s,", ",,x,", 2, "orgSourcedId"),
        ("enrollments.csv", "e2,,,c", "e2,,,x", 3, "classSourcedId"),
        ("enrollments.csv", "c,s,p1", "c,x,p1", 3, "schoolSourcedId"),
        ("enrollments.csv", "s,p2", "s,x", 4, "userSourcedId"),
        ("demographics.csv", "p1,", "x,", 2, "sourcedId"),
    ] {
        let found = places(&checked(&with(file, from, to)).problems);
        let first = (file.to_owned(), line, field.to_owned(), Rule::UnknownReference);
        assert!(found.contains(&first), "{from:?} → {to:?}: {found:?}");
    }
}

#[test]
fn what_hangs_on_a_refused_row_is_refused_with_it() {
    let checked = checked(&with("classes.csv", "scheduled", "sometimes"));
    assert_eq!(checked.problems.total(), 4, "{:?}", checked.problems.kept());
    assert_eq!(checked.counts[&RosterFile::Enrollments].refused, 3);
    // A contact is only left out.
    let guardian = self::checked(&with("users.csv", "Love", ""));
    assert!(!guardian.is_refused(RosterFile::Users, 3));
    assert!(
        places(&guardian.warnings)
            .iter()
            .any(|(_, line, field, _)| (*line, field.as_str()) == (3, "agentSourcedIds"))
    );
}

#[test]
fn nothing_stands_above_itself() {
    let found = checked(&with("orgs.csv", "district,,", "district,,s"));
    let circle: Vec<_> = places(&found.problems)
        .into_iter()
        .filter(|(file, _, _, rule)| file == "orgs.csv" && *rule == Rule::Conflict)
        .map(|(_, line, field, _)| (line, field))
        .collect();
    assert_eq!(circle, [(2, "parentSourcedId".to_owned()), (3, "parentSourcedId".to_owned())]);
}

#[test]
fn a_district_is_no_school() {
    assert_eq!(
        only_problem("enrollments.csv", "c,s,p2", "c,d,p2"),
        (4, "schoolSourcedId".to_owned(), Rule::Conflict)
    );
}

#[test]
fn one_person_is_in_one_class_once_at_a_time() {
    let twice = "e3,,,c,s,p1,student,,2027-06-11,";
    assert_eq!(
        only_problem("enrollments.csv", "e3,,,c,s,p2,student,,2026-08-17,2026-10-31", twice),
        (4, "beginDate".to_owned(), Rule::Overlap)
    );
    let after = "e3,,,c,s,p1,student,,2027-06-12,";
    let checked = checked(&with("enrollments.csv", "e3,,,c,s,p2,student,,2026-08-17,2026-10-31", after));
    assert!(checked.passes());
    assert_eq!(
        only_problem("roles.csv", "r3,,,p2", "r3,,,p1").2,
        Rule::Overlap,
        "a student's roles at one school may not overlap either"
    );
}

#[test]
fn what_only_looks_odd_is_a_warning() {
    for (file, from, to, line, field, rule) in [
        (
            "academicSessions.csv",
            "2026-08-17,2026-12-18",
            "2026-08-10,2026-12-18",
            3,
            "startDate",
            Rule::OutsidePeriod,
        ),
        ("enrollments.csv", "2027-06-11", "2027-07-01", 3, "endDate", Rule::OutsidePeriod),
        ("enrollments.csv", "teacher", "ext:resurs", 2, "role", Rule::UnknownCode),
        ("courses.csv", "k,,,y", "k,,,ht", 2, "schoolYearSourcedId", Rule::Conflict),
        ("roles.csv", "r4,,,g", "r4,,,t", 5, "sourcedId", Rule::Conflict),
        ("orgs.csv", "s,,,Ängs", "s,active,2026-08-01T10:00:00+02:00,Ängs", 0, "", Rule::Conflict),
    ] {
        let checked = checked(&with(file, from, to));
        assert!(checked.passes(), "{to:?}: {:?}", checked.problems.kept());
        let found = places(&checked.warnings);
        let file = if field == "sourcedId" { "users.csv" } else { file };
        let expected = (file.to_owned(), line, field.to_owned(), rule);
        assert!(found == [expected.clone()] || (line == 0 && found.is_empty()), "{to:?}: {found:?}");
    }
}

#[test]
fn a_problem_shows_no_value() {
    for (file, from, to) in [
        ("users.csv", "t,,,true,lararen", "tHEMLIG,,,HEMLIG,lararen"),
        ("users.csv", "{LDAP:e1}", "HEMLIG"),
        ("users.csv", "metadata.hus", "HEMLIG"),
        ("demographics.csv", "2013-02-28", "HEMLIG"),
        ("demographics.csv", "2013-02-28,", ",HEMLIG"),
        ("enrollments.csv", "s,p2", "s,HEMLIG"),
        ("roles.csv", "guardian", "ext:HEMLIG"),
    ] {
        let checked = checked(&with(file, from, to));
        assert!(checked.problems.total() + checked.warnings.total() > 0);
        let json = serde_json::to_string(&checked).unwrap();
        assert!(!json.contains("HEMLIG") && !format!("{checked:?}").contains("HEMLIG"), "{json}");
    }
    let folder = folder(&sound());
    let roster = Roster::open(folder.path()).unwrap();
    let shown = format!("{:?}{:?}", rows::<User>(&roster), rows::<Demographics>(&roster));
    assert!(!shown.contains("Måns") && !shown.contains("2013"));
}

#[test]
fn problems_are_counted_beyond_those_kept() {
    let mut files = sound();
    let enrollments = files.get_mut("enrollments.csv").unwrap();
    for number in 0..2_500 {
        enrollments.push_str(&format!("f{number},,,c,s,ingen,student,,,\n"));
    }
    let folder = folder(&files);
    let mut reported = std::collections::BTreeSet::new();
    let roster = Roster::open(folder.path()).unwrap();
    let checked = check_reporting(&roster, &NothingKnown, &mut |severity, problem| {
        assert_eq!(severity, Severity::Problem);
        reported.insert(problem.line);
    })
    .unwrap();
    assert!(checked.problems.total() > 2_500);
    assert_eq!(checked.problems.kept().len(), super::check::KEPT);
    assert_eq!(reported, (5..2_505).collect(), "each refused row is reported");
}

// --- deltas -----------------------------------------------------------------

/// Knows some identifiers, and notes what it was asked.
struct Register {
    known: Vec<(RosterFile, &'static str)>,
    asked: Mutex<Vec<(RosterFile, Vec<String>)>>,
}

impl KnownIds for Register {
    fn known(&self, kind: RosterFile, ids: &[SourcedId]) -> Result<Vec<bool>, Unavailable> {
        let asked = ids.iter().map(|id| id.as_str().to_owned()).collect();
        self.asked.lock().unwrap().push((kind, asked));
        Ok(ids
            .iter()
            .map(|id| self.known.iter().any(|(of, known)| *of == kind && *known == id.as_str()))
            .collect())
    }
}

fn delta() -> BTreeMap<String, String> {
    BTreeMap::from([
        (
            "manifest.csv".to_owned(),
            "propertyName,value\nmanifest.version,1.0\noneroster.version,1.2\nfile.users,delta\nfile.enrollments,delta\n"
                .to_owned(),
        ),
        (
            "users.csv".to_owned(),
            "sourcedId,status,dateLastModified,enabledUser,username,givenName,familyName\n\
             p3,active,2026-09-01T06:00:00Z,true,elev3,Saga,Mårdvik\n\
             p2,tobedeleted,2026-09-01T06:00:00Z,,,,\n"
                .to_owned(),
        ),
        (
            "enrollments.csv".to_owned(),
            "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role\n\
             e4,active,2026-09-01T06:00:00Z,c,s,p3,student\ne5,active,2026-09-01T06:00:00Z,c,s,p1,student\n\
             e3,tobedeleted,2026-09-01T06:00:00Z,,,,\n"
                .to_owned(),
        ),
    ])
}

#[test]
fn a_delta_asks_the_register_for_what_it_does_not_hold_itself() {
    let folder = folder(&delta());
    let roster = Roster::open(folder.path()).unwrap();
    assert_eq!((roster.mode(RosterFile::Users), roster.mode(RosterFile::Orgs)), (Mode::Delta, Mode::Absent));
    let register = Register {
        known: vec![(RosterFile::Classes, "c"), (RosterFile::Orgs, "s"), (RosterFile::Users, "p1")],
        asked: Mutex::default(),
    };
    let checked = check(&roster, &register).unwrap();
    assert!(checked.passes(), "{:?}", checked.problems.kept());
    assert_eq!(checked.answered_by_register, 5);
    assert_eq!(
        *register.asked.lock().unwrap(),
        [
            (RosterFile::Orgs, vec!["s".to_owned()]),
            (RosterFile::Classes, vec!["c".to_owned()]),
            (RosterFile::Users, vec!["p1".to_owned()]),
        ]
    );
    let counts = &checked.counts[&RosterFile::Enrollments];
    assert_eq!((counts.active, counts.ended), (2, 1));

    let unknown = check(&roster, &NothingKnown).unwrap();
    assert_eq!(unknown.problems.total(), 5);
    assert!(unknown.is_refused(RosterFile::Enrollments, 3));
    assert!(rows::<Org>(&roster).is_empty(), "an absent file has no rows");
}

#[test]
fn a_delta_says_what_became_of_each_row_and_when() {
    let register = Register {
        known: vec![(RosterFile::Classes, "c"), (RosterFile::Orgs, "s"), (RosterFile::Users, "p1")],
        asked: Mutex::default(),
    };
    for (file, from, to, line, field, rule) in [
        ("users.csv", "p3,active", "p3,", 2, "status", Rule::Required),
        ("users.csv", "p3,active,2026-09-01T06:00:00Z", "p3,active,", 2, "dateLastModified", Rule::Required),
        ("users.csv", "status,", "Status,", 1, "status", Rule::Required),
        ("enrollments.csv", "c,s,p3", "c,s,p2", 2, "userSourcedId", Rule::State),
    ] {
        let mut files = delta();
        let text = files.get_mut(file).unwrap();
        *text = text.replacen(from, to, 1);
        let folder = folder(&files);
        let found = check(&Roster::open(folder.path()).unwrap(), &register).unwrap();
        let first = (file.to_owned(), line, field.to_owned(), rule);
        assert!(places(&found.problems).contains(&first), "{to:?}: {:?}", found.problems.kept());
    }
    // In a bulk file an ended row is taken, with a warning.
    let bulk = checked(&with("enrollments.csv", "e3,", "e3,tobedeleted"));
    assert!(bulk.passes());
    assert_eq!(places(&bulk.warnings)[0].2, "status");
}

#[test]
fn a_register_that_fails_ends_the_check() {
    struct Away;
    impl KnownIds for Away {
        fn known(&self, _: RosterFile, _: &[SourcedId]) -> Result<Vec<bool>, Unavailable> {
            Err("away".into())
        }
    }
    let folder = folder(&delta());
    assert!(matches!(check(&Roster::open(folder.path()).unwrap(), &Away), Err(CheckError::Known(_))));
}

// --- any bytes, many rows ---------------------------------------------------

/// Bytes that look like CSV more often than chance would have it.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..8),
        proptest::sample::select(vec![
            ",",
            "\n",
            "\r\n",
            "\"",
            "sourcedId",
            "status",
            "type",
            "name",
            "ext:",
            "{a:b}",
            "2026-02-30",
            "s",
            "d",
            "parentSourcedId",
            "\u{FEFF}",
            "å",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_bytes_in_a_file_make_it_panic(
        bytes in bytes(),
        file in proptest::sample::select(vec![
            "manifest.csv", "orgs.csv", "academicSessions.csv", "courses.csv", "classes.csv", "users.csv",
            "roles.csv", "enrollments.csv", "demographics.csv",
        ]),
        keep in any::<bool>(),
    ) {
        let mut content = Vec::new();
        if keep {
            content.extend_from_slice(sound()[file].as_bytes());
        }
        content.extend_from_slice(&bytes);
        let folder = folder(&sound());
        fs::write(folder.path().join(file), content).unwrap();
        if let Ok(roster) = Roster::open(folder.path()) {
            let checked = check(&roster, &NothingKnown).unwrap();
            prop_assert_eq!(checked.problems.is_empty(), checked.passes());
        }
    }

    #[test]
    fn no_damage_to_a_zip_makes_it_panic(
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..12),
        length in proptest::option::of(any::<proptest::sample::Index>()),
    ) {
        let files = sound();
        let zip = zip_of(files.iter().map(|(name, text)| (name.clone(), text.as_bytes())));
        let mut bytes = fs::read(zip.path()).unwrap();
        for (index, byte) in damage {
            let position = index.index(bytes.len());
            bytes[position] = byte;
        }
        if let Some(length) = length {
            bytes.truncate(length.index(bytes.len()));
        }
        fs::write(zip.path(), bytes).unwrap();
        if let Ok(roster) = Roster::open(zip.path()) {
            let _ = check(&roster, &NothingKnown);
        }
    }
}

#[test]
fn a_generated_set_is_sound_and_the_same_each_time() {
    let size = generate::Size::users(400);
    let fingerprints: Vec<_> = (0..2)
        .map(|_| {
            let folder = TempDir::new().unwrap();
            generate::write_set(folder.path(), &size).unwrap();
            let roster = Roster::open(folder.path()).unwrap();
            let checked = check(&roster, &NothingKnown).unwrap();
            assert!(checked.passes() && checked.warnings.is_empty(), "{:?}", checked.problems.kept());
            assert_eq!(checked.counts[&RosterFile::Users].rows, 400);
            assert_eq!(checked.counts[&RosterFile::Enrollments].rows, u64::from(size.enrollments()));
            checked.fingerprint
        })
        .collect();
    assert_eq!(fingerprints[0], fingerprints[1]);
}
