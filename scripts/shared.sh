# Sourced by the scripts beside it, from the repository's root.

# Tools that were installed for this repository alone.
TOOLS="$PWD/target/tools"
PYTHON="$PWD/target/python"
PATH="$TOOLS/bin:$PATH"
export TOOLS PYTHON PATH

say() {
  printf '%s\n' "── $*" >&2
}

fail() {
  say "$*"
  exit 1
}
