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

mod any_bytes;
mod deltas;
mod problems;
mod refused;
mod sound;

#[path = "../../../../../tests/fixtures/oneroster/generate.rs"]
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
