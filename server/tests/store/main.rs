//! One story for every store: what the trait promises, told once and run over each database.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod appends;
mod arrivals;
mod changes;
mod courses;
mod docks;
mod feed;
mod finds;
mod groups;
mod hardening;
mod lists;
#[path = "../memory/mod.rs"]
#[allow(dead_code, reason = "the simulation uses more of it")]
mod memory;
mod model;
mod places;
mod reach;
mod reactions;
mod restores;
mod rooms;
mod sites;
mod sqlite;
mod users;
mod util;

/// Makes a test of each listed function for one backend: `$open` returns what keeps it alive, and the store.
macro_rules! stories {
    ($open:path => $($module:ident: $($story:ident)*;)*) => {$(
        mod $module {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() {
                let (_alive, store) = $open().await;
                crate::$module::$story(store).await;
            }
        )*}
    )*};
}

/// Every story, for one backend.
macro_rules! every_story {
    ($open:path) => {
        crate::stories! { $open =>
            appends:
                messages_get_numbers_without_gaps
                a_thousand_at_once_keep_their_order_and_their_numbers
                the_same_id_again_gives_the_first_answer
                the_same_id_twice_in_one_batch_is_recognised
                the_same_id_for_something_else_is_a_conflict
                one_bad_message_does_not_fail_the_others
                history_comes_in_pages
                any_text_comes_back_as_it_was
                read_marks_only_rise_and_stop_at_the_head
                a_mark_is_seen_by_the_other_when_published_or_with_the_next_message;
            changes:
                a_change_takes_the_next_rev_and_keeps_who_wrote_what_when
                a_change_of_what_is_another_by_now_does_nothing
                of_changes_at_once_one_is_done
                a_repeated_send_is_known_whatever_became_of_the_message
                an_answer_names_a_message_that_is_there
                a_refused_answer_hurts_no_other_message
                one_message_is_read_by_its_seq
                changes_come_by_rev_in_pages
                what_is_held_at_the_head_or_above_is_told_where_that_is
                what_is_no_part_of_a_conversation_is_told_the_head_alone
                a_stub_is_not_unread_and_brings_no_window
                an_erased_person_leaves_nothing_of_what_was_changed;
            courses:
                a_floor_only_rises_and_is_forgotten_after_a_day
                a_snapshot_below_a_floor_that_it_names_is_refused
                what_an_older_snapshot_does_not_name_stays_as_the_call_left_it
                a_call_sets_one_course_and_leaves_versions_and_the_rest
                a_call_of_another_version_than_the_floor_does_nothing
                members_follow_every_write_of_a_user
                an_arrival_tells_the_floors_above_its_token
                the_floors_of_an_arrival_are_those_of_the_rule;
            docks:
                windows_keep_the_order_in_which_they_were_opened
                a_change_from_before_anothers_change_is_stale
                a_sessions_own_changes_never_make_each_other_stale
                what_changes_nothing_is_no_change
                a_message_brings_a_window_and_says_so_once
                a_closed_window_stays_closed_until_the_next_message
                a_message_that_crosses_a_close_brings_the_window_back
                ones_own_messages_bring_no_window
                beyond_the_most_the_oldest_is_closed_and_nothing_unread_is_hidden
                of_many_windows_that_came_back_those_that_waited_longest_are_listed
                unread_is_capped_and_counts_only_the_others
                what_was_there_before_the_newest_thousand_counts_as_read
                closed_windows_are_forgotten_but_not_what_they_hide;
            feed:
                whoever_applies_the_changes_holds_what_a_fresh_read_gives;
            finds:
                all_that_somebody_reads_is_found_and_nothing_else
                what_was_found_comes_in_pages_the_newest_first
                what_was_changed_is_found_as_it_is_now
                the_erased_are_found_by_nothing
                any_text_is_found_whether_it_is_in_the_index_or_not
                what_is_left_out_and_what_is_asked_alone
                of_another_site_nothing_is_found;
            groups:
                a_group_is_made_once_and_known_again
                what_was_judged_by_another_group_is_judged_again
                people_come_and_go
                each_reads_from_their_coming_to_their_going
                who_loses_the_course_reads_up_to_then_and_is_back_with_it
                who_is_added_without_the_course_is_out_until_they_hold_it
                what_has_happened_is_not_unread_and_brings_no_window
                a_message_brings_back_the_windows_of_all_who_do_not_see_it
                a_mark_is_shown_to_the_group_when_it_is_published
                a_removed_person_leaves_no_part_behind
                what_has_happened_makes_old_messages_count_no_more;
            lists:
                the_newest_conversation_comes_first_in_pages_that_do_not_age
                within_a_day_the_last_message_orders_and_a_deletion_leaves_the_day
                the_last_message_says_who_and_what
                of_a_group_the_last_message_is_one_that_they_read
                pinned_ones_stand_before_all_others_and_are_twenty_at_most
                a_pin_of_a_room_that_is_lost_takes_no_place
                an_archived_conversation_is_back_with_the_next_message
                what_is_muted_brings_no_window_but_by_a_mention
                a_mute_ends_with_its_time
                filters_leave_the_order_as_it_is
                a_room_is_listed_for_whom_it_concerns
                what_was_read_waits_no_more_on_the_next_day
                the_removed_leave_no_flags_and_no_list;
            model:
                docks_are_what_a_naive_model_says;
            reach:
                pages_hold_what_lies_within
                changes_beyond_it_are_empty_spans;
            reactions:
                of_two_devices_the_later_reaction_counts
                reactions_at_once_give_each_message_one_rev
                of_many_people_the_first_are_named
                a_message_has_at_most_so_many_emoji
                what_is_no_message_has_no_reactions
                nothing_follows_a_deletion
                an_erased_person_takes_their_reactions_along
                who_has_only_reacted_in_a_room_is_erased_there_too;
            rooms:
                rooms_are_as_the_last_call_of_the_course_said
                a_room_is_new_to_whoever_has_read_there_before
                what_somebody_has_written_comes_in_pages
                who_writes_in_a_room_is_told_by_a_message_of_it
                a_mention_lists_a_room_until_it_is_read
                a_closed_room_stays_closed_until_the_next_mention
                mentions_are_capped_and_one_persons_alone
                mentions_in_a_group_end_with_the_part_in_it
                a_room_whose_mention_was_closed_is_not_forgotten
                who_reacts_in_a_room_takes_part;
            sites:
                a_site_comes_back_as_it_was_added
                what_belongs_to_another_site_is_refused
                keys_rotate
                a_site_moves
                an_older_policy_never_replaces_a_newer
                a_sites_floor_only_rises_and_is_its_own
                a_site_that_is_not_there_is_named_so
                two_sites_with_the_same_users_share_nothing
                removing_a_site_leaves_the_others;
            users:
                the_rule_of_rights_versions
                equal_content_changes_nothing
                a_higher_version_of_equal_content_is_stored
                an_arrival_tells_all_at_once
                a_revoked_login_is_refused_until_it_is_forgotten
                a_removed_user_leaves_stubs_and_refuses_older_tokens
                a_removal_repeated_or_late_changes_nothing
                a_removed_user_who_is_back_starts_anew
                nothing_of_the_removed_is_stored_after_their_removal
                removing_somebody_unknown_refuses_their_tokens
                all_that_is_kept_of_a_user_is_told_and_nothing_of_the_removed;
        }
    };
}
pub(crate) use {every_story, stories};

/// The store of the simulations keeps the same promises.
mod in_memory {
    use std::sync::Arc;

    use crate::{
        memory::{Calm, MemoryStore},
        util::AnyStore,
    };

    async fn open() -> ((), AnyStore) {
        ((), Arc::new(MemoryStore::open(Arc::default(), Calm)))
    }

    mod story {
        crate::every_story!(crate::in_memory::open);
    }
}

/// And so does a store with the cache around it.
mod cached {
    use std::sync::Arc;

    use gchat::store::CachedStore;

    use crate::{
        memory::{Calm, MemoryStore},
        util::AnyStore,
    };

    async fn open() -> ((), AnyStore) {
        let store = Arc::new(MemoryStore::open(Arc::default(), Calm));
        ((), Arc::new(CachedStore::over(store)))
    }

    mod story {
        crate::every_story!(crate::cached::open);
    }
}
