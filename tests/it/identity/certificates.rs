//! Certificates of integrators' clients: which get in, from where, by which way, and how they are ordered and revoked.

use chrono::{DateTime, Duration, Utc};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use skolhus_api::{
    http::{peer_certificate::fingerprint, problem::Problem},
    identity::{certificate_authority::operator, client_certificate::notices},
};
use skolhus_domain::{
    access::{Caller, Role},
    id::{CertificateAuthorityId, ClientCertificateId, ClientId, Id},
    identity::{CertificateKey, ClientCertificate},
};
use skolhus_persistence::identity::client_certificate;
use skolhus_tests::{
    certificates::{Asking, Authority, Issue, Papers, server_papers, tls, write},
    on_both,
    register::School,
    server::{Answer, Around, Calling, Request, TestServer},
};
use uuid::Uuid;

use super::clients::{Integrator, token_of};

/// The client may call from here.
const ALLOWED: &str = "127.0.0.2";
/// And not from here.
const DENIED: &str = "127.0.0.3";
/// The proxy that is believed.
const PROXY: &str = "127.0.0.9";
/// The header in which it forwards certificates.
const HEADER: &str = "x-client-certificate";

async fn post(server: &TestServer, token: &str, path: &str, body: Value) -> Answer {
    server.post(path, &body).token(token).send().await
}

fn order(asking: &Asking) -> Value {
    json!({ "certificateSigningRequest": asking.request() })
}

async fn ask(calling: Request, client: &str) -> Answer {
    let form = format!("grant_type=client_credentials&client_id={client}");
    calling.body("application/x-www-form-urlencoded", form).send().await
}

/// By which way a certificate comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    /// TLS that ends at the server.
    Tls,
    /// A trusted proxy, as nginx forwards it.
    Escaped,
    /// A trusted proxy, as RFC 9440 has it.
    Standard,
    /// The same headers from anybody.
    Spoofed,
}

/// Somebody with a certificate, at an address, by a way.
struct Visitor {
    calling: Calling,
    headers: Vec<(&'static str, String)>,
}

impl Visitor {
    fn of(server: &TestServer, own: Option<&Papers>, papers: Option<&Papers>, from: &str, way: Way) -> Self {
        use base64::{Engine, engine::general_purpose::STANDARD};
        if way == Way::Tls {
            return Self { calling: server.caller(from, own, papers), headers: Vec::new() };
        }
        let peer = if way == Way::Spoofed { from } else { PROXY };
        let mut headers =
            vec![("x-forwarded-for", if way == Way::Spoofed { ALLOWED.to_owned() } else { from.to_owned() })];
        if let Some(papers) = papers {
            let value = match way {
                Way::Standard => format!(":{}:", STANDARD.encode(&papers.der)),
                Way::Escaped | Way::Spoofed | Way::Tls => papers.escaped(),
            };
            headers.push((HEADER, value));
        }
        Self { calling: server.caller(peer, own, None), headers }
    }

    fn request(&self, method: Method, path: &str) -> Request {
        let request = self.calling.request(method, path);
        self.headers.iter().fold(request, |request, (name, value)| request.header(name, value))
    }

    async fn token(&self, client: &str) -> Answer {
        ask(self.request(Method::POST, "/v1/tokens"), client).await
    }

    async fn read(&self, token: &str) -> Answer {
        self.request(Method::GET, "/v1/courses").token(token).send().await
    }
}

/// Enters a certificate as if it had been issued here, whatever it says.
async fn enter(
    server: &TestServer,
    school: &School,
    client: &str,
    authority: CertificateAuthorityId,
    papers: &Papers,
    (valid_from, expires_at): (DateTime<Utc>, DateTime<Utc>),
) -> String {
    let id: ClientCertificateId = server.state.fresh();
    let certificate = ClientCertificate {
        client: ClientId::from_uuid(Uuid::try_parse(client).unwrap()),
        authority,
        renews: None,
        serial: id.uuid().simple().to_string(),
        fingerprint: fingerprint(&papers.der),
        key: CertificateKey::P256,
        der: papers.der.clone(),
        valid_from,
        expires_at,
        allowed_networks: Vec::new(),
        noticed_days: None,
        revoked: None,
    };
    let caller =
        Caller::system("test", school.organiser, server.state.fresh_uuid(), server.state.clock.now());
    let write = server.state.database.write(&caller, move |tx, scope| {
        client_certificate::insert(tx, scope, id, &certificate).map_err(Problem::from)
    });
    write.await.unwrap();
    id.to_string()
}

on_both! {
    async fn exactly_the_right_certificates_get_in_from_the_right_places(server: TestServer) {
        let school = School::enter(&server).await;
        let admin = school.token(&server, Role::Administrator).await;
        let (ours, theirs) = (Authority::new("Klienter"), Authority::new("Klienter"));
        let authority = operator::load(&server.state, school.organiser, &ours.certificate(), ours.key()).await.unwrap();
        let scopes = json!(["course:read"]);
        let new = json!({ "name": "Schemaläggaren i Åkerö", "scopes": scopes, "allowedNetworks": [ALLOWED] });
        let client = Integrator::register(&server, &admin, new).await;
        let other = Integrator::register(&server, &admin, json!({ "name": "Matsalen", "scopes": scopes })).await;

        // One of each kind. All but the first two are entered as if they had been issued here, so that each is refused for what is
        // wrong with it and for nothing else.
        let now = server.state.clock.now();
        let day = Duration::days(1);
        let (past, present, future) = ((now - day * 9, now - day), (now - day, now + day), (now + day, now + day * 9));
        let issue = |by: &Authority, (from, to), for_clients| by.issue(Issue { from, to, for_clients });
        let asking = Asking::new();
        let path = format!("{}/certificates", client.path);
        let ordered = post(&server, &admin, &path, order(&asking)).await.expect(201);
        let valid = asking.papers(ordered.body["certificate"].as_str().unwrap());
        let mut cells = vec![("valid", valid.clone()), ("not entered", issue(&ours, present, true))];
        for (kind, by, period, for_clients, of) in [
            ("second", &ours, present, true, &client),
            ("expired", &ours, past, true, &client),
            ("not valid yet", &ours, future, true, &client),
            ("of another authority", &theirs, present, true, &client),
            ("for servers", &ours, present, false, &client),
            ("another client's", &ours, present, true, &other),
            ("revoked", &ours, present, true, &client),
        ] {
            let papers = issue(by, period, for_clients);
            let id = enter(&server, &school, &of.id, authority, &papers, period).await;
            if kind == "revoked" {
                let reason = json!({ "reason": "key-compromise" });
                post(&server, &admin, &format!("{path}/{id}/revocation"), reason).await.expect(200);
            }
            cells.push((kind, papers));
        }

        let folder = tempfile::tempdir().unwrap();
        let own = server_papers();
        let tls = tls(folder.path(), &own);
        let authority_der = Asking::new().papers(&ours.certificate()).der;
        tls.ask_for(&[authority_der]);
        // Behind TLS that ends here a header is nobody's, also where a proxy is believed that this caller is not.
        let around = Around { proxies: &[PROXY], certificate_header: Some(HEADER), tls: Some(tls), ..Around::default() };
        let server = server.restart_as(around).await;
        let good = Visitor::of(&server, Some(&own), Some(&valid), ALLOWED, Way::Tls);
        for (kind, papers) in &cells {
            for way in [Way::Tls, Way::Escaped, Way::Standard, Way::Spoofed] {
                for from in [ALLOWED, DENIED] {
                    let caller = Visitor::of(&server, Some(&own), Some(papers), from, way);
                    let answer = caller.token(&client.id).await;
                    let is_right = ["valid", "second"].contains(kind) && way != Way::Spoofed;
                    let expected = match (is_right, from) {
                        (true, ALLOWED) => (200, Value::Null),
                        (true, _) => (403, json!("client-network")),
                        (false, _) => (401, json!("wrong-credentials")),
                    };
                    assert_eq!((answer.status.as_u16(), answer.body["code"].clone()), expected, "{kind} {way:?} {from}: {}", answer.text);
                    // A failure is counted, and taken back by who gets in.
                    good.token(&client.id).await.expect(200);
                }
            }
        }
        // Without one, and with one that says nothing.
        for way in [Way::Tls, Way::Escaped, Way::Spoofed] {
            Visitor::of(&server, Some(&own), None, ALLOWED, way).token(&client.id).await.expect(401);
        }
        let twice = Visitor::of(&server, Some(&own), Some(&valid), ALLOWED, Way::Escaped);
        ask(twice.request(Method::POST, "/v1/tokens").header(HEADER, &valid.escaped()), &client.id).await.expect(401);
        // What a proxy shows on its own connection is its own.
        let proxy = Visitor { calling: server.caller(PROXY, Some(&own), Some(&valid)), headers: vec![("x-forwarded-for", ALLOWED.to_owned())] };
        proxy.token(&client.id).await.expect(401);

        // The token is worth nothing without the certificate that gave it, by whichever way that comes.
        let token = token_of(&good.token(&client.id).await);
        good.read(&token).await.expect(200);
        let second = cells.iter().find(|(kind, _)| *kind == "second").map(|(_, papers)| papers.clone()).unwrap();
        for (papers, way, from, status) in [
            (Some(&valid), Way::Tls, ALLOWED, 200),
            (Some(&valid), Way::Escaped, ALLOWED, 200),
            (Some(&valid), Way::Standard, ALLOWED, 200),
            (Some(&valid), Way::Tls, DENIED, 403),
            (Some(&valid), Way::Escaped, DENIED, 403),
            (Some(&valid), Way::Spoofed, ALLOWED, 401),
            (Some(&second), Way::Tls, ALLOWED, 401),
            (Some(&second), Way::Escaped, ALLOWED, 401),
            (None, Way::Tls, ALLOWED, 401),
            (None, Way::Escaped, ALLOWED, 401),
        ] {
            let answer = Visitor::of(&server, Some(&own), papers, from, way).read(&token).await;
            assert_eq!(answer.status, status, "{way:?} {from}: {}", answer.text);
        }
        // Who may is read in one statement, as for every other client.
        let bearer = client.form();
        let plain = Visitor::of(&server, Some(&own), None, ALLOWED, Way::Tls);
        let by_secret = plain.request(Method::POST, "/v1/tokens").body("application/x-www-form-urlencoded", bearer).send().await;
        let unbound = token_of(&by_secret);
        let (answer, one) = server.statements(good.read(&token)).await;
        answer.expect(200);
        let (answer, same) = server.statements(plain.read(&unbound)).await;
        answer.expect(200);
        assert_eq!(one, same);

        // Revoked, it is refused at once, and so is the token that was given for it.
        let admin = school.token(&server, Role::Administrator).await;
        let at = format!("{path}/{}/revocation", ordered.body["id"].as_str().unwrap());
        let revoke = server.caller("127.0.0.1", Some(&own), None);
        let reason = json!({ "reason": "superseded" });
        revoke.request(Method::POST, &at).json(&reason).token(&admin).send().await.expect(200);
        good.read(&token).await.expect(401);
        good.token(&client.id).await.expect(401);
        let second = Visitor::of(&server, Some(&own), Some(&second), ALLOWED, Way::Tls);
        let token = token_of(&second.token(&client.id).await);
        second.read(&token).await.expect(200);
        // An authority that is withdrawn takes with it what it has issued; one that has expired too.
        assert!(operator::withdraw(&server.state, school.organiser, authority).await.unwrap());
        second.read(&token).await.expect(401);
        second.token(&client.id).await.expect(401);
        // The client that shows nothing but its secret is disturbed by none of it.
        plain.read(&unbound).await.expect(200);
        server.stop().await;
    }
}

on_both! {
    async fn an_integrator_sees_to_its_own_certificates(server: TestServer) {
        let school = School::enter(&server).await;
        let admin = school.token(&server, Role::Administrator).await;
        let scopes = json!(["course:read", "client-certificate:manage"]);
        let client = Integrator::register(&server, &admin, json!({ "name": "Schemaläggaren i Åkerö", "scopes": scopes })).await;
        let other = Integrator::register(&server, &admin, json!({ "name": "Matsalen", "scopes": scopes })).await;
        let reader = Integrator::register(&server, &admin, json!({ "name": "Biblioteket", "scopes": ["course:read"] })).await;
        let (path, theirs) = (format!("{}/certificates", client.path), format!("{}/certificates", other.path));
        let token = client.token_here(&server).await;

        // Only for itself, and only where it may.
        let reading = reader.token_here(&server).await;
        post(&server, &reading, &format!("{}/certificates", reader.path), order(&Asking::new())).await.expect(403);
        post(&server, &token, &theirs, order(&Asking::new())).await.expect(404);
        server.get(&theirs).token(&token).send().await.expect(404);
        let elsewhere = School::enter(&server).await.token(&server, Role::Administrator).await;
        server.get(&path).token(&elsewhere).send().await.expect(404);
        post(&server, &elsewhere, &path, order(&Asking::new())).await.expect(404);
        let authorities = async || {
            let listed = server.get("/v1/certificate-authorities").token(&admin).send().await.expect(200);
            listed.body["data"].as_array().unwrap().clone()
        };
        assert_eq!(authorities().await.len(), 0, "none is made for those who get none");

        // Two first orders at once: one authority, made at need.
        let (one, two) = (Asking::new(), Asking::new());
        let orders = join_all([&one, &two].map(|asking| post(&server, &token, &path, order(asking)))).await;
        let [first, second] = <[Answer; 2]>::try_from(orders).unwrap().map(|answer| answer.expect(201));
        let there = authorities().await;
        assert_eq!(there.len(), 1);
        assert_eq!((&there[0]["origin"], &there[0]["id"]), (&json!("own"), &first.body["authorityId"]));
        assert_ne!(first.body["serial"], second.body["serial"]);
        let at = format!("{path}/{}", first.body["id"].as_str().unwrap());
        assert_eq!(first.headers["location"], at.as_str());
        assert_eq!(server.get(&at).token(&token).send().await.expect(200).body, first.body);
        server.get(&at.replace(&client.id, &other.id)).token(&token).send().await.expect(404);
        let keyed = server.raw().text("SELECT sealed_key AS value FROM certificate_authorities");
        assert!(!keyed.contains("PRIVATE") && keyed.len() > 100);
        let logged = server.raw().texts("SELECT details AS value FROM change_details");
        assert!(logged.iter().all(|details| !details.contains(&keyed)), "the sealed key stands in the log");

        // What is no request, or about a key that is not taken.
        let wrong = |request: &str| json!({ "certificateSigningRequest": request });
        for request in ["nonsens", &one.request().replace("REQUEST", "XEQUEST"), first.body["certificate"].as_str().unwrap()] {
            let refused = post(&server, &token, &path, wrong(request)).await.expect(422);
            assert_eq!(refused.refused(), ["/certificateSigningRequest"]);
        }
        let mut unknown = order(&one);
        unknown["renewsId"] = json!(Uuid::nil());
        assert_eq!(post(&server, &token, &path, unknown).await.expect(422).refused(), ["/renewsId"]);
        let mut strange = order(&one);
        strange["allowedNetworks"] = json!(["127.0.0.2", "127.0.0.2/8"]);
        assert_eq!(post(&server, &token, &path, strange).await.expect(422).refused(), ["/allowedNetworks/1"]);

        // A renewal stands beside the one it renews, and may be narrowed to some of the client's networks.
        let mut renewal = order(&one);
        renewal["renewsId"] = first.body["id"].clone();
        renewal["allowedNetworks"] = json!([ALLOWED]);
        let key = server.state.fresh_uuid().to_string();
        let again = async || server.post(&path, &renewal).token(&token).header("idempotency-key", &key).send().await.expect(201);
        let renewed = again().await;
        assert_eq!(again().await.body, renewed.body);
        assert_eq!(renewed.body["renewsId"], first.body["id"]);
        let listed = server.get(&path).token(&token).send().await.expect(200);
        assert_eq!(listed.body["data"].as_array().unwrap().len(), 3);

        // Both get in, by TLS that ends here; the narrowed one from one place only.
        let folder = tempfile::tempdir().unwrap();
        let own = server_papers();
        let ending = tls(folder.path(), &own);
        ending.ask_for(&[Asking::new().papers(there[0]["certificate"].as_str().unwrap()).der]);
        let server = server.restart_as(Around { tls: Some(ending.clone()), ..Around::default() }).await;
        let papers = |asking: &Asking, answer: &Answer| asking.papers(answer.body["certificate"].as_str().unwrap());
        let at_once = |papers: &Papers, from: &str| Visitor::of(&server, Some(&own), Some(papers), from, Way::Tls);
        at_once(&papers(&one, &first), DENIED).token(&client.id).await.expect(200);
        let narrowed = papers(&one, &renewed);
        let bound = token_of(&at_once(&narrowed, ALLOWED).token(&client.id).await);
        at_once(&narrowed, ALLOWED).read(&bound).await.expect(200);
        assert_eq!(at_once(&narrowed, DENIED).read(&bound).await.expect(403).body["code"], "client-network");
        assert_eq!(at_once(&narrowed, DENIED).token(&client.id).await.expect(403).body["code"], "client-network");
        // With its certificate it orders the next one, and revokes the former.
        let itself = at_once(&narrowed, ALLOWED);
        let by_itself = |method: Method, path: &str, body: &Value| itself.request(method, path).json(body).token(&bound);
        by_itself(Method::POST, &path, &order(&two)).send().await.expect(201);
        let revocation = format!("{at}/revocation");
        let lost = by_itself(Method::POST, &revocation, &json!({ "reason": "lost" })).send().await.expect(422);
        assert_eq!(lost.refused(), ["/reason"]);
        let superseded = json!({ "reason": "superseded" });
        let revoked = by_itself(Method::POST, &revocation, &superseded).send().await.expect(200);
        assert_eq!((&revoked.body["revoked"], &revoked.body["revocationReason"]), (&json!(true), &json!("superseded")));
        assert_eq!(by_itself(Method::POST, &revocation, &superseded).send().await.expect(200).body, revoked.body);
        by_itself(Method::POST, &revocation, &json!({ "reason": "key-compromise" })).send().await.expect(409);
        at_once(&papers(&one, &first), DENIED).token(&client.id).await.expect(401);
        let left = itself.request(Method::GET, &format!("{path}?revoked=false")).token(&bound).send().await.expect(200);
        assert_eq!(left.body["data"].as_array().unwrap().len(), 3);

        // Another certificate of the server's own is used for the next connection; TLS 1.2 does too.
        let fresh = server_papers();
        write(folder.path(), &fresh);
        assert!(ending.refresh().unwrap());
        Visitor::of(&server, Some(&fresh), Some(&narrowed), ALLOWED, Way::Tls).token(&client.id).await.expect(200);
        server.stop().await;
    }
}

on_both! {
    async fn that_a_certificate_expires_is_told_three_times(server: TestServer) {
        let school = School::enter(&server).await;
        let admin = school.token(&server, Role::Administrator).await;
        let client = Integrator::register(&server, &admin, json!({ "name": "Schemaläggaren", "scopes": ["course:read"] })).await;
        let path = format!("{}/certificates", client.path);
        let kept = post(&server, &admin, &path, order(&Asking::new())).await.expect(201);
        let revoked = post(&server, &admin, &path, order(&Asking::new())).await.expect(201);
        let revocation = format!("{path}/{}/revocation", revoked.body["id"].as_str().unwrap());
        post(&server, &admin, &revocation, json!({ "reason": "cessation-of-operation" })).await.expect(200);
        let expires: DateTime<Utc> = kept.body["expiresAt"].as_str().unwrap().parse().unwrap();
        assert_eq!(expires, server.state.clock.now() + Duration::days(395));
        // A subscription lasts 90 days.
        server.clock.set(expires - Duration::days(62));
        let admin = school.token(&server, Role::Administrator).await;
        let webhook = json!({ "url": "http://127.0.0.1:1/krok", "entities": ["client certificate"] });
        post(&server, &admin, "/v1/webhook-subscriptions", webhook).await.expect(201);
        server.settle_log().await;
        let told = || server.raw().texts("SELECT payload AS value FROM outbox_messages").len();
        let mut messages = 0;
        for (days, given, noticed) in [
            (61, 0, json!(null)), (60, 1, json!(60)), (60, 0, json!(60)), (31, 0, json!(60)), (30, 1, json!(30)),
            (7, 1, json!(7)), (1, 0, json!(7)), (0, 0, json!(7)),
        ] {
            server.clock.set(expires - Duration::days(days));
            // Two servers look at once.
            let both = join_all([notices::pass(&server.state), notices::pass(&server.state)]).await;
            let both: usize = both.into_iter().map(Result::unwrap).sum();
            assert_eq!(both, given, "{days} days before");
            server.settle_log().await;
            messages += given;
            assert_eq!(told(), messages, "{days} days before");
            let admin = school.token(&server, Role::Administrator).await;
            let at = format!("{path}/{}", kept.body["id"].as_str().unwrap());
            assert_eq!(server.get(&at).token(&admin).send().await.expect(200).body["noticedDays"], noticed);
        }
        server.stop().await;
    }
}
