//! Who of a roster is shown where not everybody fits. Pure.
//!
//! Whoever is shown stays, as long as they are online: a full window changes when somebody of it leaves, and not with
//! every newcomer whose name happens to come early. In a course that thousands join this is the difference between one
//! contact a second for each viewer and none. Only a teacher pushes a student out.

use super::people::Place;
use crate::rights::Role;

/// Those who are shown, in order.
pub(super) type Window = Box<[Place]>;

/// The next window. `stay`: those of the last one whom the viewers still see, in their places of now; `people`: everyone
/// whom they see, in order.
pub(super) fn choose<'a>(
    mut stay: Vec<Place>,
    people: impl Iterator<Item = &'a Place>,
    most: usize,
) -> Window {
    stay.sort_unstable();
    let mut kept = stay.len().min(most);
    let mut come = Vec::new();
    for place in people {
        if stay.binary_search(place).is_ok() {
            continue;
        }
        if kept + come.len() == most {
            let has_students = kept > 0 && stay[kept - 1].role == Role::Student;
            if place.role == Role::Student || !has_students {
                // They come in order: whoever comes after has no better claim.
                break;
            }
            kept -= 1;
        }
        come.push(place.clone());
    }
    stay.truncate(kept);
    stay.append(&mut come);
    stay.sort_unstable();
    stay.into()
}
