//! Short runs against real servers: what must hold, and the planted mutants that show that the checker can see.
//!
//! `scripts/test soak` runs them (they are ignored elsewhere, as they keep both cores busy). A seed that failed is
//! tried again with SEED; what happened is kept as a log for `gchat-soak check`.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::path::{Path, PathBuf};

use gchat_soak::{
    Program,
    check::Rule,
    history,
    run::{Outcome, Plan},
};

/// The binary of this crate, with its lying stores.
const OURS: &str = env!("CARGO_BIN_EXE_gchat-soak");

/// The shipped server: built beside it.
fn shipped() -> PathBuf {
    Path::new(OURS).with_file_name("gchat")
}

/// A size at which each mutant is caught; the clean runs have the same.
fn plan() -> Plan {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(rand::random);
    Plan { people: 24, ..Plan::new(&shipped(), seed, 1_200) }
}

fn kills() -> Plan {
    Plan { kills: 3, ..plan() }
}

fn cuts() -> Plan {
    Plan { cuts: 400, ..plan() }
}

/// Of messages alone, none of which leans on another: what the early store forgets would take others with it.
fn no_verbs(plan: Plan) -> Plan {
    Plan { verbs: 0.0, reactions: 0.0, groups: 0.0, ..plan }
}

/// Of two people each: what other mutants do wrong shows there as well, and sooner.
fn direct_only(plan: Plan) -> Plan {
    Plan { groups: 0.0, ..plan }
}

/// Mostly groups and reactions, of a few people in a short while.
fn over_groups(kind: &str) -> Plan {
    let server = Program::with_store(Path::new(OURS), kind);
    Plan { server, kills: 0, people: 12, messages: 300, reactions: 0.5, groups: 0.6, ..plan() }
}

fn over_store(kind: &str) -> Plan {
    Plan { server: Program::with_store(Path::new(OURS), kind), ..kills() }
}

async fn clean(plan: Plan) -> Outcome {
    let outcome = plan.run().await.unwrap();
    if !outcome.holds() {
        let file = std::env::temp_dir().join(format!("gchat-soak-{}.jsonl", plan.seed));
        history::write(&file, &outcome.history).unwrap();
        let complaints: Vec<_> = outcome.complaints().collect();
        panic!("SEED={}, {}: {complaints:#?}", plan.seed, file.display());
    }
    assert!(outcome.verdict.acked >= plan.messages);
    assert_eq!(outcome.verdict.kills, plan.kills);
    outcome
}

/// The rule is found broken, and the other one is not.
async fn caught(plan: Plan, broken: Rule, whole: Rule) {
    let (verdict, seed) = (plan.run().await.unwrap().verdict, plan.seed);
    assert!(verdict.count(broken) > 0, "SEED={seed}: not caught: {verdict}, {:?}", verdict.broken);
    assert_eq!(verdict.count(whole), 0, "SEED={seed}: taken for another: {:#?}", verdict.faults);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "scripts/test soak"]
async fn kills_lose_double_and_reorder_nothing() {
    let outcome = clean(kills()).await;
    let verdict = outcome.verdict;
    assert!(verdict.displayed > verdict.acked, "nobody was shown anything");
    assert!(verdict.verbs > verdict.acked / 10, "only {} edits and deletions", verdict.verbs);
    assert!(verdict.reactions > verdict.acked / 20, "only {} reactions", verdict.reactions);
    assert!(verdict.listed > 100, "only {} conversations in lists", verdict.listed);
    assert!(verdict.wishes > 10, "only {} changes of groups", verdict.wishes);
    assert!(verdict.repeated > 0, "nobody has said again what was changed since");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "scripts/test soak"]
async fn reconnects_leave_no_gap_and_no_reorder() {
    let outcome = clean(cuts()).await;
    assert!(outcome.cuts >= 400);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "scripts/test soak"]
async fn the_mutants_server_with_an_honest_store_is_clean() {
    clean(over_store("honest")).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "scripts/test soak"]
async fn an_ack_before_the_commit_is_caught() {
    caught(no_verbs(over_store("early")), Rule::Lost, Rule::Doubled).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "scripts/test soak"]
async fn a_store_that_forgets_ids_is_caught() {
    caught(direct_only(over_store("forgetful")), Rule::Doubled, Rule::Lost).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "scripts/test soak"]
async fn a_change_that_skips_a_rev_is_caught() {
    caught(direct_only(over_store("skipping")), Rule::SkippedRev, Rule::Undone).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "scripts/test soak"]
async fn an_edit_that_is_acknowledged_and_not_stored_is_caught() {
    caught(direct_only(over_store("pretending")), Rule::Undone, Rule::Lost).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "scripts/test soak"]
async fn a_reaction_of_a_lower_id_that_wins_is_caught() {
    caught(over_groups("disordered"), Rule::Reaction, Rule::Count).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "scripts/test soak"]
async fn a_count_of_reactions_that_is_wrong_is_caught() {
    let plan = over_groups("miscounting");
    caught(Plan { reader: plan.server.clone(), ..plan }, Rule::Count, Rule::Reaction).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "scripts/test soak"]
async fn a_member_who_reads_what_was_said_before_they_came_is_caught() {
    caught(over_groups("backwards"), Rule::Reach, Rule::Membership).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "scripts/test soak"]
async fn a_message_to_somebody_who_has_left_is_caught() {
    caught(over_groups("lingering"), Rule::Reach, Rule::Membership).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "scripts/test soak"]
async fn what_happens_twice_in_a_group_is_caught() {
    caught(over_groups("twice"), Rule::Membership, Rule::Lost).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "scripts/test soak"]
async fn a_room_in_which_students_write_among_announcements_is_caught() {
    // Of 600 messages one run in ten had no announcements among which a student wrote.
    let plan = over_groups("chatty");
    caught(Plan { messages: 1_800, ..plan }, Rule::Membership, Rule::Lost).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "scripts/test soak"]
async fn a_list_that_leaves_a_conversation_out_is_caught() {
    caught(over_groups("omitting"), Rule::Listed, Rule::Incomplete).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "scripts/test soak"]
async fn a_client_that_fetches_no_gap_is_caught() {
    caught(Plan { careless: true, ..direct_only(cuts()) }, Rule::DisplayGap, Rule::Lost).await;
}
