//! What an import does to families: it names, and people decide.

use std::{fs, path::Path};

use serde_json::{Value, json};
use skolhus_api::http::{catalogue::Code, problem::Problem};
use skolhus_domain::{
    access::{Caller, Level, Role},
    id::Id,
    person::{ContactDetails, NameDraft, PersonName, Sex},
};
use skolhus_persistence::{
    Address, Tx,
    person::{self, Details},
};
use skolhus_tests::{cluster::Cluster, on_both, raw::Raw};

use super::{
    differences, import, rows,
    village::{Town, Village, decide},
};
use crate::program::running::printed;

on_both! {
    async fn what_a_roster_names_waits_and_two_persons_open_it(server: TestServer) {
        let town = Town::enter(&server).await;
        let job = town.import(&server, &Village::new().whole()).await;
        assert_eq!(job["state"], "done", "{job:#}");
        let families = &job["results"]["families"];
        assert_eq!((&families["relationsWaiting"], &families["childrenWithWaiting"]), (&json!(4), &json!(3)), "{job:#}");
        assert_eq!((&families["relativesWaiting"], &families["wouldGainAsGuardian"]), (&json!(4), &json!(4)));
        assert_eq!(families["protectionNotStated"], 9);
        let told = town.news(&server, &job).await;
        assert_eq!(told.len(), 4);
        assert!(told.iter().all(|row| row["kind"] == "relation" && row["file"] == "users.csv"), "{told:#?}");

        let mother = town.guardian(&server, "vuxen-1").await;
        let waiting = town.between(&server, "barn-1", "vuxen-1").await.unwrap();
        assert_eq!((&waiting["kind"], &waiting["source"], &waiting["rights"]), (&json!("not-stated"), &json!("import"), &json!([])));
        assert_eq!(waiting["importJobId"], job["id"]);
        let [first, second] = &town.deciders;
        // Nobody confirms what nobody has said the kind of.
        let path = format!("/v1/relations/{}/confirmation", waiting["id"].as_str().unwrap());
        let refused = server.post(&path, &json!({ "version": 1 })).token(second).send().await.expect(422);
        assert_eq!(refused.refused(), ["/kind"]);
        let item = json!({ "action": "confirmation", "relationId": waiting["id"], "version": 1, "kind": "guardian" });
        let preview = server.post("/v1/relation-decision-batch-previews", &json!({ "items": [item] })).token(first).send().await.expect(200);
        let previewed = &preview.body["data"][0];
        assert_eq!((&previewed["state"], &previewed["preview"]["waitsForSecondPerson"]), (&json!("waiting"), &json!(true)));
        let all = json!(["see", "report-absence", "decide", "receive-notices", "collect"]);
        assert_eq!((&previewed["preview"]["spans"][0]["gains"], &previewed["preview"]["spans"][0]["atOnce"]), (&all, &json!([])));
        // Whoever states the kind does not confirm it.
        let stated = decide(&server, first, std::slice::from_ref(&item)).await.expect(200).body["data"][0].clone();
        assert_eq!((&stated["state"], &stated["kind"], &stated["rightsToday"]), (&json!("waiting"), &json!("guardian"), &json!([])));
        assert_eq!(server.get("/v1/me/wards").token(&mother).send().await.expect(200).body["data"], json!([]));
        let plain = json!({ "action": "confirmation", "relationId": waiting["id"], "version": 2 });
        decide(&server, first, std::slice::from_ref(&plain)).await.expect(422);
        decide(&server, second, &[plain]).await.expect(200);
        let wards = server.get("/v1/me/wards").token(&mother).send().await.expect(200);
        assert_eq!(wards.body["data"][0]["rights"], all);
    }
}

on_both! {
    async fn many_are_decided_in_one_call_or_none(server: TestServer) {
        let town = Town::enter(&server).await;
        town.import(&server, &Village::new().whole()).await;
        let waiting = town.waiting(&server).await;
        assert_eq!(waiting.len(), 4);
        let [first, _] = &town.deciders;
        let reject = |row: &Value| json!({ "action": "rejection", "relationId": row["id"], "version": row["version"], "note": "Har ingen vårdnad" });
        let contact = |row: &Value| json!({ "action": "confirmation", "relationId": row["id"], "version": row["version"], "kind": "contact-only" });
        let mut stray = reject(&waiting[1]);
        stray["kind"] = json!("guardian");
        let mut bare = reject(&waiting[2]);
        bare.as_object_mut().unwrap().remove("note");
        let mut unknown = reject(&waiting[3]);
        unknown["relationId"] = json!("0199a3f0-7c00-7000-8000-00000000dead");
        let mut stale = contact(&waiting[3]);
        stale["version"] = json!(7);
        let items = [contact(&waiting[0]), stray, bare, unknown, contact(&waiting[0]), stale];
        let refused = decide(&server, first, &items).await.expect(422);
        assert_eq!(
            refused.refused(),
            ["/items/1/kind", "/items/2/note", "/items/3/relationId", "/items/4/relationId", "/items/5/version"]
        );
        assert_eq!(town.waiting(&server).await, waiting);
        let preview = server.post("/v1/relation-decision-batch-previews", &json!({ "items": items })).token(first).send().await;
        assert_eq!(preview.refused(), refused.refused());
        // Statements do not grow with the items.
        let counter = server.state.database.statements();
        let before = counter.count();
        decide(&server, first, &[reject(&waiting[0])]).await.expect(200);
        let one = counter.count() - before;
        let before = counter.count();
        let three: Vec<Value> = vec![contact(&waiting[1]), reject(&waiting[2]), reject(&waiting[3])];
        let done = decide(&server, first, &three).await.expect(200);
        assert!(counter.count() - before <= one + 1, "{one} for one, {} for three", counter.count() - before);
        let states: Vec<&Value> = done.body["data"].as_array().unwrap().iter().map(|row| &row["state"]).collect();
        assert_eq!(states, ["confirmed", "rejected", "rejected"]);
        assert!(town.waiting(&server).await.is_empty());
        // Nothing of it is raised again, night after night.
        for _ in 0..2 {
            let job = town.import(&server, &Village::new().whole()).await;
            assert_eq!(differences(&job, "applied"), 0, "{job:#}");
            assert!(town.waiting(&server).await.is_empty());
        }
    }
}

on_both! {
    async fn what_people_have_decided_stands_whatever_the_roster_says(server: TestServer) {
        let town = Town::enter(&server).await;
        let whole = Village::new();
        town.import(&server, &whole.whole()).await;
        let [first, _] = &town.deciders;
        let confirmed = town.confirm(&server, &town.between(&server, "barn-1", "vuxen-1").await.unwrap()).await;
        let withdrawn = town.between(&server, "barn-2", "vuxen-3").await.unwrap();
        let path = format!("/v1/relations/{}", withdrawn["id"].as_str().unwrap());
        server.delete(&path, "\"1\"").token(first).send().await.expect(204);
        let mother = town.guardian(&server, "vuxen-1").await;
        let wards = server.get("/v1/me/wards").token(&mother).send().await.expect(200).text;

        // The roster forgets every relative: what waits untouched goes, what stands stays and is told once.
        let mut without = whole.clone();
        for somebody in without.0.values_mut() {
            somebody.agents.clear();
        }
        let job = town.import(&server, &without.whole()).await;
        assert_eq!((&job["results"]["families"]["proposalsGone"], &job["results"]["families"]["noLongerNamed"]), (&json!(2), &json!(1)), "{job:#}");
        let told = town.news(&server, &job).await;
        assert!(told.iter().any(|row| row["detail"].as_str().unwrap().contains(confirmed["id"].as_str().unwrap())), "{told:#?}");
        assert!(town.waiting(&server).await.is_empty());
        assert_eq!(server.get("/v1/me/wards").token(&mother).send().await.expect(200).text, wards);
        let quiet = town.import(&server, &without.whole()).await;
        assert_eq!(quiet["results"]["families"]["noLongerNamed"], 0, "{quiet:#}");
        // It remembers them: what nobody had touched waits again, what staff have withdrawn does not.
        town.import(&server, &whole.whole()).await;
        assert_eq!(town.waiting(&server).await.len(), 2);
        assert!(town.between(&server, "barn-2", "vuxen-3").await.is_none());
        assert!(town.between(&server, "barn-1", "vuxen-2").await.is_some());

        // A relation that staff end is not reopened.
        let path = format!("/v1/relations/{}", confirmed["id"].as_str().unwrap());
        let over = json!({ "period": { "from": "2020-01-01", "to": "2026-08-16" }, "reason": "Ensam vårdnad för fadern" });
        let ended = server.patch(&path, "*", &over).token(first).send().await.expect(200);
        for set in [&without, &whole, &whole] {
            town.import(&server, &set.whole()).await;
            assert_eq!(server.get("/v1/me/wards").token(&mother).send().await.expect(200).body["data"], json!([]));
            assert!(town.between(&server, "barn-1", "vuxen-1").await.is_none());
        }
        assert_eq!(server.get(&path).token(first).send().await.expect(200).body["version"], ended.body["version"]);

        // A relation that staff entered before the roster named it is the one that the roster means.
        let pair = json!({
            "personId": town.person(&server, "barn-3"), "relativeId": town.person(&server, "vuxen-5"), "kind": "foster-home",
            "period": { "from": "2026-08-01" }, "reason": "Placerad enligt nämndens beslut",
        });
        server.post("/v1/relations", &pair).token(first).send().await.expect(201);
        let mut named = whole.clone();
        named.0.get_mut("barn-3").unwrap().agents.insert("vuxen-5".to_owned());
        town.import(&server, &named.whole()).await;
        assert!(town.between(&server, "barn-3", "vuxen-5").await.is_none());
    }
}

on_both! {
    async fn a_date_of_birth_that_opens_something_is_not_taken_from_a_roster(server: TestServer) {
        let town = Town::enter(&server).await;
        let mut village = Village::new();
        // The roster has made the child of age; only the register can be wrong now.
        village.0.get_mut("barn-1").unwrap().birth_date = "2000-03-03";
        town.import(&server, &village.whole()).await;
        town.confirm(&server, &town.between(&server, "barn-1", "vuxen-1").await.unwrap()).await;
        let mother = town.guardian(&server, "vuxen-1").await;
        let wards = "/v1/me/wards";
        assert_eq!(server.get(wards).token(&mother).send().await.expect(200).body["data"], json!([]));
        village.0.get_mut("barn-1").unwrap().birth_date = "2014-03-03";
        village.0.get_mut("barn-2").unwrap().birth_date = "2013-10-11";
        let job = town.import(&server, &village.whole()).await;
        assert_eq!(job["results"]["families"]["birthDatesKept"], 1, "{job:#}");
        assert_eq!(server.get(wards).token(&mother).send().await.expect(200).body["data"], json!([]));
        // Where nobody relies on it, it is taken.
        let other = format!("/v1/persons/{}", town.person(&server, "barn-2").unwrap());
        assert_eq!(server.get(&other).token(&town.registrar).send().await.expect(200).body["birthDate"], "2013-10-11");
    }
}

on_both! {
    async fn protected_persons_wait_out_of_sight_and_are_told_to_nobody(server: TestServer) {
        let town = Town::enter(&server).await;
        let mut village = Village::new();
        let agents = village.0["barn-1"].agents.clone();
        village.0.get_mut("barn-1").unwrap().agents.clear();
        village.0.get_mut("barn-2").unwrap().agents.clear();
        town.import(&server, &village.whole()).await;
        let (child, adult) = (town.person(&server, "barn-1").unwrap(), town.person(&server, "vuxen-3").unwrap());
        let hide = "UPDATE persons SET protection = 'marked', is_protected = TRUE WHERE id IN (SELECT entity_id \
            FROM external_identifiers WHERE entity = 'person' AND value IN ('barn-1', 'vuxen-3'))";
        server.raw().execute(hide);
        village.0.get_mut("barn-1").unwrap().agents = agents;
        village.0.get_mut("barn-2").unwrap().agents.insert("vuxen-3".to_owned());
        for files in [village.whole(), village.since(&Village::default())] {
            let dry = import(&server, &town.registrar, "?dryRun=true", &files).await;
            let job = town.import(&server, &files).await;
            for job in [&dry, &job] {
                assert_eq!((job["state"].as_str(), differences(job, "planned")), (Some("done"), 0), "{job:#}");
                let all = rows(&server, &town.registrar, job, "problem,warning,notice,add,change,end").await;
                assert!(all.is_empty(), "{all:#?}");
                let families = &job["results"]["families"];
                assert!(families.as_object().unwrap().values().all(|count| *count == 0), "{families:#}");
            }
        }
        let waiting = town.waiting(&server).await;
        assert_eq!(waiting.len(), 1, "the fourth child's alone: {waiting:#?}");
        // They wait with those who may see the protected persons, and with them alone.
        let officer = town.school.token_of(&server, Role::ProtectionOfficer, None, None, Level::High).await;
        let why = json!({ "reason": "Genomgång av vad importen har angett" });
        let search = "/v1/protected-relations/search?state=waiting&source=import";
        let found = server.post(search, &why).token(&officer).send().await.expect(200);
        assert_eq!(found.body["data"].as_array().unwrap().len(), 3);
        assert!(found.text.contains(&child) && found.text.contains(&adult));
        server.post(search, &json!({ "reason": "" })).token(&officer).send().await.expect(422);
        server.post(search, &why).token(&town.registrar).send().await.expect(403);
        let counted = "SELECT CAST(count(*) AS TEXT) AS value FROM relations WHERE state = 'waiting' AND withdrawn_at IS NULL";
        assert_eq!(server.raw().text(counted), "4");
        for role in [Role::Registrar, Role::Principal, Role::Administrator] {
            let token = town.school.token(&server, role).await;
            for path in ["/v1/relations?limit=500", "/v1/changes?limit=500"] {
                let text = server.get(path).token(&token).send().await.text;
                assert!(!text.contains(&child) && !text.contains(&adult), "{role:?} {path}");
            }
        }
        // Who holds the permission says what one rests on; another confirms it.
        let named = found.body["data"].as_array().unwrap().iter().find(|row| row["personId"] == child.as_str()).unwrap();
        let path = format!("/v1/protected-relations/{}/confirmation", named["id"].as_str().unwrap());
        let confirm = |token: &str, body: Value| server.post(&path, &body).token(token).send();
        assert_eq!(confirm(&officer, json!({ "version": 1 })).await.expect(422).refused(), ["/kind"]);
        assert_eq!(confirm(&officer, json!({ "version": 1, "rights": ["see"] })).await.expect(422).refused(), ["/rights"]);
        let beyond = json!({ "version": 1, "kind": "contact-only", "rights": ["decide"] });
        assert_eq!(confirm(&officer, beyond).await.expect(422).refused(), ["/rights"]);
        let stated = confirm(&officer, json!({ "version": 1, "kind": "guardian" })).await.expect(200);
        assert_eq!((&stated.body["kind"], &stated.body["state"]), (&json!("guardian"), &json!("waiting")));
        confirm(&officer, json!({ "version": 2 })).await.expect(422);
        let second = town.school.token_of(&server, Role::ProtectionOfficer, None, None, Level::High).await;
        assert_eq!(confirm(&second, json!({ "version": 2, "kind": "guardian" })).await.expect(422).refused(), ["/kind"]);
        let confirmed = confirm(&second, json!({ "version": 2 })).await.expect(200);
        assert_eq!((&confirmed.body["state"], &confirmed.body["rightsToday"]), (&json!("confirmed"), &json!([])), "nobody is cleared");
        // Once the protection is lifted they are in the list like the others.
        server.raw().execute("UPDATE persons SET protection = 'none', is_protected = FALSE WHERE is_protected");
        assert_eq!(town.waiting(&server).await.len(), 3);
    }
}

on_both! {
    // A chunk is compared before it is saved, and somebody may confirm a relation between the two.
    async fn a_relation_that_is_confirmed_before_the_save_keeps_the_date_of_birth(server: TestServer) {
        let town = Town::enter(&server).await;
        let village = Village::new();
        town.import(&server, &village.whole()).await;
        let child = town.person(&server, "barn-1").unwrap();
        let read = async || server.get(&format!("/v1/persons/{child}")).token(&town.registrar).send().await.expect(200).body;
        let save = async |version: i64, born: &str| {
            let name = NameDraft { given: "Elsa".into(), family: "Häggmark".into(), ..NameDraft::default() };
            let details = Details {
                id: Id::from_uuid(child.parse().unwrap()),
                version,
                name: PersonName::new(&name).unwrap(),
                birth_date: Some(born.parse().unwrap()),
                sex: Sex::NotStated,
                contact: ContactDetails::default(),
            };
            let caller = Caller::system("test", town.school.organiser, server.state.fresh_uuid(), server.state.clock.now());
            let write = move |tx: &mut Tx<'_>, scope: &_| Ok::<_, Problem>(person::update_details(tx, scope, std::slice::from_ref(&details))?);
            server.state.database.write(&caller, write).await.map_err(|problem| problem.code())
        };
        let version = read().await["version"].as_i64().unwrap();
        save(version, "2014-03-04").await.unwrap();
        town.confirm(&server, &town.between(&server, "barn-1", "vuxen-1").await.unwrap()).await;
        assert_eq!(save(version + 1, "2014-03-05").await, Err(Code::Stale));
        // Compared anew it is left as it is, and the rest is taken.
        save(version + 1, "2014-03-04").await.unwrap();
        assert_eq!(read().await["birthDate"], "2014-03-04");
    }
}

on_both! {
    async fn likely_doubles_are_entered_and_told(server: TestServer) {
        let town = Town::enter(&server).await;
        let mut village = Village::new();
        town.import(&server, &village.whole()).await;
        let there = town.person(&server, "barn-1").unwrap();
        village.enter("barn-9", "Elsa", "Häggmark", "student", "2014-03-03");
        village.enter("barn-8", "Någon", "Annan", "student", "2014-03-03");
        let job = town.import(&server, &village.whole()).await;
        assert_eq!(job["results"]["families"]["likelyDuplicates"], 1, "{job:#}");
        let told = town.news(&server, &job).await;
        assert_eq!(told.len(), 1, "{told:#?}");
        assert_eq!((&told[0]["sourceId"], &told[0]["kind"]), (&json!("barn-9"), &json!("person")));
        let words = told[0]["detail"].as_str().unwrap();
        assert!(words.contains(&there) && !words.contains("Elsa"), "{words}");
        assert!(town.person(&server, "barn-9").is_some());
        // Not of somebody protected.
        server.raw().execute("UPDATE persons SET is_protected = TRUE, protection = 'marked' WHERE birth_date = '2014-03-03'");
        village.enter("barn-7", "Elsa", "Häggmark", "student", "2014-03-03");
        let job = town.import(&server, &village.whole()).await;
        assert_eq!(job["results"]["families"]["likelyDuplicates"], 0, "{job:#}");
        assert!(town.news(&server, &job).await.is_empty());
    }
}

on_both! {
    async fn the_list_of_what_waits_is_found_by_school_job_and_child(server: TestServer) {
        let town = Town::enter(&server).await;
        let mut village = Village::new();
        village.0.get_mut("barn-2").unwrap().school = 2;
        let job = town.import(&server, &village.whole()).await;
        village.0.get_mut("barn-3").unwrap().agents.insert("vuxen-5".to_owned());
        let later = town.import(&server, &village.whole()).await;
        let unit = |name: &'static str| {
            let path = "/v1/school-units?limit=500";
            let request = server.get(path).token(&town.registrar);
            async move {
                let units = request.send().await.expect(200).body;
                let units = units["data"].as_array().unwrap().clone();
                units.iter().find(|unit| unit["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
            }
        };
        let (first, second) = (unit("Ängskolan").await, unit("Åskolan").await);
        let child = town.person(&server, "barn-1").unwrap();
        for (filter, count) in [
            ("source=import".to_owned(), 5),
            ("source=staff".to_owned(), 0),
            (format!("schoolUnitId={first}"), 4),
            (format!("schoolUnitId={second}"), 1),
            (format!("schoolUnitId={first},{second}"), 5),
            (format!("importJobId={}", job["id"].as_str().unwrap()), 4),
            (format!("importJobId={}", later["id"].as_str().unwrap()), 1),
            (format!("personId={child}&sort=-periodFrom"), 2),
            ("kind=not-stated&sort=name".to_owned(), 5),
        ] {
            let path = format!("/v1/relations?state=waiting&{filter}");
            let list = server.get(&path).token(&town.registrar).send().await.expect(200);
            assert_eq!(list.body["data"].as_array().unwrap().len(), count, "{filter}");
        }
        let rows = format!("/v1/jobs/{}/rows?kind=relation&severity=notice", later["id"].as_str().unwrap());
        let swedish = server.get(&rows).token(&town.registrar).header("accept-language", "sv").send().await.expect(200);
        assert!(swedish.text.contains("väntar på besked som anhörig till barn-3"), "{}", swedish.text);
        let english = server.get(&rows).token(&town.registrar).header("accept-language", "en").send().await.expect(200);
        assert!(english.text.contains("waits for a decision as a relative of barn-3"), "{}", english.text);
    }
}

#[test]
fn sqlite_rehearsal() {
    let folder = tempfile::tempdir().unwrap();
    let address = Address::Sqlite(folder.path().join("skola.sqlite"));
    rehearsal(folder.path(), "sqlite:skola.sqlite", &address);
}

#[test]
fn postgres_rehearsal() {
    let Some(cluster) = Cluster::start_private(true) else { return };
    cluster.create_database("skola").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = cluster.url("skola");
    rehearsal(folder.path(), &url, &Address::Postgres(url.clone()));
}

/// A rehearsal says in plain words what would change for families, names among them, and changes nothing.
fn rehearsal(folder: &Path, database: &str, address: &Address) {
    printed(folder, database, &["migrate"]);
    let mut village = Village::new();
    let write = |village: &Village| {
        let set = folder.join("set");
        fs::create_dir_all(&set).unwrap();
        for (name, text) in village.whole() {
            fs::write(set.join(name), text).unwrap();
        }
    };
    write(&village);
    let first = printed(folder, database, &["import", "oneroster", "set", "--rehearse"]);
    assert!(
        first.contains("Barn som får anhöriga på listan att bekräfta: 3 (relationer: 4, vuxna: 4)."),
        "{first}"
    );
    assert!(first.contains("- Märta Håkansbo väntar på besked som anhörig till Elsa Häggmark"), "{first}");
    assert!(first.contains(
        "Bekräftad som vårdnadshavare: se uppgifter, anmäla frånvaro, besluta, få meddelanden, hämta."
    ));
    printed(folder, database, &["import", "oneroster", "set"]);
    let facts = || {
        let mut raw = Raw::open(address);
        let relations =
            "SELECT state || ' ' || kind || ' ' || CAST(version AS TEXT) AS value FROM relations ORDER BY id";
        let persons = "SELECT given_name || ' ' || CAST(version AS TEXT) AS value FROM persons ORDER BY id";
        [
            raw.texts(relations),
            raw.texts(persons),
            raw.texts("SELECT value FROM external_identifiers ORDER BY id"),
        ]
    };
    let before = facts();
    assert_eq!((before[0].len(), before[1].len()), (4, 9));
    // A protected child is told of to nobody, at the terminal neither.
    Raw::open(address)
        .execute("UPDATE persons SET protection = 'marked', is_protected = TRUE WHERE given_name = 'Vidar'");
    let before_protected = facts();
    village.0.get_mut("barn-1").unwrap().agents.remove("vuxen-2");
    village.0.get_mut("barn-3").unwrap().agents.insert("vuxen-5".to_owned());
    village.0.get_mut("barn-4").unwrap().agents.insert("vuxen-5".to_owned());
    village.0.get_mut("vuxen-3").unwrap().email = "ny.adress@exempel.se".to_owned();
    write(&village);
    let swedish = printed(folder, database, &["import", "oneroster", "set", "--rehearse"]);
    assert!(
        swedish.contains("- Björn Håkansbo väntar på besked som anhörig till Åsa Lövenskiöld"),
        "{swedish}"
    );
    assert!(swedish.contains("lämnar listan, eftersom källan inte längre anger dem: 1."), "{swedish}");
    assert!(swedish.contains("Personer vars kontaktuppgifter ändras: 1."), "{swedish}");
    assert!(!swedish.contains("Vidar") && !swedish.contains("barn-4"), "{swedish}");
    let english =
        printed(folder, database, &["import", "oneroster", "set", "--rehearse", "--language", "en"]);
    assert!(
        english.contains("- Björn Håkansbo waits for a decision as a relative of Åsa Lövenskiöld"),
        "{english}"
    );
    assert!(
        english.contains("No guardian may see more or less before a person has confirmed it."),
        "{english}"
    );
    assert_eq!(facts(), before_protected);
}
