//! What a page load costs the server: a reconnect with a valid token and a cursor.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    campus::{Campus, Courses, token},
    client::Client,
    statements,
};
use crate::{
    figure::{Figure, Goal},
    plan::Plan,
};

pub async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let people: u32 = plan.pick(2_000, 20_000);
    let rounds = plan.pick(5, 5);
    let courses = Courses::Three { people };
    let campus = Campus::open(&plan.folder.join("reconnect.db")).await?;
    let mut walkers = Vec::new();
    let first = statements::during(async {
        for user in 1..=people {
            walkers.push(Walker::come(&campus, user, courses).await?);
        }
        Ok(())
    });
    let first = first.await? / f64::from(people);
    // Whoever was never here is read and stored.
    ensure!(first >= 1.0, "{first} statements were counted where somebody is new: the store tells of none");
    let mut costs = Vec::new();
    for _ in 0..rounds {
        let before = campus.cpu()?;
        for walker in &mut walkers {
            walker.load_page(&campus, courses).await?;
        }
        costs.push((campus.cpu()? - before) / f64::from(people) * 1e6);
    }
    let again = statements::during(async {
        for walker in &mut walkers {
            walker.load_page(&campus, courses).await?;
        }
        Ok(())
    });
    let again = again.await? / f64::from(people);
    let least = costs.iter().copied().fold(f64::INFINITY, f64::min);
    drop(walkers);
    campus.close().await?;
    Ok(vec![
        Figure::new("inside.reconnect.cpu", least, "us", Goal::AtMost(500.0)).aim(Goal::AtMost(250.0)),
        // To hundredths: a statement or two of the whole round are what the server does by the clock.
        Figure::new("inside.reconnect.sql_statements", (again * 1e2).round() / 1e2, "1", Goal::AtMost(1.0)),
        Figure::new("inside.reconnect.sql_statements_when_new", first, "1", Goal::None),
    ])
}

/// Somebody who walks from page to page.
struct Walker {
    user: u32,
    client: Client,
    /// What the next hello says it holds.
    held: Value,
    cursor: Value,
}

impl Walker {
    async fn come(campus: &Campus, user: u32, courses: Courses) -> Result<Self> {
        let (mut client, welcome) = Client::enter(&campus.exchange, &hello(user, courses, None), 0).await?;
        let welcome: Value = serde_json::from_str(&welcome)?;
        let mut versions = Vec::new();
        for _ in 0..welcome["circles"].as_array().map_or(0, Vec::len) {
            let roster: Value = client.read("roster").await?;
            versions.push(json!({"circle": roster["circle"], "version": roster["version"]}));
        }
        // Ten conversations that the browser holds; nothing of them has changed.
        let others = (0..10).map(|n| if n + 1_000_000 == user { user + 1 } else { n + 1_000_000 });
        let conversations: Vec<Value> = others
            .map(|other| json!({"conversation": format!("{user}-{other}"), "rev": 0, "seq": 0}))
            .collect();
        let cursor = json!({"epoch": welcome["epoch"], "conversations": conversations});
        let held = json!({"boot": welcome["boot"], "versions": versions});
        Ok(Self { user, client, held, cursor })
    }

    async fn load_page(&mut self, campus: &Campus, courses: Courses) -> Result<()> {
        let hello = hello(self.user, courses, Some((&self.cursor, &self.held)));
        let (client, _) = Client::enter(&campus.exchange, &hello, 0).await?;
        self.client = client;
        Ok(())
    }
}

fn hello(user: u32, courses: Courses, copy: Option<(&Value, &Value)>) -> String {
    let mut hello = json!({
        "type": "hello", "protocol": 1, "token": token(user, courses), "visible": true, "session": Uuid::new_v4(),
    });
    if let Some((cursor, held)) = copy {
        hello["cursor"] = cursor.clone();
        hello["rosters"] = held.clone();
    }
    hello.to_string()
}
