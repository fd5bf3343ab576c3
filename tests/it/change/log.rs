//! Positions, seals, and what `audit verify` finds.

use serde_json::json;
use skolhus_domain::access::{Caller, Role};
use skolhus_persistence::{
    Error,
    change::{
        Anchor,
        audit::{self, Fault, Finding, PART, Report, Verification},
        purge,
    },
};
use skolhus_tests::{on_both, raw::Raw, register::School, server::TestServer};

async fn verify(server: &TestServer, up_to: Option<Anchor>) -> (Report, Vec<Finding>) {
    let whole = verify_in_parts(server, up_to.clone(), PART).await;
    // However small the parts are, the answer is the same.
    let (report, findings, parts) = verify_in_parts(server, up_to, 1).await;
    assert_eq!((report, &findings), (whole.0, &whole.1));
    assert!(parts >= report.seals, "{parts} parts for {} seals", report.seals);
    (report, findings)
}

async fn verify_in_parts(
    server: &TestServer,
    up_to: Option<Anchor>,
    part: u64,
) -> (Report, Vec<Finding>, u64) {
    let (mut findings, mut parts) = (Vec::new(), 0);
    let heard = |_: &Report, found: &[Finding]| {
        parts += 1;
        findings.extend_from_slice(found);
    };
    let report = skolhus_api::change::proof::verify(&server.state, up_to, part, heard).await.unwrap();
    assert_eq!(report.findings, findings.len() as u64);
    (report, findings, parts)
}

async fn anchors(server: &TestServer) -> Vec<Anchor> {
    let state = &server.state;
    let caller = Caller::system("audit", Caller::every_organiser(), state.fresh_uuid(), state.clock.now());
    state.database.read(&caller, audit::anchors).await.unwrap()
}

/// A school whose log has three seals; its unit is renamed so often.
async fn busy_school(server: &TestServer) -> School {
    let school = School::enter(server).await;
    let token = school.token(server, Role::Registrar).await;
    server.settle_log().await;
    let path = format!("/v1/school-units/{}", school.unit);
    for version in 1..=4 {
        let name = json!({ "name": format!("Väggarps folkhögskola {version}") });
        server.patch(&path, &format!("\"{version}\""), &name).token(&token).send().await.expect(200);
        if version % 2 == 0 {
            server.settle_log().await;
        }
    }
    school
}

/// Lets a test change what the database keeps.
fn without_guards(raw: &mut Raw, sql: &str) {
    if raw.is_postgres() {
        raw.execute(&format!(
            "ALTER TABLE changes DISABLE TRIGGER USER; ALTER TABLE change_seals DISABLE TRIGGER USER; \
             ALTER TABLE change_details DISABLE TRIGGER USER; {sql}"
        ));
    } else {
        let triggers = raw.texts(
            "SELECT 'DROP TRIGGER ' || name AS value FROM sqlite_schema WHERE type = 'trigger' AND tbl_name LIKE 'change%'",
        );
        triggers.iter().for_each(|drop| raw.execute(drop));
        raw.execute(sql);
    }
}

fn faults(findings: &[Finding]) -> Vec<(Option<i64>, Option<i64>, Fault)> {
    findings.iter().map(|finding| (finding.seal, finding.position, finding.fault)).collect()
}

on_both! {
    async fn a_whole_log_verifies_and_its_tail_is_counted(server: TestServer) {
        let school = busy_school(&server).await;
        let (report, findings) = verify(&server, None).await;
        assert_eq!(findings, []);
        assert_eq!((report.organisers, report.seals, report.unsealed), (1, 3, 0));
        let token = school.token(&server, Role::Registrar).await;
        let (report, _) = verify(&server, None).await;
        assert_eq!(report.unsealed, 2, "an account and its role");
        server.settle_log().await;
        let elsewhere = School::enter(&server).await;
        server.settle_log().await;
        let (after, findings) = verify(&server, None).await;
        assert_eq!((after.organisers, after.seals, after.unsealed, findings.len()), (2, 5, 0, 0));
        let anchors = anchors(&server).await;
        assert_eq!(anchors.len(), 2);
        assert!(anchors.iter().any(|anchor| anchor.organiser == elsewhere.organiser && anchor.number == 1));
        for anchor in anchors {
            assert_eq!(verify(&server, Some(anchor)).await.1, []);
        }
        drop(token);
        server.stop().await;
    }
}

on_both! {
    async fn a_log_is_verified_while_it_grows_in_short_transactions(server: TestServer) {
        let school = busy_school(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        server.settle_log().await;
        let path = format!("/v1/school-units/{}", school.unit);
        let (state, mut after_parts) = (&server.state, 0);
        let mut verification = Verification::new(None);
        while !verification.is_done() {
            // Something is written, and sealed, between every two parts; in the end the check catches up.
            if after_parts < 8 {
                let name = json!({ "name": format!("Öland {after_parts}") });
                server.patch(&path, "*", &name).token(&token).send().await.expect(200);
                server.settle_log().await;
            }
            after_parts += 1;
            let caller = Caller::system("audit", Caller::every_organiser(), state.fresh_uuid(), state.clock.now());
            let (next, findings) = state
                .database
                .read(&caller, move |connection, scope| verification.next_part(connection, scope, 1))
                .await
                .unwrap();
            assert_eq!(findings, []);
            verification = next;
        }
        let report = verification.report();
        assert_eq!((report.findings, report.unsealed, report.seals), (0, 0, 12));
        server.stop().await;
    }
}

on_both! {
    async fn positions_are_dense_in_the_order_of_commit(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let workers = server.work();
        let path = format!("/v1/school-units/{}", school.unit);
        for round in 0..5 {
            let bodies: Vec<_> = (0..8).map(|number| json!({ "name": format!("Åsa {round} {number}") })).collect();
            let saves = bodies.iter().map(|body| server.request(reqwest::Method::PATCH, &path).header("if-match", "*").json(body).token(&token).send());
            let answers = futures_util::future::join_all(saves).await;
            assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
        }
        workers.stop().await;
        server.settle_log().await;
        let mut raw = Raw::open(server.state.database.address());
        let all = raw.texts("SELECT CAST(position AS TEXT) AS value FROM changes ORDER BY position");
        let expected: Vec<String> = (1..=all.len()).map(|position| position.to_string()).collect();
        assert_eq!(all, expected);
        let versions = raw.texts(
            "SELECT CAST(version AS TEXT) AS value FROM changes WHERE entity = 'school unit' ORDER BY position",
        );
        let expected: Vec<String> = (1..=41).map(|version| version.to_string()).collect();
        assert_eq!(versions, expected);
        assert_eq!(verify(&server, None).await.1, []);
        drop(raw);
        server.stop().await;
    }
}

on_both! {
    async fn the_database_refuses_to_alter_the_log(server: TestServer) {
        let _school = busy_school(&server).await;
        let mut raw = Raw::open(server.state.database.address());
        let mut refused = vec![
            "UPDATE changes SET actor_name = 'nobody'",
            "UPDATE changes SET position = position + 1",
            "UPDATE changes SET position = NULL",
            "DELETE FROM changes",
            "UPDATE change_seals SET seal = ''",
            "DELETE FROM change_seals",
            "UPDATE change_details SET details = ''",
        ];
        if raw.is_postgres() {
            refused.extend(["TRUNCATE changes", "TRUNCATE change_seals", "TRUNCATE change_details"]);
        }
        for sql in refused {
            let error = raw.attempt(sql).map_err(Error::from).expect_err(sql);
            assert!(error.violates("changes_are_kept") || error.violates("change_details_are_kept"), "{sql}: {error}");
        }
        assert_eq!(verify(&server, None).await.1, []);
        drop(raw);
        server.stop().await;
    }
}

on_both! {
    async fn an_altered_change_is_found_and_named(server: TestServer) {
        let school = busy_school(&server).await;
        let mut raw = Raw::open(server.state.database.address());
        without_guards(&mut raw, "UPDATE changes SET actor_name = 'teacher' WHERE position = 6");
        let (_, findings) = verify(&server, None).await;
        assert_eq!(faults(&findings), [(Some(2), Some(6), Fault::ChangeAltered)]);
        assert_eq!(findings[0].organiser, Some(school.organiser));
        let words = format!("organiser {}, seal 2, position 6: the change was altered", school.organiser);
        assert_eq!(findings[0].to_string(), words);
        raw.execute("UPDATE changes SET position = 100 WHERE position = 3");
        let (_, findings) = verify(&server, None).await;
        let gaps: Vec<_> = findings.iter().filter(|finding| finding.fault == Fault::Gap).collect();
        assert_eq!((gaps[0].position, gaps[0].through), (Some(3), None));
        // Many in a row are told of once: a position as high as can be must not keep the check busy.
        assert_eq!((gaps.len(), gaps[1].through), (2, Some(99)));
        let mut found = faults(&findings);
        found.retain(|(.., fault)| *fault != Fault::Gap);
        assert_eq!(found, [
            (Some(1), Some(3), Fault::ChangeMissing),
            (Some(2), Some(6), Fault::ChangeAltered),
            (None, Some(100), Fault::ChangeNotSealed),
        ]);
        drop(raw);
        server.stop().await;
    }
}

on_both! {
    async fn a_removed_change_is_found_and_named(server: TestServer) {
        let _school = busy_school(&server).await;
        let mut raw = Raw::open(server.state.database.address());
        without_guards(&mut raw, "DELETE FROM changes WHERE position = 7");
        let (_, findings) = verify(&server, None).await;
        assert_eq!(faults(&findings), [(Some(2), Some(7), Fault::ChangeMissing), (None, Some(7), Fault::Gap)]);
        raw.execute("DELETE FROM changes WHERE position = (SELECT max(position) FROM changes)");
        assert_eq!(verify(&server, None).await.1.len(), 3, "the last one too");
        drop(raw);
        server.stop().await;
    }
}

on_both! {
    async fn altered_or_missing_details_are_found_unless_their_purge_is_recorded(server: TestServer) {
        let school = busy_school(&server).await;
        let mut raw = Raw::open(server.state.database.address());
        let state = &server.state;
        let caller = Caller::system("privacy", school.organiser, state.fresh_uuid(), state.clock.now());
        let id = state.fresh_uuid();
        let purged = state.database.write(&caller, move |tx, scope| {
            purge::purge_details(tx, scope, id, 1, 3, "retention: two years")
        }).await.unwrap();
        assert_eq!(purged, 3);
        server.settle_log().await;
        let (report, findings) = verify(&server, None).await;
        assert_eq!((report.purged, findings), (3, vec![]));

        let of = |position: i64| format!("(SELECT transaction_id FROM changes WHERE position = {position}) \
            AND ordinal = (SELECT ordinal FROM changes WHERE position = {position})");
        without_guards(&mut raw, &format!("DELETE FROM change_details WHERE transaction_id = {}", of(5)));
        raw.execute(&format!("UPDATE change_details SET details = details || ' ' WHERE transaction_id = {}", of(6)));
        let (_, findings) = verify(&server, None).await;
        assert_eq!(faults(&findings), [
            (Some(1), Some(5), Fault::DetailsMissing),
            (Some(2), Some(6), Fault::DetailsAltered),
        ]);
        // A purge that only its row speaks of counts for nothing.
        raw.execute("UPDATE detail_purges SET last_position = 5");
        assert_eq!(verify(&server, None).await.1.len(), 2);
        drop(raw);
        server.stop().await;
    }
}

on_both! {
    async fn a_removed_or_rewritten_seal_is_found(server: TestServer) {
        let school = busy_school(&server).await;
        let anchor = anchors(&server).await.remove(0);
        assert_eq!((anchor.organiser, anchor.number), (school.organiser, 3));
        let mut raw = Raw::open(server.state.database.address());
        let copy = raw.text("SELECT seal AS value FROM change_seals WHERE number = 2");
        without_guards(&mut raw, "UPDATE change_seals SET seal = '0' WHERE number = 2");
        let (_, findings) = verify(&server, None).await;
        assert_eq!(faults(&findings), [(Some(2), None, Fault::SealAltered), (Some(3), None, Fault::ChainBroken)]);
        raw.execute(&format!("UPDATE change_seals SET seal = '{copy}' WHERE number = 2"));
        assert_eq!(verify(&server, None).await.1, []);

        raw.execute("DELETE FROM change_seals WHERE number = 2");
        let (_, findings) = verify(&server, None).await;
        let mut found = faults(&findings);
        assert_eq!(found.remove(0), (Some(2), None, Fault::SealMissing));
        assert!(found.iter().all(|(.., fault)| *fault == Fault::ChangeNotSealed) && found.len() == 2, "{found:?}");

        // The end of the log cut off with its seals: only the anchor knows.
        raw.execute("DELETE FROM change_seals WHERE number >= 2; DELETE FROM changes WHERE position > 5");
        assert_eq!(verify(&server, None).await.1, []);
        let (_, findings) = verify(&server, Some(anchor)).await;
        assert_eq!(faults(&findings), [(Some(3), None, Fault::AnchorMissing)]);
        drop(raw);
        server.stop().await;
    }
}
