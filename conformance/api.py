"""Schemathesis over the HTTP API: a real server, every request signed with the site's key.

    python conformance/api.py GCHAT [CASES]     e.g. target/debug/gchat 500

Makes at least CASES (500) requests from what protocol/openapi.json says, right and wrong ones, and looks whether each
answer is one that it promises; never a 5xx. SEED replays a run. Ends with `N cases, 0 server errors, …`.
"""

import base64
import hashlib
import hmac
import itertools
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from pathlib import Path

import schemathesis
import websocket
from requests.auth import AuthBase
from schemathesis.cli import schemathesis as command_line

HERE = Path(__file__).resolve().parent
DESCRIPTION = HERE.parent / "protocol" / "openapi.json"
WWWROOT = "https://moodle.example"

# Not positive_data_acceptance: a schema cannot say that a circle is named once, or that a URL has a host.
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
]

# Few people and courses, so that calls meet what earlier ones have left.
PEOPLE, COURSES = 6, 3


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(code: dict, claims: dict) -> str:
    """A token of the site that the connection code is of."""
    header = {"alg": "HS256", "typ": "JWT", "kid": code["kid"]}
    claims = {"iss": code["site"], "jti": uuid.uuid4().hex, **claims}
    text = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
    key = base64.urlsafe_b64decode(code["key"] + "=" * (-len(code["key"]) % 4))
    return f"{text}.{base64url(hmac.new(key, text.encode(), hashlib.sha256).digest())}"


class Signed(AuthBase):
    """Signs what is about to be sent, as protocol/README.md asks ("The API for the host")."""

    def __init__(self, code: dict) -> None:
        self.code = code

    def __call__(self, request):
        now = int(time.time())
        body = request.body or b""
        claims = {
            "aud": "gchat-api",
            "iat": now + 1,
            "exp": now + 60,
            "wwwroot": WWWROOT,
            "method": request.method.upper(),
            "path": request.path_url,
            "body_sha256": hashlib.sha256(body.encode() if isinstance(body, str) else body).hexdigest(),
        }
        request.headers["Authorization"] = f"Bearer {signed(self.code, claims)}"
        return request


class Server:
    """`gchat serve` with one site, on a port of the system's choice; ends with the block."""

    def __init__(self, gchat: str, folder: str) -> None:
        base = [str(Path(gchat).resolve())]
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("GCHAT_")}
        options = {"cwd": folder, "env": self.environment, "text": True}
        added = subprocess.run([*base, "site", "add", WWWROOT], stdout=subprocess.PIPE, check=True, **options)
        content = added.stdout.strip().removeprefix("gchat1.")
        self.code = json.loads(base64.urlsafe_b64decode(content + "=" * (-len(content) % 4)))
        self.process = subprocess.Popen(
            [*base, "serve", "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, **options
        )
        self.log: list[str] = []
        self.url = self.address()
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True)
        self.reader.start()

    def address(self) -> str:
        for line in self.process.stderr:
            self.log.append(line)
            if found := re.search(r"listen\S*?=\S*?(127\.0\.0\.1:\d+)", re.sub(r"\x1b\[[0-9;]*m", "", line)):
                return f"http://{found[1]}"
        raise SystemExit("the server did not start: " + "".join(self.log))

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)
        self.reader.join(timeout=30)


def talk(server: Server) -> None:
    """Each of the few people writes to each other, edits, answers and deletes, so that there is all to ask for."""
    now = int(time.time())
    sockets = {}
    for user in range(1, PEOPLE + 1):
        claims = {
            **json.loads((DESCRIPTION.parent / "fixtures/token/user.json").read_text()),
            **{"iss": server.code["site"], "sub": str(user), "iat": now, "nbf": now, "exp": now + 600},
            **{"rights_version": 1, "blocked": []},
        }
        sockets[user] = websocket.create_connection(server.url.replace("http", "ws") + "/ws", timeout=30, origin=WWWROOT)
        hello = {"type": "hello", "protocol": 1, "session": str(uuid.uuid4()), "visible": False}
        tell(sockets[user], {**hello, "token": signed(server.code, claims)}, "welcome")
    for user, other in itertools.permutations(sockets, 2):
        message = {"type": "send", "client_message_id": str(uuid.uuid4()), "text": f"from {user}"}
        message["conversation"] = between(user, other)
        first = tell(sockets[user], message, "ack")
        about = {"conversation": first["conversation"], "seq": first["seq"], "client_message_id": first["id"]}
        tell(sockets[user], {"type": "edit", "id": str(uuid.uuid4()), **about, "text": f"by {user}"}, "ack")
        answer = {**message, "client_message_id": str(uuid.uuid4()), "reply_to": first["seq"]}
        tell(sockets[user], answer, "ack")
        if user < other:
            tell(sockets[user], {"type": "delete", "id": str(uuid.uuid4()), **about}, "ack")
    for socket in sockets.values():
        socket.close()


def tell(socket, frame: dict, answer: str) -> dict:
    """Sends a frame and waits for its answer; again later, where that is what it says."""
    while True:
        socket.send(json.dumps(frame))
        while (got := json.loads(socket.recv()))["type"] not in (answer, "error"):
            pass
        if got["type"] == answer:
            return got
        if got["final"]:
            raise SystemExit(f"the server refused {frame['type']}: {got}")
        time.sleep(got["retry_after_ms"] / 1000)


def between(user: int, other: int) -> str:
    return f"{min(user, other)}-{max(user, other)}"


def number(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Right ids become those of a few people and courses; wrong ones stay as they are."""
    met = dict(path_parameters or {})
    if isinstance(user := met.get("user"), int) and 0 < user < 2**53:
        met["user"] = user % PEOPLE + 1
    if re.fullmatch(r"[A-Za-z0-9._:-]{1,64}", str(met.get("course", ""))):
        met["course"] = f"c{number(met['course']) % COURSES + 1}"
    if re.fullmatch(r"[1-9][0-9]*-[1-9][0-9]*", conversation := str(met.get("conversation", ""))):
        # One of the user's own, or now and then another's.
        apart = number(conversation) % (PEOPLE - 1) + 1
        user = met["user"] if met.get("user") in range(1, PEOPLE + 1) else 1
        met["conversation"] = between(user, (user + apart - 1) % PEOPLE + 1) if apart > 1 else "1-2"
    return met


ANSWERS: Counter = Counter()


@schemathesis.hook
def after_call(context, case, response):
    ANSWERS[response.status_code] += 1


def run(url: str, seed: int, cases: int) -> int:
    """Schemathesis's own exit code: 0 if every check held."""
    operations = sum(len(methods) for methods in json.loads(DESCRIPTION.read_text())["paths"].values())
    arguments = ["run", str(DESCRIPTION), "--url", url, "--checks", ",".join(CHECKS), "--seed", str(seed)]
    # Sequences of calls cost most, and find least in a short run.
    phases = "examples,coverage,fuzzing" + (",stateful" if cases >= 1000 else "")
    arguments += ["--max-examples", str(max(1, cases // operations)), "--phases", phases]
    # A slow machine is no failure.
    arguments += ["--suppress-health-check", "all", "--request-timeout", "60"]
    arguments += ["--generation-database", "none", "--continue-on-failure", "--warnings", "off"]
    try:
        command_line.main(arguments, standalone_mode=False)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def main() -> int:
    gchat, cases = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 500
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**32))
    print(f"seed {seed}")
    with tempfile.TemporaryDirectory(prefix="gchat-api-") as folder, Server(gchat, folder) as server:
        talk(server)
        schemathesis.auth.set_from_requests(Signed(server.code))
        failed = run(server.url, seed, cases)
        alive = server.process.poll() is None
    made = sum(ANSWERS.values())
    print("answers:", ", ".join(f"{count} times {status}" for status, count in sorted(ANSWERS.items())))
    worse = sum(count for status, count in ANSWERS.items() if status >= 500)
    panics = [line for line in server.log if "panicked" in line]
    sys.stdout.writelines(panics)
    ended = server.process.returncode
    good = failed == 0 and alive and ended == 0 and not panics and worse == 0 and ANSWERS[200] > 0
    if made < cases:
        print(f"only {made} cases of {cases} were made")
        good = False
    print(f"{made} cases, {worse} server errors, {'all answers as described' if good else 'NOT as described'}; SEED={seed}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
