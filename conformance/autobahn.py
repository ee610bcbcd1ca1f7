"""Autobahn's cases, run by kosoku, against the server's real upgrade path (server/examples/echo.rs).

    python conformance/autobahn.py ECHO [CASE ...]     e.g. target/debug/examples/echo "6.*"

Prints every case that is not plainly OK, then `N cases, M failed`; fails unless M is 0 and N what was asked for.
"""

import asyncio
import collections
import subprocess
import sys
import tempfile

import kosoku

# The whole suite of kosoku 0.1.0: without permessage-deflate's cases (12.* and 13.*), which this server does not speak,
# those would be "unimplemented". Fewer than these is a suite that did not run.
ALL = 301


async def run(url: str, wanted: list[str]) -> list:
    try:
        return await kosoku.run_fuzzingclient(url, wanted or None, ["12.*", "13.*"], concurrency=4)
    except kosoku.FailureError as failure:
        return failure.results


def main() -> int:
    echo, *wanted = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="gchat-autobahn-") as folder:
        server = subprocess.Popen([echo, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            url = server.stdout.readline().strip()
            if not url:
                raise SystemExit("the echo server did not start: see above")
            results = asyncio.run(run(url, wanted))
        finally:
            server.stdin.close()
            left = server.wait(timeout=30)
    verdicts = collections.Counter()
    for case in results:
        behaviour, close = case.behavior.value, case.behavior_close.value
        verdicts[behaviour if case.passed else "FAILED"] += 1
        if not case.passed or behaviour != "OK":
            print(f"{case.case_id}: {behaviour}, close {close}: {case.result} {case.result_close}")
    print(", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common()), f"at {url}, it ended with {left}")
    failed = verdicts["FAILED"]
    print(f"{len(results)} cases, {failed} failed")
    whole = bool(wanted) or len(results) == ALL
    if not whole:
        print(f"these are not the {ALL} cases of the suite", file=sys.stderr)
    return 0 if failed == 0 and results and whole and left == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
