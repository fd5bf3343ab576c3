//! Deltas, and what the register is asked.

use super::*;

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
