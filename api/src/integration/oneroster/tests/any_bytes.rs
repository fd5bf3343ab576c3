//! Any bytes, many rows.

use super::*;

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
