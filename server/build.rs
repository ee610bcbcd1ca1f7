//! Builds again when the client was built again: the server embeds its files.
#![expect(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]

fn main() {
    println!("cargo::rerun-if-changed=../moodle/block_gchat/js");
    println!("cargo::rerun-if-changed=migrations");
}
