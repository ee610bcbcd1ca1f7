//! Who of a roster is shown where not everybody fits. Pure.
//!
//! Whoever is shown stays, as long as they are online: a full slice changes when somebody of it leaves, and not with
//! every newcomer whose name happens to come early. In a course that thousands join this is the difference between one
//! contact a second for each viewer and none. Only a teacher pushes a student out.

use super::people::Entry;
use crate::rights::Role;

/// Those who are shown, in order.
pub(super) type Slice = Box<[Entry]>;

/// The next slice. `stay`: those of the last one whom the viewers still see, as they are now; `people`: everyone
/// whom they see, in order.
pub(super) fn choose<'a>(
    mut stay: Vec<Entry>,
    people: impl Iterator<Item = &'a Entry>,
    most: usize,
) -> Slice {
    stay.sort_unstable();
    let mut staying = stay.len().min(most);
    let mut come = Vec::new();
    for entry in people {
        if stay.binary_search(entry).is_ok() {
            continue;
        }
        if staying + come.len() == most {
            let has_students = staying > 0 && stay[staying - 1].role == Role::Student;
            if entry.role == Role::Student || !has_students {
                // They come in order: whoever comes after has no better claim.
                break;
            }
            staying -= 1;
        }
        come.push(entry.clone());
    }
    stay.truncate(staying);
    stay.append(&mut come);
    stay.sort_unstable();
    stay.into()
}
