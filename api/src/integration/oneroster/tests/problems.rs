//! Rows with problems, and what is said of them.

use super::*;

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
    assert_eq!(checked.problems.kept().len(), super::super::check::KEPT);
    assert_eq!(reported, (5..2_505).collect(), "each refused row is reported");
}
