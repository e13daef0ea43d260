"""The examples of docs/integrate, run as they stand, against the real program."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.acceptance.conftest import EMIT_SECRET
from tests.acceptance.people import JWT_SECRET, staff
from tests.harness import node
from tests.harness.lines import Lines
from tests.harness.node import SocketIOClient
from tests.harness.program import ROOT, Program

EXAMPLES = ROOT / "docs" / "integrate"
# Next.js finds a module without its ending, and its type check refuses one with it; Node by itself is the other way.
AS_NEXT = """
    import { registerHooks } from "node:module";
    const resolve = (name, context, next) => next(name.endsWith("/lib/carevia") ? name + ".ts" : name, context);
    registerHooks({ resolve });
"""
TYPESCRIPT = ("--no-warnings", "--import", f"data:text/javascript,{quote(AS_NEXT)}")


def environment(program: Program) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "CAREVIA_URL": program.url,
        "CAREVIA_EMIT_SECRET": EMIT_SECRET,
        "CAREVIA_JWT_SECRET": JWT_SECRET,
    }


def run(program: Program, *command: str | Path) -> str:
    done = subprocess.run(command, env=environment(program), capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """The Node examples in a folder where `socket.io-client` is found, as after `npm install`."""
    for name in ("node", "nextjs"):
        (tmp_path / name).symlink_to(EXAMPLES / name)
    (tmp_path / "node_modules").symlink_to(node.ready() / "node_modules")
    return tmp_path


@pytest.mark.parametrize(
    ("language", "tracking_id"), [("node", "SITE-000017"), ("python", "SITE-000018"), ("nextjs", "SITE-000019")]
)
def test_the_signing_example_puts_a_booking_on_the_desk(
    carevia: Program, javascript_client: SocketIOClient, language: str, tracking_id: str
) -> None:
    javascript_client.connect(carevia.url, auth={"token": staff()})
    if language == "node":
        assert run(carevia, node.node(), EXAMPLES / "node" / "emit-booking.mjs") == "on the desk"
    elif language == "python":
        assert run(carevia, sys.executable, EXAMPLES / "python" / "emit_booking.py") == "on the desk"
    else:
        script = f"""
            const {{ POST }} = await import("{EXAMPLES}/nextjs/app/api/booking/route.ts");
            const body = JSON.stringify({{userId: "site-user-19", trackingId: "{tracking_id}", amountPaid: "500"}});
            const answer = await POST(new Request("http://site.example/api/booking", {{method: "POST", body}}));
            console.log(answer.status);
        """
        assert run(carevia, node.node(), *TYPESCRIPT, "--input-type=module", "--eval", script) == "200"
    assert javascript_client.expect_event("customer_added")["args"][0]["trackingId"] == tracking_id


@pytest.mark.parametrize("language", ["node", "python", "nextjs"])
def test_a_minted_token_lets_a_socket_in(carevia: Program, javascript_client: SocketIOClient, language: str) -> None:
    if language == "node":
        token = run(carevia, node.node(), EXAMPLES / "node" / "mint-token.mjs", "rima")
    elif language == "python":
        token = run(carevia, sys.executable, EXAMPLES / "python" / "mint_token.py", "rima")
    else:
        script = f"""
            const {{ GET }} = await import("{EXAMPLES}/nextjs/app/api/carevia-token/route.ts");
            const asked = new Request("http://site.example/", {{headers: {{"x-demo-user": "rima"}}}});
            console.log((await (await GET(asked)).json()).token);
        """
        token = run(carevia, node.node(), *TYPESCRIPT, "--input-type=module", "--eval", script)
    javascript_client.connect(carevia.url, auth={"token": token})
    assert javascript_client.call("join_room", "rima")["ok"] is True


def listening(program: Program, *command: str | Path, folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command, env=environment(program), cwd=folder, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
    )


@pytest.mark.parametrize("language", ["node", "python"])
def test_the_connecting_example_prints_what_is_paid(carevia: Program, modules: Path, language: str) -> None:
    command: list[str | Path]
    if language == "node":
        command = [node.node(), "--preserve-symlinks", "--preserve-symlinks-main", modules / "node" / "connect.mjs"]
    else:
        command = [sys.executable, EXAMPLES / "python" / "connect.py"]
    process = listening(carevia, *command, folder=modules)
    assert process.stdout
    lines = Lines(process.stdout)
    try:
        lines.wait(lambda seen: "connected" in seen or None, 10, "the connection")
        run(carevia, sys.executable, EXAMPLES / "python" / "emit_booking.py")
        lines.wait(lambda seen: "paid: SITE-000018 9600 bdt" in seen or None, 10, "the booking")
    finally:
        process.kill()
        process.wait()
        lines.close()


def test_the_hook_for_react_connects_with_a_token_of_its_own_route(carevia: Program, modules: Path) -> None:
    """`fetch` goes to the example's own route, as it does in a browser on the site's origin."""
    script = modules / "hook.mjs"
    script.write_text(
        """
        import { careviaSocket } from "./nextjs/lib/use-carevia.ts";
        import { GET } from "./nextjs/app/api/carevia-token/route.ts";
        const asked = new Request("http://site.example/api/carevia-token", { headers: { "x-demo-user": "rima" } });
        globalThis.fetch = () => GET(asked);
        const socket = careviaSocket(process.env.CAREVIA_URL);
        console.log(careviaSocket(process.env.CAREVIA_URL) === socket ? "one socket" : "two sockets");
        socket.on("connect_error", (error) => console.log(error.message));
        socket.emit("join_room", "rima", ({ ok }) => { console.log(ok); socket.close(); });
        """
    )
    options = [*TYPESCRIPT, "--preserve-symlinks", "--preserve-symlinks-main"]
    assert run(carevia, node.node(), *options, script).split("\n") == ["one socket", "true"]


def test_the_hook_for_react_comes_in_when_a_token_is_to_be_had_at_last(carevia: Program, modules: Path) -> None:
    """The site does not answer, then nobody is signed in, then a token is too old; socket.io-client would give up."""
    script = modules / "late.mjs"
    script.write_text(
        """
        import { careviaSocket } from "./nextjs/lib/use-carevia.ts";
        import { GET } from "./nextjs/app/api/carevia-token/route.ts";
        const nobody = new Request("http://site.example/api/carevia-token");
        const rima = new Request(nobody, { headers: { "x-demo-user": "rima" } });
        const answers = [
          () => Promise.reject(new Error("away")), () => GET(nobody),
          () => Response.json({ token: "old" }), () => GET(rima),
        ];
        globalThis.fetch = async () => answers.shift()();
        const later = globalThis.setTimeout;  // the example's own pause is no part of the test
        globalThis.setTimeout = (then, pause, ...more) => later(then, pause === 2000 ? 1 : pause, ...more);
        const socket = careviaSocket(process.env.CAREVIA_URL);
        socket.emit("join_room", "rima", ({ ok }) => { console.log(ok); process.exit(); });
        """
    )
    options = [*TYPESCRIPT, "--preserve-symlinks", "--preserve-symlinks-main"]
    assert run(carevia, node.node(), *options, script) == "true"


def test_the_examples_for_next_js_pass_its_type_check(modules: Path) -> None:
    """`next build` ends at the first that does not: the options are those of the tsconfig.json that it makes."""
    options = "--noEmit --strict --skipLibCheck --isolatedModules --target ES2017 --lib dom,esnext --module esnext"
    where = "--moduleResolution bundler --preserveSymlinks --types node"
    files = [path.relative_to(EXAMPLES) for path in sorted((EXAMPLES / "nextjs").rglob("*.ts"))]
    tsc = [node.node(), node.ready() / "node_modules" / "typescript" / "bin" / "tsc"]
    said = subprocess.run(
        [*tsc, *options.split(), *where.split(), *files], cwd=modules, capture_output=True, text=True, timeout=60
    )
    assert (said.returncode, said.stdout) == (0, "")
