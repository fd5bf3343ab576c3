//! Uploads that are refused: each with what is wrong and where, and without a trace in the register.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read, Write},
    net::TcpStream,
};

use skolhus_domain::access::Role;
use skolhus_tests::{on_both, register::School};

use super::{contoso, rows, upload, upload_bytes, work, zip};

/// A set as bytes, so that it may be in any encoding.
fn set() -> BTreeMap<String, Vec<u8>> {
    contoso().into_iter().map(|(name, text)| (name, text.into_bytes())).collect()
}

/// The set with one file changed.
fn with(file: &str, change: impl FnOnce(&str) -> Vec<u8>) -> BTreeMap<String, Vec<u8>> {
    let mut files = set();
    let text = String::from_utf8(files[file].clone()).unwrap();
    files.insert(file.to_owned(), change(&text));
    files
}

/// A given name with å, ä and ö in the first row, in Windows-1252.
fn windows_1252(text: &str) -> Vec<u8> {
    let line = text.lines().nth(1).unwrap();
    let mut fields: Vec<&str> = line.split(',').collect();
    fields[6] = "Åsa-Märta";
    let edited = text.replacen(line, &fields.join(","), 1);
    edited.chars().map(|character| u8::try_from(u32::from(character)).unwrap()).collect()
}

on_both! {
    async fn what_is_no_set_is_refused_whole(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let entry = |name: &str, bytes: Vec<u8>| {
            let mut files = set();
            files.insert(name.to_owned(), bytes);
            zip(&files)
        };
        let mut no_manifest = set();
        no_manifest.remove("manifest.csv");
        let mut short = set();
        short.remove("roles.csv");
        let old = with("manifest.csv", |text| text.replace("oneroster.version,1.2", "oneroster.version,1.1").into());
        let mut encrypted = zip(&set());
        // The flag of encryption, in both headers of the first entry.
        for (mark, place) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
            let at = encrypted.windows(4).position(|window| window == mark).unwrap();
            encrypted[at + place] |= 1;
        }
        let swollen = vec![b','; 64 << 20];
        let many: BTreeMap<String, Vec<u8>> = (0..300).map(|number| (format!("{number}.txt"), vec![])).collect();
        for (what, bytes, failure) in [
            ("no zip", b"sourcedId,name\n1,2\n".to_vec(), "this is neither a folder nor a zip archive that can be read"),
            ("cut off", zip(&set())[..5_000].to_vec(), "this is neither a folder nor a zip archive that can be read"),
            ("a way out", entry("../../users.csv", vec![]), "its name leads outside the set"),
            ("an absolute name", entry("/etc/users.csv", vec![]), "its name leads outside the set"),
            ("a bomb", entry("resources.csv", swollen), "packed more tightly than a roster can be"),
            ("many entries", zip(&many), "too many files"),
            ("locked", encrypted, "encrypted"),
            ("no manifest", zip(&no_manifest), "there is no manifest.csv, neither at the top nor one folder down"),
            ("a file missing", zip(&short), "the manifest declares roles.csv, but it is not in the set"),
            ("another version", zip(&old), "oneroster.version must be 1.2; other versions are not read"),
        ] {
            let path = upload_bytes(&server, &token, "", bytes).await;
            work(&server).await;
            let job = server.get(&path).token(&token).send().await.expect(200).body;
            assert_eq!(job["state"], "failed", "{what}: {job:#}");
            let said = job["failure"].as_str().unwrap();
            assert!(said.contains(failure), "{what}: {said}");
        }
        let units = server.get("/v1/school-units").token(&token).send().await.expect(200);
        assert_eq!(units.body["data"].as_array().unwrap().len(), 1, "nothing was saved");
    }
}

on_both! {
    async fn a_file_that_cannot_be_read_is_named_with_its_line(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let utf16 = |text: &str| {
            let marked = format!("\u{FEFF}{text}");
            marked.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
        };
        let twice = |text: &str| text.replacen("familyName", "givenName", 1).into_bytes();
        let long = |text: &str| {
            let line = text.lines().nth(2).unwrap();
            text.replacen(line, &format!("{line}{}", "x".repeat(70_000)), 1).into_bytes()
        };
        let semicolons = |text: &str| text.replace(',', ";").into_bytes();
        let quote = |text: &str| {
            let line = text.lines().nth(3).unwrap();
            text.replacen(line, &line.replacen(',', ",\"", 1), 1).into_bytes()
        };
        type Place<'a> = (&'a str, i64, Option<&'a str>, &'a str);
        type Files = BTreeMap<String, Vec<u8>>;
        let cases: Vec<(&str, Files, Place<'_>)> = vec![
            ("Windows-1252", with("users.csv", windows_1252),
                ("users.csv", 2, Some("givenName"), "is not UTF-8 (Windows-1252, perhaps); export the set as UTF-8")),
            ("UTF-16", with("users.csv", utf16), ("users.csv", 1, None, "the file is UTF-16; export it as UTF-8")),
            ("a column twice", with("users.csv", twice),
                ("users.csv", 1, Some("givenName"), "this column stands there twice")),
            ("a huge row", with("users.csv", long), ("users.csv", 3, None, "the line is longer than a line may be")),
            ("semicolons", with("orgs.csv", semicolons),
                ("orgs.csv", 1, None, "semicolons stand between the columns; export with commas")),
            ("an open quote", with("courses.csv", quote),
                ("courses.csv", 4, None, "a quoted field is not closed on its line")),
        ];
        for (what, files, (file, line, field, detail)) in cases {
            let path = upload(&server, &token, "", &files).await;
            work(&server).await;
            let job = server.get(&path).token(&token).send().await.expect(200).body;
            assert_eq!(job["state"], "failed", "{what}: {job:#}");
            let problems = rows(&server, &token, &job, "problem").await;
            let named = problems.iter().any(|row| {
                (row["file"].as_str(), row["line"].as_i64(), row["field"].as_str(), row["detail"].as_str())
                    == (Some(file), Some(line), field, Some(detail))
            });
            assert!(named, "{what}: {problems:#?}");
            // The job says the first of them too, for those who look no further.
            assert!(job["failure"].as_str().unwrap().contains("nothing was saved; the first: "), "{job:#}");
        }
        let units = server.get("/v1/school-units").token(&token).send().await.expect(200);
        assert_eq!(units.body["data"].as_array().unwrap().len(), 1, "nothing was saved");

        // A mark of byte order and lines of Windows are no fault.
        let windows: BTreeMap<String, Vec<u8>> = contoso()
            .into_iter()
            .map(|(name, text)| (name, format!("\u{FEFF}{}", text.replace('\r', "").replace('\n', "\r\n")).into_bytes()))
            .collect();
        let path = upload(&server, &token, "?dryRun=true", &windows).await;
        work(&server).await;
        let job = server.get(&path).token(&token).send().await.expect(200).body;
        assert_eq!((job["state"].as_str(), job["results"]["problems"].as_u64()), (Some("done"), Some(0)), "{job:#}");
    }
}

on_both! {
    async fn an_upload_that_says_it_is_too_large_is_not_received(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let address = server.address;
        let answer = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            let head = format!(
                "POST /v1/imports/oneroster HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
                 content-type: application/zip\r\ncontent-length: 268435457\r\nconnection: close\r\n\r\nPK"
            );
            stream.write_all(head.as_bytes()).unwrap();
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            String::from_utf8_lossy(&answer).into_owned()
        })
        .await
        .unwrap();
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        let empty = server
            .request(reqwest::Method::POST, "/v1/imports/oneroster")
            .token(&school.token(&server, Role::Registrar).await)
            .body("application/zip", Cursor::new(Vec::new()).into_inner())
            .send()
            .await;
        empty.expect(400);
    }
}
