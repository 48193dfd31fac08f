"""One of the writers: starts servers and saves presets without end, and notes each answer it has read to the end.

Arguments: port, prefix, secret, person, file of notes. A note is a line: `start TICKET DECISION`, `saved` and a JSON
list of id (or person), version and title (or the default), or `- STATUS` of what was not given. Ends when its standard input closes.
"""

import http.client
import json
import os
import select
import sys
import time

from saving import Preferrer, Saver


def main(port, prefix, secret, person, notes):
    file = os.open(notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    ticket, connection, savers = 0, None, [Saver(person), Preferrer(person)]
    turn = 0
    while not select.select([sys.stdin], [], [], 0)[0]:
        turn += 1
        saves = turn % 3 == 0
        if saves:
            saver = savers[turn % 2]
            question = saver.question()
        else:
            ticket += 1
            options = {"preset": "numbered", "values": {"ticket": str(ticket)}}
            asked = {"protocol": 1, "user": person, "server_name": "desk", "hub_groups": [], "options": options}
            question = "POST", prefix + "api/v1/hub/resolve", headers, json.dumps(asked)
        method, path, head, body = question
        try:
            connection = connection or http.client.HTTPConnection("127.0.0.1", int(port), timeout=5)
            connection.request(method, path, body, head)
            answer = connection.getresponse()
            told = answer.read()
        except (OSError, http.client.HTTPException):
            # Refused, reset or cut off: this was never acknowledged.
            connection = None
            time.sleep(0.02)
            continue
        note = f"- {answer.status}"
        if saves:
            kept = saver.told(answer.status, answer.getheader("ETag"), told)
            note = f"saved {json.dumps(kept)}" if kept else note
        elif answer.status == 200:
            note = f"start {ticket} {json.loads(told)['decision']}"
        os.write(file, f"{note}\n".encode())
        if note.startswith("-"):
            time.sleep(0.02)
        if turn % 7 == 0:
            connection.close()
            connection = None


if __name__ == "__main__":
    main(*sys.argv[1:])
