//! Sound sets, read as they stand.

use super::*;

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
    assert!(EndDay::default() == EndDay::Last, "the import takes the day as it stands");
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

#[test]
fn an_identifier_is_kept_as_it_is() {
    for raw in ["a", "É9, {x}\"", "A\u{30A}", &"x".repeat(255)] {
        assert_eq!(SourcedId::new(raw).unwrap().as_str(), raw);
    }
    for raw in ["", " ", " a", "a ", "a\tb", "\u{202E}a", &"x".repeat(256)] {
        assert!(SourcedId::new(raw).is_err(), "{raw:?}");
    }
}
