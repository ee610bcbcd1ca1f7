//! Builds again when the client was built again: the server embeds its files.

fn main() {
    println!("cargo::rerun-if-changed=../moodle/block_gchat/js");
    println!("cargo::rerun-if-changed=migrations");
}
