"""Cases of test/serve: what people are told of turns that lie ahead, that wait, and that were cut."""
import http.server
import json
import re
import signal
import threading
from datetime import datetime
from zoneinfo import ZoneInfo

from openapi import ask

ZONE = ZoneInfo("Europe/Berlin")  # of the settings
HOUR = datetime.now(ZONE).hour
OPEN_NOW = f"daily {(HOUR - 1) % 24:02}:00-{(HOUR + 6) % 24:02}:00"


def a_turn_in_a_window_that_is_open_is_told_everywhere(team):
    said = team.call("schedule", "short")
    ask(re.search(r"open now, at a random moment, unless it has been$", said.stdout.splitlines()[2]), said.stdout)
    team.serve()

    def planned():
        return [each for each in team.occurrences() if each["drill"] == "short" and each["state"] == "planned"]
    team.until(planned, "no turn was planned")
    at = datetime.fromisoformat(planned()[0]["at"].replace("Z", "+00:00"))
    shown = at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
    for path in ("/", "/schedule"):
        ask(shown in team.get(path).body, f"{path} does not say {shown}")
    for ahead in (team.get("/api/v1/schedule?limit=1").json()["ahead"][0]["turns"],
                  team.get("/api/v1/drills").json()["drills"][0]["next"]):
        ask(ahead[0]["at"] == planned()[0]["at"], str(ahead))
    next_turn = re.search(r'^muster_drill_next_turn_timestamp_seconds\{drill="short"\} (\S+)$', team.get("/metrics").body, re.M)
    ask(abs(float(next_turn.group(1)) - at.timestamp()) < 1, f"{next_turn.group(0)} is not {at.timestamp()}")


def a_start_that_waits_for_another_drill_says_so(team):
    team.serve()
    team.start("long")
    team.until_in_force()
    team.start("short")

    def waits():
        turns = team.get("/api/v1/schedule").json()["ahead"][0]["turns"]
        return turns[0]["why"] == "asked for by on-call, waits: long runs, and at_once is 1"
    team.until(waits, "nobody says that it waits")
    ask("asked for by on-call, waits: long runs" in team.get("/schedule").body, "the schedule")


def receiver_of(told):
    """A webhook that keeps what it is told."""
    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    return receiver


def a_killed_server_is_told_of_once_by_the_next(team):
    told = []
    receiver = receiver_of(told)
    hook = f'notify: {{hook: {{webhook: "http://127.0.0.1:{receiver.server_port}/", on: [broken]}}}}\n'
    team.settings.write_text(team.settings.read_text().replace("drills:", hook + "drills:", 1))
    try:
        team.serve()
        team.start("long")
        team.until_in_force()
        run = team.get("/api/v1/status").json()["running"][0]["run"]
        team.end(signal.SIGKILL)
        team.until_undone()
        team.serve()
        ended = team.until_ended()
        ask(ended["state"] == "cut" and ended["why"] == "the server that ran it has gone, or its run has", str(ended))
        team.until(lambda: told, "nobody was told")
        team.end()
        team.serve()
        team.start("short")
        team.until_ended(2)  # by then it has looked at everything
        ask(len(told) == 1 and told[0]["event"] == "broken" and told[0]["run"] == run, str(told))
        ask(told[0]["status"] == "interrupted" and "the server that started this run has gone" in told[0]["headline"], str(told))
    finally:
        receiver.shutdown()
        receiver.server_close()
