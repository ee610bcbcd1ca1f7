//! Forged, ended, early and misused user tokens: RFC 8725's list, the claims of protocol/README.md, renewal.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use gchat::{clock::now_ms, store::SiteKey};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use crate::util::{
    Host, TestClient, TestServer, circle,
    host::{merge, send_call, sign, signed_as, signed_as_text},
};

const BAD: (&str, bool, u16) = ("bad_token", true, 4401);
const EXPIRED: (&str, bool, u16) = ("token_expired", false, 4010);
const EARLY: (&str, bool, u16) = ("token_early", false, 4010);

async fn refused(server: &TestServer, host: &Host, what: &str, token: &str, how: (&str, bool, u16)) {
    let (code, is_final, close) = TestClient::refused(server, host, token).await;
    assert_eq!((code.as_str(), is_final, close), how, "{what}");
}

fn claims(host: &Host) -> Value {
    host.claims(2, "Ana", &[circle("c7", "student")])
}

fn with(host: &Host, change: Value) -> Value {
    let mut claims = claims(host);
    merge(&mut claims, change);
    claims
}

fn without(host: &Host, claim: &str) -> Value {
    let mut claims = claims(host);
    claims.as_object_mut().unwrap().remove(claim).unwrap();
    claims
}

#[tokio::test]
async fn no_algorithm_but_hs256_is_taken() {
    let (server, host) = TestServer::start().await;
    let kid = host.key.kid.clone();
    let good = claims(&host);
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let token = sign(algorithm, Some(&kid), &host.key.secret, &good);
        refused(&server, &host, &format!("{algorithm:?}"), &token, BAD).await;
    }
    for alg in ["none", "None", "NONE", "nOnE", "", "RS256", "ES256", "EdDSA", "hs256", "HS256 "] {
        let header = json!({"alg": alg, "typ": "JWT", "kid": kid});
        refused(&server, &host, alg, &signed_as(&host, &header, &good), BAD).await;
    }
    let header = json!({"alg": "none", "typ": "JWT", "kid": kid});
    let unsigned = format!("{}.{}.", B64.encode(header.to_string()), B64.encode(good.to_string()));
    refused(&server, &host, "unsigned", &unsigned, BAD).await;
    // The very same making with the right header is taken: the refusals above are for the algorithm.
    let header = json!({"alg": "HS256", "typ": "JWT", "kid": kid});
    TestClient::connect(&server, &host, &signed_as(&host, &header, &good)).await;
}

#[tokio::test]
async fn a_header_with_what_the_contract_does_not_have_is_refused() {
    let (server, host) = TestServer::start().await;
    let good = claims(&host);
    let usual = json!({"alg": "HS256", "typ": "JWT", "kid": host.key.kid});
    for more in [
        json!({"crit": []}),
        json!({"crit": ["exp"], "exp": 1}),
        json!({"crit": ["b64"], "b64": false}),
        json!({"crit": null}),
        json!({"b64": true}),
        json!({"b64": false}),
        json!({"zip": "DEF"}),
        json!({"cty": "JWT"}),
        json!({"jku": "https://moodle.example/keys"}),
        json!({"x5u": "https://moodle.example/keys"}),
        json!({"nonce": "1"}),
        json!({"typ": "at+jwt"}),
        json!({"typ": 1}),
        json!({"Alg": "none"}),
    ] {
        let mut header = usual.clone();
        merge(&mut header, more.clone());
        refused(&server, &host, &more.to_string(), &signed_as(&host, &header, &good), BAD).await;
        let mut header = usual.clone();
        merge(&mut header, more.clone());
        let call = host.call_claims("GET", "/api/v1/status", "");
        let call = signed_as(&host, &header, &call);
        let (status, answer) = send_call(&server, "GET", "/api/v1/status", "", &call).await;
        assert_eq!((status, &answer["code"]), (401, &json!("bad_token")), "{more}");
    }
    // Two of one name: the one that is checked need not be the one that another reader takes.
    let twice = format!(r#"{{"alg":"none","alg":"HS256","kid":"{}"}}"#, host.key.kid);
    refused(&server, &host, "alg twice", &signed_as_text(&host, &twice, &good), BAD).await;
    for typ in [json!("JWT"), json!("jwt"), json!(null)] {
        let mut header = usual.clone();
        merge(&mut header, json!({"typ": typ}));
        TestClient::connect(&server, &host, &signed_as(&host, &header, &good)).await;
    }
}

#[tokio::test]
async fn the_kid_decides_the_key_and_the_key_decides_the_site() {
    let (server, host) = TestServer::start().await;
    let other = server.add_site("https://other.example").await;
    let good = claims(&host);
    let by = |kid: Option<&str>, secret: &[u8]| sign(Algorithm::HS256, kid, secret, &good);
    refused(&server, &host, "another key", &by(Some(&host.key.kid), &[9; 32]), BAD).await;
    refused(&server, &host, "unknown kid", &by(Some("k-of-nobody"), &host.key.secret), BAD).await;
    refused(&server, &host, "no kid", &by(None, &host.key.secret), BAD).await;
    refused(&server, &host, "kid of another site", &by(Some(&other.key.kid), &host.key.secret), BAD).await;
    let stranger = other.sign(&with(&other, json!({"iss": host.issuer})));
    refused(&server, &host, "our iss, signed by another site", &stranger, BAD).await;
    let header =
        json!({"alg": "HS256", "kid": host.key.kid, "jwk": {"kty": "oct", "k": B64.encode([9; 32])}});
    let own_key = signed_as(
        &Host { key: SiteKey { secret: vec![9; 32], ..host.key.clone() }, ..host.clone() },
        &header,
        &good,
    );
    refused(&server, &host, "a key of its own in the header", &own_key, BAD).await;
    for kid in [json!(7), json!(null), json!(["a"]), json!("../../dev/null"), json!("' OR 1=1 --")] {
        let header = json!({"alg": "HS256", "kid": kid});
        refused(&server, &host, &kid.to_string(), &signed_as(&host, &header, &good), BAD).await;
    }
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let (server, host) = TestServer::start().await;
    let good = host.sign(&claims(&host));
    let (head, tail) = good.rsplit_once('.').unwrap();
    let flipped = format!("{head}.{}{}", if tail.starts_with('A') { "B" } else { "A" }, &tail[1..]);
    for token in [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        head,
        &format!("{good}.x"),
        &format!(" {good}"),
        &flipped,
        "\u{1F600}",
    ] {
        refused(&server, &host, token, token, BAD).await;
    }
}

#[tokio::test]
async fn claims_are_typed_and_all_of_them_required() {
    let (server, host) = TestServer::start().await;
    for claim in claims(&host).as_object().unwrap().keys() {
        // A missing picture says the same as none.
        if !matches!(claim.as_str(), "picture" | "profile_url") {
            refused(&server, &host, claim, &host.sign(&without(&host, claim)), BAD).await;
        }
    }
    let now = now_ms() / 1_000;
    let many = |n: usize| -> Vec<Value> { (0..n).map(|i| circle(&format!("c{i}"), "student")).collect() };
    for change in [
        json!({"iss": "elsewhere"}),
        json!({"iss": [host.issuer]}),
        json!({"iss": null}),
        json!({"aud": "gchat-api"}),
        json!({"aud": ["gchat"]}),
        json!({"aud": "GCHAT"}),
        json!({"aud": ""}),
        json!({"exp": (now + 600).to_string()}),
        json!({"exp": 1e300}),
        json!({"exp": f64::from(u32::MAX) + 0.5}),
        json!({"exp": -1}),
        json!({"exp": i64::MAX}),
        json!({"exp": u64::MAX}),
        json!({"exp": i64::MIN}),
        json!({"iat": now, "exp": now + 601}),
        json!({"iat": now - 300, "exp": now + 301}),
        json!({"exp": now}),
        json!({"iat": now + 1, "exp": now}),
        json!({"iat": "now"}),
        json!({"iat": -5, "exp": 5}),
        json!({"iat": i64::MIN}),
        json!({"nbf": i64::MAX}),
        json!({"nbf": null}),
        json!({"nbf": true}),
        json!({"sub": 2}),
        json!({"sub": ""}),
        json!({"sub": "02"}),
        json!({"sub": "0"}),
        json!({"sub": "-2"}),
        json!({"sub": "+2"}),
        json!({"sub": "2.0"}),
        json!({"sub": " 2"}),
        json!({"sub": "0x2"}),
        json!({"sub": "9007199254740992"}),
        json!({"sub": "٢"}),
        json!({"sub": "ana"}),
        json!({"sid": "short"}),
        json!({"sid": ""}),
        json!({"sid": "x".repeat(129)}),
        json!({"sid": 12345678}),
        json!({"jti": ""}),
        json!({"jti": "x".repeat(65)}),
        json!({"jti": 7}),
        json!({"rights_version": -1}),
        json!({"rights_version": "1"}),
        json!({"rights_version": 1.5}),
        json!({"rights_version": 1_i64 << 53}),
        json!({"name": ""}),
        json!({"name": "n".repeat(201)}),
        json!({"name": null}),
        json!({"name": 5}),
        json!({"picture": "javascript:alert(1)"}),
        json!({"picture": "data:text/html,x"}),
        json!({"picture": "/p.png"}),
        json!({"profile_url": "ftp://moodle.example/"}),
        json!({"profile_url": format!("https://m.example/{}", "x".repeat(2_048))}),
        json!({"lang": "x".repeat(33)}),
        json!({"hidden": "yes"}),
        json!({"hidden": 0}),
        json!({"rights": "chat"}),
        json!({"rights": [7]}),
        json!({"rights": {"chat": true}}),
        json!({"circles": "c7"}),
        json!({"circles": ["c7"]}),
        json!({"circles": [circle("c 7", "student")]}),
        json!({"circles": [circle("", "student")]}),
        json!({"circles": [circle("c7/g1/x", "student")]}),
        json!({"circles": [circle("c7", "admin")]}),
        json!({"circles": [circle(&"c".repeat(65), "student")]}),
        json!({"circles": [{"id": "c7", "role": "student"}]}),
        json!({"circles": [{"id": "c7", "role": "student", "title": "t".repeat(256)}]}),
        json!({"circles": [circle("c7", "student"), circle("c7", "teacher")]}),
        json!({"blocked": ["3"]}),
        json!({"blocked": [0]}),
        json!({"blocked": vec![3; 1_001]}),
    ] {
        refused(&server, &host, &change.to_string(), &host.sign(&with(&host, change)), BAD).await;
    }
    // More circles than a host may name, in a frame that is still small enough.
    let mut circles = many(1_001);
    circles.iter_mut().for_each(|c| c["title"] = "".into());
    refused(&server, &host, "1001 circles", &host.sign(&with(&host, json!({"circles": circles}))), BAD).await;
}

#[tokio::test]
async fn the_edges_of_what_is_allowed_are_allowed() {
    let (server, host) = TestServer::start().await;
    for change in [
        json!({"sub": "9007199254740991"}),
        json!({"sid": "x".repeat(128)}),
        json!({"sid": "12345678"}),
        json!({"jti": "x".repeat(64)}),
        json!({"name": "ñ".repeat(200)}),
        json!({"lang": ""}),
        json!({"rights": ["chat", "a right of the future"]}),
        json!({"circles": []}),
        json!({"circles": [{"id": format!("{0}/{0}", "c".repeat(64)), "role": "teacher", "title": "t".repeat(255)}]}),
        json!({"blocked": (1..=1_000).collect::<Vec<i64>>()}),
        json!({"a claim of the future": [1]}),
        json!({"rights_version": (1_i64 << 53) - 1, "sub": "77"}),
        json!({"picture": "https://moodle.example/p.png?a=1#x", "profile_url": "http://moodle.example/"}),
    ] {
        TestClient::connect(&server, &host, &host.sign(&with(&host, change))).await;
    }
}

#[tokio::test]
async fn thirty_seconds_of_skew_are_forgiven_either_way_and_no_more() {
    let (server, host) = TestServer::start().await;
    let at = |iat: i64, nbf: i64, exp: i64| {
        let now = now_ms() / 1_000;
        host.sign(&with(&host, json!({"iat": now + iat, "nbf": now + nbf, "exp": now + exp})))
    };
    for (iat, nbf, exp) in [(-100, -100, -25), (29, 29, 300), (-5, 29, 300), (29, -5, 300), (-570, -570, 29)]
    {
        TestClient::connect(&server, &host, &at(iat, nbf, exp)).await;
    }
    for (iat, nbf, exp) in [(-100, -100, -31), (-600, -600, -40), (-3_600, -3_600, -3_100)] {
        refused(&server, &host, "ended", &at(iat, nbf, exp), EXPIRED).await;
    }
    for (iat, nbf, exp) in [(33, -5, 300), (-5, 33, 300), (3_600, 3_600, 3_900), (-5, 100_000, 300)] {
        refused(&server, &host, "early", &at(iat, nbf, exp), EARLY).await;
    }
}

#[tokio::test]
async fn during_a_rotation_both_keys_count_and_afterwards_only_the_new() {
    let (server, mut host) = TestServer::start().await;
    let site = server.store.sites().await.unwrap()[0].site;
    let old = host.sign(&claims(&host));
    let fresh = SiteKey { kid: "rotated".into(), secret: vec![200; 32], created_at: 1 };
    server.store.add_key(site, fresh.clone()).await.unwrap();
    TestClient::connect(&server, &host, &old).await;
    host.key = fresh;
    // The server learns of a key beside it when somebody first uses it.
    let mut ana = TestClient::connect(&server, &host, &host.sign(&claims(&host))).await;
    assert_eq!(server.store.drop_old_keys(site).await.unwrap(), 1);
    let server = server.stop().await.start().await;
    assert_eq!(ana.closed().await, Some(1012));
    refused(&server, &host, "the old key", &old, BAD).await;
    TestClient::connect(&server, &host, &host.sign(&claims(&host))).await;
}

#[tokio::test]
async fn a_removed_site_closes_its_connections_and_its_tokens_are_worth_nothing() {
    let (server, host) = TestServer::start().await;
    let staying = server.add_site("https://staying.example").await;
    let token = host.sign(&claims(&host));
    let mut ana = TestClient::connect(&server, &host, &token).await;
    let mut other = TestClient::person(&server, &staying, 2, "Ana", &[circle("c7", "student")]).await;
    server.store.remove_site(server.store.sites().await.unwrap()[0].site).await.unwrap();
    assert_eq!(ana.closed().await, Some(4401));
    assert_eq!(TestClient::open(&server, Some(&host.url)).await.err(), Some(403), "its origin is nobody's");
    refused(&server, &staying, "from another site's page", &token, BAD).await;
    other.all_until_now().await;
}

#[tokio::test]
async fn a_token_in_the_url_or_a_cookie_or_a_header_is_not_read() {
    let (server, host) = TestServer::start().await;
    let token = host.sign(&claims(&host));
    let bearer = format!("Bearer {token}");
    let cookie = format!("token={token}");
    let headers = [("origin", &*host.url), ("authorization", &*bearer), ("cookie", &*cookie)];
    let mut client = TestClient::open_with(&server, &format!("/ws?token={token}"), &headers).await.unwrap();
    client.send(json!({"type": "ping"})).await;
    assert_eq!(client.refusal().await, ("hello_expected".into(), true, 4400));
}

#[tokio::test]
async fn a_renewal_extends_the_lease_and_never_shortens_it() {
    let (server, host) = TestServer::start().await;
    let now = now_ms() / 1_000;
    let until = |s: i64| host.sign(&with(&host, json!({"iat": now - 60, "nbf": now - 60, "exp": now + s})));
    let mut ana = TestClient::connect(&server, &host, &until(100)).await;
    assert_eq!(ana.welcome["lease_ends"], (now + 100) * 1_000);
    assert_eq!(ana.renew(&until(200)).await["lease_ends"], (now + 200) * 1_000);
    assert_eq!(ana.renew(&until(50)).await["lease_ends"], (now + 200) * 1_000);
}

#[tokio::test]
async fn a_renewal_for_anyone_else_ends_the_connection() {
    let (server, host) = TestServer::start().await;
    let other = server.add_site("https://other.example").await;
    let ours = host.sign(&claims(&host));
    let now = now_ms() / 1_000;
    let ended = json!({"iat": now - 300, "nbf": now - 300, "exp": now - 60});
    let early = json!({"iat": now + 60, "nbf": now + 60, "exp": now + 300});
    let other_user = ("wrong_user", true, 4411);
    for (what, token, how) in [
        ("another user", host.token(3, "Bruno", &[]), other_user),
        ("another login", host.sign(&with(&host, json!({"sid": "another-login"}))), other_user),
        ("the same numbers of another site", other.sign(&with(&other, json!({}))), other_user),
        ("ended", host.sign(&with(&host, ended)), EXPIRED),
        ("early", host.sign(&with(&host, early)), EARLY),
        ("forged", sign(Algorithm::HS256, Some(&host.key.kid), &[9; 32], &claims(&host)), BAD),
        ("nothing", String::new(), BAD),
    ] {
        let mut ana = TestClient::connect(&server, &host, &ours).await;
        ana.send(json!({"type": "renew", "token": token})).await;
        let (code, is_final, close) = ana.refusal().await;
        assert_eq!((code.as_str(), is_final, close), how, "{what}");
    }
}
