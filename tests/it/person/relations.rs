//! Relations and bans as staff keep them.

use futures_util::future::join_all;
use serde_json::{Value, json};
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{
    family::{Family, id_of},
    on_both,
    server::TestServer,
};

use super::Staffed;

/// The rights of the first of a guardian's wards; none where there is no ward.
async fn rights(server: &TestServer, token: &str) -> Value {
    let wards = server.get("/v1/me/wards").token(token).send().await.expect(200);
    wards.body["data"].get(0).map_or(json!(null), |ward| ward["rights"].clone())
}

const ALL: [&str; 5] = ["see", "report-absence", "decide", "receive-notices", "collect"];

on_both! {
    async fn a_new_relation_waits_for_a_second_person(server: TestServer) {
        let family = Family::enter(&server).await;
        let (first, second) = (family.staff(&server, Role::Registrar).await, family.staff(&server, Role::Registrar).await);
        let mother = family.guardian(&server, &family.mother).await;
        let made = server.post("/v1/relations", &family.custody(&family.mother, "2020-01-01")).token(&first).send().await.expect(201);
        assert_eq!(made.body["state"], "waiting");
        assert_eq!((&made.body["rights"], &made.body["rightsToday"]), (&json!(ALL), &json!([])));
        assert_eq!(rights(&server, &mother).await, json!(null));
        let child = format!("/v1/persons/{}", family.child.id);
        server.get(&child).token(&mother).send().await.expect(404);

        let path = format!("/v1/relations/{}", id_of(&made));
        let waiting = server.get("/v1/relations?state=waiting,change-waiting").token(&second).send().await.expect(200);
        assert_eq!(waiting.body["data"].as_array().unwrap().len(), 1);
        let confirmation = format!("{path}/confirmation");
        let own = server.post(&confirmation, &json!({ "version": 1 })).token(&first).send().await.expect(422);
        assert_eq!(own.body["errors"][0]["code"], "conflict");
        let stale = server.post(&confirmation, &json!({ "version": 7 })).token(&second).send().await.expect(409);
        assert_eq!(stale.refused(), ["/version"]);
        let confirmed = server.post(&confirmation, &json!({ "version": 1, "note": "Kontrollerat" })).token(&second).send().await.expect(200);
        assert_eq!((&confirmed.body["state"], &confirmed.body["rightsToday"]), (&json!("confirmed"), &json!(ALL)));
        server.post(&confirmation, &json!({ "version": 2 })).token(&second).send().await.expect(409);

        assert_eq!(rights(&server, &mother).await, json!(ALL));
        let seen = server.get(&child).token(&mother).send().await.expect(200);
        assert_eq!(seen.body["birthDate"], "2011-03-03");
        assert!(seen.body["identityNumbers"].is_array());
        // How the child is reached, and what others call them, is never shown to a guardian.
        for absent in ["contact", "externalIdentifiers", "protection"] {
            assert!(seen.body.get(absent).is_none(), "{absent}");
        }
        server.stop().await;
    }
}

on_both! {
    async fn the_person_behind_the_first_account_does_not_confirm_with_a_second(server: TestServer) {
        let family = Family::enter(&server).await;
        let school = &family.school;
        let staff = family.neighbour.person();
        let first = school.token_of(&server, Role::Registrar, None, Some(staff), Level::High).await;
        let again = school.token_of(&server, Role::Principal, None, Some(staff), Level::High).await;
        let made = server.post("/v1/relations", &family.custody(&family.mother, "2020-01-01")).token(&first).send().await.expect(201);
        let confirmation = format!("/v1/relations/{}/confirmation", id_of(&made));
        server.post(&confirmation, &json!({ "version": 1 })).token(&again).send().await.expect(422);
        // Nor does the relative, whose post at the school it may be.
        let relative = school.token_of(&server, Role::Principal, None, Some(family.mother.person()), Level::High).await;
        server.post(&confirmation, &json!({ "version": 1 })).token(&relative).send().await.expect(422);
        let principal = family.staff(&server, Role::Principal).await;
        server.post(&confirmation, &json!({ "version": 1 })).token(&principal).send().await.expect(200);
        server.stop().await;
    }
}

on_both! {
    async fn what_is_lost_is_lost_at_once_and_what_is_gained_waits(server: TestServer) {
        let family = Family::enter(&server).await;
        let father = family.guardian(&server, &family.father).await;
        let registrar = family.staff(&server, Role::Registrar).await;
        let mut custody = family.custody(&family.father, "2020-01-01");
        custody["rights"] = json!(["see", "collect"]);
        let path = family.relate(&server, &custody).await;
        assert_eq!(rights(&server, &father).await, json!(["see", "collect"]));

        let wanted = json!({ "rights": ["see", "decide"], "reason": "Enligt tingsrättens dom" });
        let changed = server.patch(&path, "\"2\"", &wanted).token(&registrar).send().await.expect(200);
        assert_eq!(changed.body["state"], "change-waiting");
        assert_eq!((&changed.body["rights"], &changed.body["proposal"]["rights"]), (&json!(["see"]), &json!(["see", "decide"])));
        assert_eq!(rights(&server, &father).await, json!(["see"]));
        // Asking for what waits already changes nothing.
        let same = server.patch(&path, "\"1\"", &wanted).token(&registrar).send().await.expect(200);
        assert_eq!(same.body["version"], changed.body["version"]);
        server.patch(&path, "\"1\"", &json!({ "rights": [], "reason": "Av misstag" })).token(&registrar).send().await.expect(412);

        let rejection = format!("{path}/rejection");
        let second = family.staff(&server, Role::Principal).await;
        let no = json!({ "version": changed.body["version"], "note": "Domen har inte vunnit laga kraft" });
        let rejected = server.post(&rejection, &no).token(&second).send().await.expect(200);
        assert_eq!((&rejected.body["state"], &rejected.body["proposal"]), (&json!("confirmed"), &json!(null)));
        assert_eq!(rights(&server, &father).await, json!(["see"]));

        let again = server.patch(&path, "*", &wanted).token(&registrar).send().await.expect(200);
        assert_eq!(again.body["state"], "change-waiting");
        family.confirm(&server, &path).await;
        assert_eq!(rights(&server, &father).await, json!(["see", "decide"]));

        // A last day in the past ends it at once.
        let over = json!({ "period": { "from": "2020-01-01", "to": "2026-08-16" }, "reason": "Ensam vårdnad för modern" });
        let ended = server.patch(&path, "*", &over).token(&registrar).send().await.expect(200);
        assert_eq!(ended.body["state"], "confirmed");
        assert_eq!(rights(&server, &father).await, json!(null));
        let etag = ended.etag();
        server.delete(&path, &etag).token(&registrar).send().await.expect(204);
        server.get(&path).token(&registrar).send().await.expect(404);
        server.stop().await;
    }
}

on_both! {
    async fn a_ban_overrides_at_once_and_is_lifted_by_two(server: TestServer) {
        let family = Family::enter(&server).await;
        let father = family.guardian(&server, &family.father).await;
        let registrar = family.staff(&server, Role::Registrar).await;
        let relation = family.relate(&server, &family.custody(&family.father, "2020-01-01")).await;
        assert_eq!(rights(&server, &father).await, json!(ALL));
        let made = server.post("/v1/contact-bans", &family.ban(&family.father, "2026-08-17")).token(&registrar).send().await.expect(201);
        assert_eq!(made.body["state"], "in-force");
        assert_eq!(rights(&server, &father).await, json!(null));
        server.get(&format!("/v1/persons/{}", family.child.id)).token(&father).send().await.expect(404);
        let overridden = server.get(&relation).token(&registrar).send().await.expect(200);
        assert_eq!((&overridden.body["state"], &overridden.body["rightsToday"]), (&json!("confirmed"), &json!([])));

        let path = format!("/v1/contact-bans/{}", id_of(&made));
        // Longer holds at once, shorter waits and holds on until then.
        let longer = json!({ "period": { "from": "2026-08-01", "to": "2027-08-01" }, "reason": "Åklagarens nya beslut" });
        let changed = server.patch(&path, "\"1\"", &longer).token(&registrar).send().await.expect(200);
        assert_eq!((&changed.body["state"], &changed.body["period"]), (&json!("change-waiting"), &json!({ "from": "2026-08-01", "to": null })));
        assert_eq!(changed.body["proposedPeriod"], longer["period"]);
        let lifting = format!("{path}/lifting");
        let waits = server.post(&lifting, &json!({ "version": 2, "reason": "Hävt av åklagaren" })).token(&registrar).send().await.expect(200);
        assert_eq!(waits.body["lifted"], false);
        assert_eq!(rights(&server, &father).await, json!(null));
        server.post(&format!("{path}/confirmation"), &json!({ "version": 3 })).token(&registrar).send().await.expect(422);
        let second = family.staff(&server, Role::Registrar).await;
        let no = json!({ "version": 3, "note": "Förbudet gäller fortfarande" });
        server.post(&format!("{path}/rejection"), &no).token(&second).send().await.expect(200);
        let there = server.get(&path).token(&second).send().await.expect(200);
        assert_eq!((&there.body["state"], &there.body["liftingProposed"]), (&json!("in-force"), &json!(false)));
        server.post(&lifting, &json!({ "version": 4, "reason": "Hävt av åklagaren" })).token(&registrar).send().await.expect(200);
        let lifted = server.post(&format!("{path}/confirmation"), &json!({ "version": 5 })).token(&second).send().await.expect(200);
        assert_eq!(lifted.body["lifted"], true);
        server.get(&path).token(&registrar).send().await.expect(404);
        assert_eq!(rights(&server, &father).await, json!(ALL));
        server.stop().await;
    }
}

on_both! {
    async fn a_ban_may_be_against_somebody_described(server: TestServer) {
        let family = Family::enter(&server).await;
        let registrar = family.staff(&server, Role::Registrar).await;
        let mut ban = family.ban(&family.father, "2026-08-17");
        ban["described"] = json!("Farbrodern, kallas Kalle");
        let both = server.post("/v1/contact-bans", &ban).token(&registrar).send().await.expect(422);
        assert_eq!(both.refused(), ["/described"]);
        ban.as_object_mut().unwrap().remove("againstId");
        server.post("/v1/contact-bans", &ban).token(&registrar).send().await.expect(201);
        let list = server.get(&format!("/v1/contact-bans?personId={}&validOn=2026-09-01&state=in-force", family.child.id)).token(&registrar).send().await.expect(200);
        assert_eq!(list.body["data"][0]["described"], "Farbrodern, kallas Kalle");
        // Whoever thinks of a new relation is told to ask whether it is the same.
        let thought = json!({ "personId": family.child.id, "relativeId": family.father.id, "kind": "contact-only", "period": { "from": "2026-08-17" } });
        let preview = server.post("/v1/relation-previews", &thought).token(&registrar).send().await.expect(200);
        assert_eq!(preview.body["notes"], json!(["described-ban"]));
        ban.as_object_mut().unwrap().remove("described");
        let nobody = server.post("/v1/contact-bans", &ban).token(&registrar).send().await.expect(422);
        assert_eq!(nobody.refused(), ["/againstId"]);
        server.stop().await;
    }
}

on_both! {
    async fn a_second_person_is_needed_unless_that_is_turned_off(server: TestServer) {
        let family = Family::enter(&server).await;
        let (registrar, administrator) = (family.staff(&server, Role::Registrar).await, family.staff(&server, Role::Administrator).await);
        let setting = server.get("/v1/relation-setting").token(&administrator).send().await.expect(200);
        assert_eq!(setting.body, json!({ "version": 0, "secondPersonConfirms": true }));
        let off = json!({ "secondPersonConfirms": false, "reason": "Bara en registrator i sommar" });
        server.put("/v1/relation-setting", "\"0\"", &off).token(&registrar).send().await.expect(403);
        server.put("/v1/relation-setting", "\"3\"", &off).token(&administrator).send().await.expect(412);
        let saved = server.put("/v1/relation-setting", "\"0\"", &off).token(&administrator).send().await.expect(200);
        assert_eq!(saved.body, json!({ "version": 1, "secondPersonConfirms": false }));
        let made = server.post("/v1/relations", &family.custody(&family.mother, "2020-01-01")).token(&registrar).send().await.expect(201);
        assert_eq!((&made.body["state"], &made.body["rightsToday"]), (&json!("confirmed"), &json!(ALL)));
        let on = json!({ "secondPersonConfirms": true, "reason": "Åter två registratorer" });
        server.put("/v1/relation-setting", "\"1\"", &on).token(&administrator).send().await.expect(200);
        let made = server.post("/v1/relations", &family.custody(&family.father, "2020-01-01")).token(&registrar).send().await.expect(201);
        assert_eq!(made.body["state"], "waiting");
        server.stop().await;
    }
}

on_both! {
    async fn what_cannot_be_is_refused_at_its_place(server: TestServer) {
        let family = Family::enter(&server).await;
        let registrar = family.staff(&server, Role::Registrar).await;
        let nobody = "0199a3f0-7c00-7000-8000-00000000dead";
        let good = family.custody(&family.mother, "2020-01-01");
        for (field, value, status, pointer) in [
            ("personId", json!(nobody), 422, "/personId"),
            ("relativeId", json!(nobody), 422, "/relativeId"),
            ("relativeId", json!(family.child.id), 422, "/relativeId"),
            ("kind", json!("granted-by-adult"), 422, "/kind"),
            ("kind", json!("mormor"), 400, "/kind"),
            ("rights", json!(["see", "see"]), 422, "/rights"),
            ("rights", json!(["own"]), 400, "/rights/0"),
            ("period", json!({ "from": "2026-08-17", "to": "2026-08-16" }), 422, "/period/to"),
            ("period", json!({ "from": "1700-01-01" }), 422, "/period/from"),
            ("reason", json!("nej"), 422, "/reason"),
            ("reason", json!("bra\u{0}skäl"), 422, "/reason"),
            ("custody", json!(true), 400, "/custody"),
        ] {
            let mut body = good.clone();
            body[field] = value;
            let answer = server.post("/v1/relations", &body).token(&registrar).send().await.expect(status);
            assert_eq!(answer.refused(), [pointer], "{}", answer.text);
        }
        let mut foster = good.clone();
        foster["kind"] = json!("foster-home");
        foster["rights"] = json!(["see", "decide"]);
        let answer = server.post("/v1/relations", &foster).token(&registrar).send().await.expect(422);
        assert_eq!(answer.refused(), ["/rights"]);
        // Without being given anything, daily care and a contact carry nothing, and so wait for nobody.
        for kind in ["foster-home", "contact-only"] {
            let mut bare = good.clone();
            bare["kind"] = json!(kind);
            let made = server.post("/v1/relations", &bare).token(&registrar).send().await.expect(201);
            assert_eq!((&made.body["rights"], &made.body["state"]), (&json!([]), &json!("confirmed")));
        }
        server.post("/v1/relations", &good).token(&registrar).send().await.expect(201);
        let twice = server.post("/v1/relations", &good).token(&registrar).send().await.expect(422);
        assert_eq!(twice.refused(), ["/period"]);
        let list = server.get("/v1/relations").token(&registrar).send().await.expect(200);
        assert_eq!(list.body["data"].as_array().unwrap().len(), 3);
        server.stop().await;
    }
}

on_both! {
    async fn a_preview_says_who_gains_what_and_saves_nothing(server: TestServer) {
        let family = Family::enter(&server).await;
        let registrar = family.staff(&server, Role::Registrar).await;
        let thought = json!({ "personId": family.child.id, "relativeId": family.mother.id, "kind": "guardian", "period": { "from": "2026-01-01" } });
        let preview = server.post("/v1/relation-previews", &thought).token(&registrar).send().await.expect(200);
        assert_eq!(preview.body["waitsForSecondPerson"], true);
        let spans = preview.body["spans"].as_array().unwrap();
        assert_eq!(spans.len(), 2);
        assert_eq!(spans[0], json!({
            "from": "2026-08-17", "to": "2029-03-02", "before": [], "atOnce": [], "onceConfirmed": ALL, "gains": ALL, "loses": [],
        }));
        assert_eq!((&spans[1]["from"], &spans[1]["onceConfirmed"]), (&json!("2029-03-03"), &json!([])));
        assert_eq!(server.get("/v1/relations").token(&registrar).send().await.expect(200).body["data"], json!([]));

        let path = family.relate(&server, &family.custody(&family.mother, "2020-01-01")).await;
        let id = path.rsplit('/').next().unwrap();
        let less = json!({ "relationId": id, "rights": ["see"] });
        let preview = server.post("/v1/relation-previews", &less).token(&registrar).send().await.expect(200);
        assert_eq!(preview.body["waitsForSecondPerson"], false);
        assert_eq!(preview.body["spans"][0]["atOnce"], json!(["see"]));
        assert_eq!(preview.body["spans"][0]["loses"], json!(&ALL[1..]));
        let gone = server.post("/v1/relation-previews", &json!({ "relationId": id, "withdraw": true })).token(&registrar).send().await.expect(200);
        assert_eq!((&gone.body["spans"][0]["atOnce"], &gone.body["spans"][0]["loses"]), (&json!([]), &json!(ALL)));
        let ban = json!({ "personId": family.child.id, "againstId": family.mother.id, "period": { "from": "2026-10-01", "to": "2026-10-31" } });
        let preview = server.post("/v1/contact-ban-previews", &ban).token(&registrar).send().await.expect(200);
        let lost: Vec<(Value, Value)> = preview.body["spans"].as_array().unwrap().iter().map(|span| (span["from"].clone(), span["loses"].clone())).collect();
        assert_eq!(lost, [
            (json!("2026-08-17"), json!([])), (json!("2026-10-01"), json!(ALL)), (json!("2026-11-01"), json!([])), (json!("2029-03-03"), json!([])),
        ]);
        for (body, pointer) in [(json!({}), "/personId"), (json!({ "relationId": id, "kind": "guardian" }), "/kind"), (json!({ "relationId": family.child.id }), "/relationId")] {
            let answer = server.post("/v1/relation-previews", &body).token(&registrar).send().await.expect(422);
            assert_eq!(answer.refused().first().map(String::as_str), Some(pointer), "{}", answer.text);
        }
        server.stop().await;
    }
}

on_both! {
    async fn relations_of_protected_persons_are_told_to_nobody(server: TestServer) {
        let family = Family::enter(&server).await;
        let registrar = family.staff(&server, Role::Registrar).await;
        let staffed = Staffed { school: skolhus_tests::register::School { ..family.school }, registrar: registrar.clone(), officer: family.staff(&server, Role::ProtectionOfficer).await };
        let mother = family.relate(&server, &family.custody(&family.mother, "2020-01-01")).await;
        let father = family.relate(&server, &family.custody(&family.father, "2020-01-01")).await;
        let ban = server.post("/v1/contact-bans", &family.ban(&family.father, "2026-08-17")).token(&registrar).send().await.expect(201);
        let protect = |id: String, protection: &'static str| {
            let body = json!({ "protection": protection, "confirmed": true, "reason": "Beslut från Skatteverket" });
            let request = server.put(&format!("/v1/persons/{id}/protection"), "*", &body).token(&staffed.officer);
            async move { request.send().await.expect(200); }
        };
        let ids = |list: &Value| -> Vec<String> { list["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect() };
        protect(family.mother.id.clone(), "marked").await;
        let list = server.get("/v1/relations").token(&registrar).send().await.expect(200);
        assert_eq!(ids(&list.body), [father.rsplit('/').next().unwrap()]);
        server.get(&mother).token(&registrar).send().await.expect(404);
        let mut again = family.custody(&family.mother, "2020-01-01");
        let hidden = server.post("/v1/relations", &again).token(&registrar).send().await.expect(422);
        again["relativeId"] = json!("0199a3f0-7c00-7000-8000-00000000dead");
        let nobody = server.post("/v1/relations", &again).token(&registrar).send().await.expect(422);
        assert_eq!(hidden.body["errors"], nobody.body["errors"]);
        // She keeps her own rights over the child.
        let token = family.guardian(&server, &family.mother).await;
        assert_eq!(rights(&server, &token).await, json!(ALL));

        protect(family.mother.id.clone(), "none").await;
        protect(family.child.id.clone(), "protected-registration").await;
        for path in ["/v1/relations", "/v1/contact-bans"] {
            for staff in [&registrar, &staffed.officer, &family.staff(&server, Role::Principal).await] {
                let list = server.get(path).token(staff).send().await;
                assert!(list.status == 403 || list.body["data"] == json!([]), "{}", list.text);
            }
        }
        for path in [mother, father, format!("/v1/contact-bans/{}", id_of(&ban))] {
            server.get(&path).token(&registrar).send().await.expect(404);
            server.delete(&path, "*").token(&registrar).send().await;
        }
        assert_eq!(rights(&server, &token).await, json!(null));
        protect(family.child.id.clone(), "none").await;
        // What was there is there again; the ban too.
        assert_eq!(rights(&server, &token).await, json!(ALL));
        let father = family.guardian(&server, &family.father).await;
        assert_eq!(rights(&server, &father).await, json!(null));
        server.stop().await;
    }
}

on_both! {
    async fn the_trail_tells_of_relations_and_never_of_bans(server: TestServer) {
        let family = Family::enter(&server).await;
        let registrar = family.staff(&server, Role::Registrar).await;
        let relation = family.relate(&server, &family.custody(&family.mother, "2020-01-01")).await;
        let ban = server.post("/v1/contact-bans", &family.ban(&family.father, "2026-08-17")).token(&registrar).send().await.expect(201);
        server.settle_log().await;
        for role in [Role::Administrator, Role::Principal] {
            let token = family.staff(&server, role).await;
            let trail = server.get("/v1/changes?limit=500&sort=position").token(&token).send().await.expect(200);
            assert!(trail.text.contains(relation.rsplit('/').next().unwrap()));
            assert!(!trail.text.contains(&id_of(&ban)) && !trail.text.contains("contact ban") && !trail.text.contains("Kontaktförbud"));
            let asked = server.get("/v1/changes?entity=contact%20ban").token(&token).send().await.expect(200);
            assert_eq!(asked.body["data"], json!([]));
        }
        server.stop().await;
    }
}

on_both! {
    async fn who_works_for_one_unit_meets_the_relations_of_its_pupils(server: TestServer) {
        let family = Family::enter(&server).await;
        let registrar = family.staff(&server, Role::Registrar).await;
        let elsewhere = json!({ "name": "Åkerö skola", "controllerId": family.school.controller.to_string(), "schoolTypes": ["FHS"], "valid": { "from": "2001-07-01" } });
        let other = server.post("/v1/school-units", &elsewhere).token(&registrar).send().await.expect(201);
        let other = skolhus_domain::id::Id::from_uuid(id_of(&other).parse().unwrap());
        let path = family.relate(&server, &family.custody(&family.mother, "2020-01-01")).await;
        let here = family.registrar_of(&server, family.school.unit).await;
        let there = family.registrar_of(&server, other).await;
        server.get(&path).token(&here).send().await.expect(200);
        server.get(&path).token(&there).send().await.expect(404);
        assert_eq!(server.get("/v1/relations").token(&there).send().await.expect(200).body["data"], json!([]));
        let answer = server.post("/v1/relations", &family.custody(&family.father, "2020-01-01")).token(&there).send().await.expect(422);
        assert_eq!(answer.refused(), ["/personId", "/relativeId"]);
        server.stop().await;
    }
}

on_both! {
    async fn lists_filter_and_cost_the_same_whatever_their_length(server: TestServer) {
        let family = Family::enter(&server).await;
        let registrar = family.staff(&server, Role::Registrar).await;
        family.relate(&server, &family.custody(&family.mother, "2020-01-01")).await;
        let guardian = family.guardian(&server, &family.mother).await;
        let (_, few) = server.statements(server.get("/v1/relations").token(&registrar).send()).await;
        let (_, few_wards) = server.statements(server.get("/v1/me/wards").token(&guardian).send()).await;
        let mut father = family.custody(&family.father, "2021-01-01");
        father["rights"] = json!(["see"]);
        family.relate(&server, &father).await;
        family.relate(&server, &json!({ "personId": family.neighbours_child.id, "relativeId": family.mother.id, "kind": "contact-only", "period": { "from": "2026-08-01" }, "rights": ["collect"], "reason": "Hämtar på torsdagar" })).await;
        server.post("/v1/relations", &json!({ "personId": family.neighbours_child.id, "relativeId": family.neighbour.id, "kind": "guardian", "period": { "from": "2026-08-01" }, "reason": "Enligt folkbokföringen" })).token(&registrar).send().await.expect(201);
        let (list, many) = server.statements(server.get("/v1/relations").token(&registrar).send()).await;
        assert_eq!(list.expect(200).body["data"].as_array().unwrap().len(), 4);
        assert_eq!((few, many), (2, 2));
        let (wards, many_wards) = server.statements(server.get("/v1/me/wards").token(&guardian).send()).await;
        let wards = wards.expect(200);
        assert_eq!(wards.body["data"].as_array().unwrap().len(), 2);
        assert_eq!(wards.body["data"][1]["rights"], json!(["collect"]));
        assert_eq!((few_wards, many_wards), (3, 3));
        for (query, count) in [
            (format!("personId={}", family.child.id), 2),
            (format!("relativeId={}", family.mother.id), 2),
            ("kind=guardian".to_owned(), 3),
            ("kind=contact-only,foster-home".to_owned(), 1),
            ("state=waiting".to_owned(), 1),
            ("validOn=2020-06-01".to_owned(), 1),
            ("modifiedAfter=2026-08-18T00:00:00Z".to_owned(), 0),
            ("sort=-periodFrom&limit=1".to_owned(), 1),
        ] {
            let list = server.get(&format!("/v1/relations?{query}")).token(&registrar).send().await.expect(200);
            assert_eq!(list.body["data"].as_array().unwrap().len(), count, "{query}");
        }
        let mut seen = Vec::new();
        let mut page = "/v1/relations?limit=1&sort=modifiedAt".to_owned();
        for _ in 0..4 {
            let answer = server.get(&page).token(&registrar).send().await.expect(200);
            seen.push(answer.body["data"][0]["id"].as_str().unwrap().to_owned());
            let Some(token) = answer.body["pageToken"].as_str() else { break };
            page = format!("/v1/relations?limit=1&pageToken={token}");
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 4);
        server.stop().await;
    }
}

on_both! {
    async fn many_at_once_leave_one_relation_and_one_decision(server: TestServer) {
        let family = Family::enter(&server).await;
        let registrar = family.staff(&server, Role::Registrar).await;
        let custody = family.custody(&family.mother, "2020-01-01");
        let answers = join_all((0..6).map(|_| server.post("/v1/relations", &custody).token(&registrar).send())).await;
        let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(made.len(), 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
        assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 201 | 422)));
        let path = format!("/v1/relations/{}", id_of(made[0]));
        let second = family.staff(&server, Role::Registrar).await;
        let (yes, no) = (json!({ "version": 1 }), json!({ "version": 1, "note": "Det stämmer inte" }));
        let decisions = join_all((0..6).map(|number| {
            let (what, body) = if number % 2 == 0 { ("confirmation", &yes) } else { ("rejection", &no) };
            server.post(&format!("{path}/{what}"), body).token(&second).send()
        })).await;
        assert_eq!(decisions.iter().filter(|answer| answer.status == 200).count(), 1);
        assert!(decisions.iter().all(|answer| matches!(answer.status.as_u16(), 200 | 409)), "{:?}", decisions.iter().map(|answer| &answer.text).collect::<Vec<_>>());
        let there = server.get(&path).token(&second).send().await.expect(200);
        assert_eq!(there.body["version"], 2);
        server.stop().await;
    }
}

on_both! {
    async fn a_contact_sheet_says_whom_to_reach_and_whom_not(server: TestServer) {
        let family = Family::enter(&server).await;
        let registrar = family.staff(&server, Role::Registrar).await;
        let path = format!("/v1/persons/{}/contact-sheet", family.child.id);
        let empty = server.get(&path).token(&registrar).send().await.expect(200);
        assert_eq!((&empty.body["guardians"], &empty.body["others"], &empty.body["barred"]), (&json!([]), &json!([]), &json!([])));
        family.relate(&server, &family.custody(&family.mother, "2020-01-01")).await;
        family.relate(&server, &family.custody(&family.father, "2020-01-01")).await;
        let mut contact = family.custody(&family.neighbour, "2026-08-01");
        contact["kind"] = json!("contact-only");
        server.post("/v1/relations", &contact).token(&registrar).send().await.expect(201);
        let (sheet, statements) = server.statements(server.get(&path).token(&registrar).send()).await;
        let sheet = sheet.expect(200);
        assert_eq!(statements, 4);
        let people = |list: &Value| -> Vec<String> { list.as_array().unwrap().iter().map(|row| row["personId"].as_str().unwrap().to_owned()).collect() };
        assert_eq!(people(&sheet.body["guardians"]), [family.father.id.clone(), family.mother.id.clone()]);
        assert_eq!(people(&sheet.body["others"]), std::slice::from_ref(&family.neighbour.id));
        assert_eq!(sheet.body["others"][0]["rights"], json!([]));
        assert_eq!(sheet.body["guardians"][1]["phones"], json!([{ "number": "070-174 06 02", "kind": "mobile", "source": "staff", "verifiedAt": null }]));
        assert!(!sheet.text.contains("Hemliggatan"));
        assert_eq!(sheet.body["mayCollectIds"], json!([family.father.id, family.mother.id]));
        assert_eq!(sheet.body["toBeToldIds"], json!([family.father.id, family.mother.id]));

        server.post("/v1/contact-bans", &family.ban(&family.father, "2026-08-17")).token(&registrar).send().await.expect(201);
        let officer = family.staff(&server, Role::ProtectionOfficer).await;
        let marked = json!({ "protection": "marked", "reason": "Sekretessmarkering" });
        server.put(&format!("/v1/persons/{}/protection", family.neighbour.id), "*", &marked).token(&officer).send().await.expect(200);
        let sheet = server.get(&path).token(&registrar).send().await.expect(200);
        assert_eq!(people(&sheet.body["guardians"]), std::slice::from_ref(&family.mother.id));
        assert_eq!((&sheet.body["others"], &sheet.body["mayCollectIds"]), (&json!([]), &json!([family.mother.id])));
        assert_eq!(sheet.body["barred"][0]["name"]["familyName"], "Håkansbo");
        assert!(!sheet.text.contains("070-174 06 03") && !sheet.text.contains("klagar"), "{}", sheet.text);

        // A teacher who does not teach the child has no sheet; nor has anybody of a protected child.
        let teacher = family.school.token_of(&server, Role::Teacher, None, Some(family.neighbour.person()), Level::High).await;
        server.get(&path).token(&teacher).send().await.expect(404);
        server.put(&format!("/v1/persons/{}/protection", family.child.id), "*", &marked).token(&officer).send().await.expect(200);
        server.get(&path).token(&registrar).send().await.expect(404);
        server.stop().await;
    }
}
