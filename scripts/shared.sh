# Sourced by the scripts beside it, from the repository's root.

# Tools that were installed for this repository alone.
TOOLS="$PWD/target/tools"
PATH="$TOOLS/bin:$PATH"
export TOOLS PATH

say() {
  printf '%s\n' "── $*" >&2
}

fail() {
  say "$*"
  exit 1
}
